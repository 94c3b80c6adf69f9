// Starts the page with the module that its document names. A wall has nobody to press "reload": whatever fails here is
// tried again by itself.
const RETRY_MS = 5000;

function again() {
  setTimeout(() => location.reload(), RETRY_MS);
}

// A trap leaves the page standing still with yesterday's picture: begin anew instead.
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) again();
});
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof WebAssembly.RuntimeError) again();
});

try {
  const module = document.documentElement.dataset.module;
  const { default: start } = await import(`/assets/${module}.js`);
  await start({ module_or_path: `/assets/${module}_bg.wasm` });
} catch (error) {
  const boot = document.getElementById("boot");
  if (boot) boot.textContent = "Halaman gagal dimuat, dicoba lagi. The page failed to load, trying again.";
  console.error(error);
  again();
}
