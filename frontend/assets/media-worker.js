// The media worker: the page's own bundle, another entry point.
import init, { start_media_worker } from "/assets/pantau.js";

await init({ module_or_path: "/assets/pantau_bg.wasm" });
start_media_worker();
