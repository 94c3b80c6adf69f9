// Measures the wall in a real browser; `cargo bench-city --only browser` starts it. Prints JSON, one object a line:
//   {"ask":"restart"}   the server is to be killed and started again; any line on standard input says that it is ready
//   {"result":{…}}      what was measured, at the end; times in ms, shares from 0 to 1

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    browser: { type: "string" },
    url: { type: "string" },
    cameras: { type: "string" },
    // How long the wall is watched at rest, seconds; 0 for not at all.
    seconds: { type: "string", default: "0" },
    // How often the page is opened anew for its first pictures.
    opens: { type: "string", default: "0" },
    // How often the server is killed under the page.
    restarts: { type: "string", default: "0" },
  },
});
const cameras = Number(options.cameras);
const PATIENCE_MS = 60_000;
// Left out before the wall is watched: decoders are opened, and the first groups of pictures catch up.
const SETTLE_MS = 5_000;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await launch(options.browser);
try {
  const result = {};
  if (Number(options.opens) > 0) result.first_picture = await firstPictures(Number(options.opens));
  const page = await open();
  if (Number(options.seconds) > 0) result.rest = await atRest(page, Number(options.seconds));
  if (Number(options.restarts) > 0) result.back = await restarts(page, Number(options.restarts));
  console.log(JSON.stringify({ result }));
} finally {
  await browser.close();
}
process.exit(0);

/** A wall whose tiles are all live. */
async function open() {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  await page.goto(new URL("/wall/main", options.url).href);
  await live(page);
  return page;
}

function live(page) {
  return until(page, (wanted) => document.querySelectorAll('[data-camera][data-face="live"]').length === wanted, cameras);
}

/** Looked at from here: inside the page, the content policy forbids what `waitForFunction` does. */
async function until(page, holds, argument) {
  const started = performance.now();
  while (!(await page.evaluate(holds, argument))) {
    if (performance.now() - started > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${holds}`);
    await pause(20);
  }
  return performance.now() - started;
}

/** From asking for a tile to its first picture: every tile of every opening. */
async function firstPictures(times) {
  const all = [];
  for (let time = 0; time < times; time += 1) {
    const page = await open();
    const tiles = await page.evaluate(() => window.__pantau.report().media.tiles);
    all.push(...tiles.map((tile) => tile.first_picture_ms));
    await page.close();
  }
  return all;
}

/** The share of pictures that were not shown, and how busy the page's own thread was. */
async function atRest(page, seconds) {
  await pause(SETTLE_MS);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const read = async () => ({
    at: performance.now(),
    tiles: await page.evaluate(() => window.__pantau.report().media.tiles),
    busy: (await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value,
  });
  const before = await read();
  await pause(seconds * 1_000);
  const after = await read();
  const took = (after.at - before.at) / 1_000;
  const sum = (name) =>
    after.tiles.reduce((total, tile, index) => total + tile[name] - before.tiles[index][name], 0);
  const lost = sum("superseded") + sum("dropped") + sum("skipped");
  return {
    tiles: after.tiles.length,
    frames_per_s_per_tile: sum("drawn") / took / after.tiles.length,
    lost_share: lost / (sum("received") + sum("skipped")),
    errors: sum("errors"),
    main_thread_busy: (after.busy - before.busy) / took,
  };
}

/** From the server being ready again to a wall of live pictures, without loading the page again. */
async function restarts(page, times) {
  await page.evaluate(() => (window.__sameLife = true));
  const all = [];
  for (let time = 0; time < times; time += 1) {
    console.log(JSON.stringify({ ask: "restart" }));
    await answers.next();
    // The tiles of before the kill still say "live" until the page has noticed.
    const started = performance.now();
    await until(page, () => window.__pantau.report().link, null);
    await live(page);
    all.push(performance.now() - started);
    await pause(500 + Math.random() * 1_000);
  }
  if (!(await page.evaluate(() => window.__sameLife === true))) throw new Error("the page was loaded again");
  return all;
}
