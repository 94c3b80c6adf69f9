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
    player: { type: "string", default: "webcodecs" },
    workers: { type: "string", default: "" },
    // How long a wall of more tiles than the browser takes is watched, seconds.
    crowded: { type: "string", default: "0" },
    // How often the window grows, so that its only tile wants the large stream.
    switches: { type: "string", default: "0" },
    // How often the server is killed under the page.
    restarts: { type: "string", default: "0" },
  },
});
const cameras = Number(options.cameras);
const PATIENCE_MS = 60_000;
// Left out before the wall is watched: decoders are opened, and the first groups of pictures catch up.
const SETTLE_MS = 5_000;
// The same for a crowded wall: the ladder goes down fast and up slowly.
const LADDER_MS = 30_000;
// A tile that said "live" may be silent for so long: the age chip is hidden below two seconds.
const LIVE_MS = 2_500;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await launch(options.browser);
try {
  const result = {};
  if (Number(options.opens) > 0) result.first_picture = await firstPictures(Number(options.opens));
  if (Number(options.crowded) > 0) result.crowded = await crowded(Number(options.crowded));
  if (Number(options.switches) > 0) result.switches = await switches(Number(options.switches));
  const page = Number(options.seconds) + Number(options.restarts) > 0 ? await open() : null;
  if (Number(options.seconds) > 0) result.rest = await atRest(page, Number(options.seconds));
  if (Number(options.restarts) > 0) result.back = await restarts(page, Number(options.restarts));
  console.log(JSON.stringify({ result }));
} finally {
  await browser.close();
}
process.exit(0);

async function load() {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const url = new URL("/wall/main", options.url);
  url.searchParams.set("player", options.player);
  if (options.workers) url.searchParams.set("workers", options.workers);
  await page.goto(url.href);
  return page;
}

/** A wall whose tiles are all live. */
async function open() {
  const page = await load();
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
    glass_to_glass: await glassToGlass(),
  };
}

/** Of every camera the median that browsers reported to the server; of those the median. */
async function glassToGlass() {
  const { glass_to_glass: cameras } = await (await fetch(new URL("/v1/status", options.url))).json();
  const medians = Object.values(cameras ?? {}).map((camera) => camera.p50_ms).sort((a, b) => a - b);
  return medians[Math.floor(medians.length / 2)] ?? null;
}

/** Hangs every camera on the wall, in a square; by itself a wall shows fewer, as large as they can be seen. */
async function hang() {
  const { items } = await (await fetch(new URL("/v1/devices?limit=1000", options.url))).json();
  const side = Math.ceil(Math.sqrt(cameras));
  const cells = items
    .filter((device) => device.class === "camera")
    .map((device, place) => ({
      area: { column: (place % side) + 1, row: Math.floor(place / side) + 1, columns: 1, rows: 1 },
      tile: { kind: "camera", camera: device.id },
      rank: "context",
    }));
  const command = { kind: "wall_layout", screen: "main", layout: { columns: side, rows: side, cells } };
  const answer = await fetch(new URL("/v1/commands", options.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: crypto.randomUUID(), command }),
  });
  if (!answer.ok) throw new Error(`the layout was refused: ${await answer.text()}`);
}

/** More tiles than can be decoded: whether one lies, how soon a key is answered, and where the tiles stand. */
async function crowded(seconds) {
  await hang();
  const page = await load();
  const pictures = (wanted) =>
    (window.__pantau?.report().media.tiles ?? []).filter((tile) => tile.first_picture_ms !== null).length === wanted;
  await until(page, pictures, cameras);
  await pause(LADDER_MS);
  // From the key to the picture after it.
  await page.evaluate(() => {
    window.__answers = [];
    addEventListener("keydown", (event) => {
      requestAnimationFrame(() => setTimeout(() => window.__answers.push(performance.now() - event.timeStamp)));
    });
  });
  let [lying, changes, before, low] = [0, 0, new Map(), []];
  const began = performance.now();
  for (let look = 0; performance.now() - began < seconds * 1_000; look += 1) {
    const tiles = await page.evaluate(() =>
      window.__pantau.report().media.tiles.map((tile) => {
        const { face, rung } = document.querySelector(`[data-camera="${tile.camera}"]`).dataset;
        const low = [tile.socket !== "full", tile.decoder !== "full"];
        return { tile: tile.tile, face, rung, low, silent: tile.silent_ms };
      }),
    );
    const lies = ({ face, rung, silent }) =>
      face === "live" && (silent === null || silent > LIVE_MS || rung === "key_frames" || rung === "still");
    lying = Math.max(lying, tiles.filter(lies).length);
    const late = performance.now() - began > seconds * 500;
    changes += tiles.filter(({ tile, rung }) => late && before.has(tile) && before.get(tile) !== rung).length;
    low = tiles.map((tile) => tile.low);
    before = new Map(tiles.map(({ tile, rung }) => [tile, rung]));
    await page.keyboard.press("a");
    await pause(250);
  }
  const count = (wanted) => [...before.values()].filter((rung) => rung === wanted).length;
  const input = await page.evaluate(() => window.__answers);
  await page.close();
  return {
    input,
    lying,
    changes,
    full: count("full"),
    reference: count("reference"),
    key_frames: count("key_frames"),
    still: count("still"),
    low_by_socket: low.filter(([socket]) => socket).length,
    low_by_decoder: low.filter(([, decoder]) => decoder).length,
  };
}

/** From the moment a window has grown to the first picture of the large stream on its only tile. */
async function switches(times) {
  const page = await load();
  const small = async () => {
    await page.setViewportSize({ width: 800, height: 450 });
    await until(page, () => window.__pantau?.report().media.tiles[0]?.quality === "sub", null);
    await until(page, () => document.querySelector(".tile canvas")?.width <= 640, null);
  };
  const all = [];
  for (let time = 0; time <= times; time += 1) {
    await small();
    await pause(300 + Math.random() * 700);
    // The worker makes the canvas as large as the picture it draws.
    const large = page.evaluate(
      () =>
        new Promise((resolve) => {
          const canvas = document.querySelector(".tile canvas");
          addEventListener("resize", () => {
            const began = performance.now();
            const look = () => (canvas.width > 640 ? resolve(performance.now() - began) : requestAnimationFrame(look));
            look();
          }, { once: true });
        }),
    );
    await page.setViewportSize({ width: 1920, height: 1080 });
    all.push(await large);
  }
  await page.close();
  // The first one opens the stream; it stays open for some seconds after.
  return { cold: all[0], warm: all.slice(1) };
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
