//! The operator's desk, `/desk`, as a module of its own.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pantau_frontend::page::desk();
}
