//! The media worker as a module of its own: it is there before its page, and has no page in it.

fn main() {
    #[cfg(target_arch = "wasm32")]
    pantau_frontend::media::worker::start();
}
