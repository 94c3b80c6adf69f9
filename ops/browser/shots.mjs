// Takes pictures of a running Pantau, each once its page has come to rest:
//   node ops/browser/shots.mjs --browser /usr/bin/chromium --url http://127.0.0.1:8080 --dir ops/docs

import { join } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    browser: { type: "string", default: "/usr/bin/chromium" },
    url: { type: "string", default: "http://127.0.0.1:8080" },
    dir: { type: "string", default: "." },
  },
});

// The wall of an operator's screen, of a 4K panel, and the operations page.
const SHOTS = [
  { file: "wall-1920.png", path: "/wall/main", width: 1920, height: 1080, pictures: true },
  { file: "wall-3840.png", path: "/wall/main", width: 3840, height: 2160, pictures: true },
  { file: "ops-1920.png", path: "/ops", width: 1920, height: 1080, pictures: false },
];
const PATIENCE_MS = 60_000;

const status = await (await fetch(new URL("/v1/status", options.url))).json();
const browser = await launch(options.browser);
try {
  for (const shot of SHOTS) {
    const page = await browser.newPage({ viewport: { width: shot.width, height: shot.height } });
    page.on("pageerror", (error) => console.error(`${shot.path}: ${error}`));
    await page.goto(new URL(shot.path, options.url).href);
    if (shot.pictures) await live(page, status.cameras.live);
    await page.evaluate(() => document.fonts.ready);
    const file = join(options.dir, shot.file);
    await page.screenshot({ path: file });
    console.log(`${file}: ${shot.width}×${shot.height}`);
    await page.close();
  }
} finally {
  await browser.close();
}

/** Waits until as many tiles say they are live as the server has live cameras. */
async function live(page, count) {
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('[data-camera][data-face="live"]').length >= wanted,
    count,
    { timeout: PATIENCE_MS },
  );
}
