//! The operations page, `/ops`, and the start page, as a module of its own.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pantau_frontend::page::ops();
}
