//! The wall, `/wall/{screen}`: what it loads is on its own, and nothing of a desk.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pantau_frontend::page::wall();
}
