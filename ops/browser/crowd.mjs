// Measures a wall whose lists and figures are those of a large city in trouble; `cargo bench-city --only browser` starts
// it. Prints one line of JSON at the end: {"result":{…}}, times in ms, shares from 0 to 1.

import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: { browser: { type: "string" }, url: { type: "string" }, seconds: { type: "string" } },
});
const PATIENCE_MS = 60_000;
// Left out before measuring: the snapshot is read, the first lists are built.
const SETTLE_MS = 3_000;

const browser = await launch(options.browser);
try {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const asked = performance.now();
  await page.goto(new URL("/wall/main", options.url).href);
  // Told a moment after it was painted: a page that is quick knows its city before.
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const first = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  while (!(await page.evaluate(() => window.__pantau?.report().link === true))) {
    if (performance.now() - asked > PATIENCE_MS) throw new Error("the wall does not know its city");
    await pause(50);
  }
  const known = performance.now() - asked;
  await pause(SETTLE_MS);

  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const read = async () => ({
    seq: await page.evaluate(() => window.__pantau.report().seq),
    busy: (await session.send("Performance.getMetrics")).metrics.find((metric) => metric.name === "TaskDuration").value,
  });
  const before = await read();
  const frames = await page.evaluate(
    (lasts) =>
      new Promise((done) => {
        const times = [];
        const begin = performance.now();
        const frame = (now) => {
          times.push(now);
          if (now - begin < lasts) requestAnimationFrame(frame);
          else done(times.slice(1).map((time, index) => time - times[index]));
        };
        requestAnimationFrame(frame);
      }),
    Number(options.seconds) * 1_000,
  );
  const after = await read();
  const took = frames.reduce((sum, frame) => sum + frame, 0) / 1_000;
  console.log(
    JSON.stringify({
      result: {
        first_paint_ms: first ?? null,
        known_ms: known,
        entries_per_s: (after.seq - before.seq) / took,
        frames,
        main_thread_busy: (after.busy - before.busy) / took,
      },
    }),
  );
} finally {
  await browser.close();
}
process.exit(0);
