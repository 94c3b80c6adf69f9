// Leads a wall through its states and takes a picture of each, in both sizes and both languages:
//   node ops/browser/states.mjs --browser /usr/bin/chromium --url http://127.0.0.1:8080 --dir ops/docs/shots
//
// What must happen to the city is asked for on standard output, a line each, and answered with a line on standard input
// once it is done: `fault …` as in the demo, `server stop`, `server start`.

import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    browser: { type: "string", default: "/usr/bin/chromium" },
    url: { type: "string", default: "http://127.0.0.1:8080" },
    dir: { type: "string", default: "." },
  },
});

const SIZES = [
  [1920, 1080],
  [3840, 2160],
];
const LANGUAGES = ["id", "en"];
const PATIENCE_MS = 90_000;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function ask(wish) {
  console.log(wish);
  if ((await answers.next()).done) throw new Error(`nobody did: ${wish}`);
}

/** Every camera has this face, or this many have it. */
const faces = (face, count) => [
  ([wanted, many]) => {
    const tiles = [...document.querySelectorAll("[data-camera]")];
    const right = tiles.filter((tile) => tile.dataset.face === wanted).length;
    return tiles.length > 0 && right >= (many ?? tiles.length);
  },
  [face, count],
];
const there = (selector) => [(wanted) => document.querySelector(wanted) !== null, selector];

// Each state: what makes it, and how it is known to be on the wall.
const STATES = [
  { name: "calm", wishes: [], known: [faces("live")] },
  {
    name: "trouble",
    wishes: ["fault freeze cam-kampus-01", "fault stall cam-rsud-01", "fault ap-down ap-03"],
    known: [faces("frozen", 1), faces("lost", 1)],
  },
  {
    name: "alarm",
    wishes: ["fault clear", "fault ap-down sen-air-01"],
    known: [faces("live"), there('[data-rank="alarm"]')],
  },
  { name: "disconnected", wishes: ["server stop"], known: [there('.banner[data-kind="lost"]')] },
];

const browser = await launch(options.browser);
try {
  for (const [width, height] of SIZES) {
    for (const language of LANGUAGES) {
      const page = await browser.newPage({ viewport: { width, height } });
      page.on("pageerror", (error) => console.error(`${language}: ${error}`));
      await page.goto(new URL(`/wall/main?lang=${language}`, options.url).href);
      for (const state of STATES) {
        for (const wish of state.wishes) await ask(wish);
        for (const [known, argument] of state.known) {
          await page.waitForFunction(known, argument, { timeout: PATIENCE_MS });
        }
        const file = `wall-${width}-${language}-${state.name}.jpg`;
        await page.screenshot({ path: join(options.dir, file), type: "jpeg", quality: 75 });
        console.log(`took ${file}`);
      }
      await page.close();
      await ask("fault clear");
      await ask("server start");
    }
  }
} finally {
  await browser.close();
}
process.exit(0);
