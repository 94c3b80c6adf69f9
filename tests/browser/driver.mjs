// One page of a real Chromium, obeying one JSON command a line on standard input and answering one a line:
//   {"open": "http://…", "width": 1920, "height": 1080}   → {"ok": true}
//   {"eval": "document.title"}                            → {"value": …}
//   {"wait": "expression", "ms": 5000}                    → {"value": …, "ms": 120} once it is true
//   {"events": true}                                      → {"value": {"dialogs": […], "errors": […], "foreign": […]}}
// Whatever goes wrong is answered as {"error": "…"}. It ends when standard input does.

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: { browser: { type: "string" }, profile: { type: "string" } },
});

// A context with a folder of its own; the content policy of the server stays in force.
const context = await chromium.launchPersistentContext(options.profile, {
  executablePath: options.browser,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
  ],
});
const page = context.pages()[0] ?? (await context.newPage());
const events = { dialogs: [], errors: [], foreign: [] };
let home = "";
page.on("dialog", async (dialog) => {
  events.dialogs.push(dialog.message());
  await dialog.dismiss();
});
page.on("pageerror", (error) => events.errors.push(String(error)));
context.on("request", (request) => {
  const url = request.url();
  if (home && !url.startsWith(home) && !/^(data|blob|about|ws):/.test(url)) events.foreign.push(url);
});

async function obey(command) {
  if (command.open) {
    home = new URL(command.open).origin;
    await page.setViewportSize({ width: command.width, height: command.height });
    await page.goto(command.open);
    return { ok: true };
  }
  if (command.eval) return { value: await page.evaluate(command.eval) };
  if (command.wait) {
    // Looked at from here: inside the page, the content policy would forbid the expression.
    const started = performance.now();
    for (;;) {
      const value = await page.evaluate(command.wait);
      const ms = performance.now() - started;
      if (value) return { value, ms };
      if (ms > command.ms) return { error: `waited ${command.ms} ms in vain for ${command.wait}` };
      await pause(25);
    }
  }
  if (command.events) return { value: events };
  return { error: "not a command" };
}

console.log(JSON.stringify({ ok: true }));
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await obey(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
await context.close();
