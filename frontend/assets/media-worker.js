// The media worker: a module of its own, without a page.
import start from "/assets/worker-media.js";

await start({ module_or_path: "/assets/worker-media_bg.wasm" });
