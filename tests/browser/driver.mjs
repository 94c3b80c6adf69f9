// The pages of a real Chromium, obeying one JSON command a line on standard input and answering one a line. "page": 1
// beside a command is for the second page, and so on; without it, the first. "open" makes the page if need be.
//   {"open": "http://…", "width": 1920, "height": 1080}   → {"ok": true}
//   {"press": ["1", "Shift+Escape"]}                      → {"ok": true}, one key after the other
//   {"drag": ["selector", "selector"]}                    → {"ok": true}, from the one to the other with the pointer
//   {"lose": "/v1/commands", "times": 1}                  → {"ok": true}; the server gets the next requests, the page no answer
//   {"pretend": "build"}                                  → {"ok": true}; from its next connection on the page hears this build
//   {"tamper": "some.js"}                                 → {"ok": true}; from its next load on this runs before the page's scripts
//   {"tamper": "slow-decoders.js", "with": "/assets/x.js"} → {"ok": true}; … and this at the head of that script
//   {"close": true}                                       → {"ok": true}; the page is gone, "open" makes a new one
//   {"calm": true}                                        → {"ok": true}; the person prefers reduced motion, or does not
//   {"weight": true}                                      → {"value": {"heap", "nodes", "listeners", "documents"}}, after the garbage is out
//   {"axe": true}                                         → {"value": [{"id": …, "impact": …, "nodes": […]}, …]}
//   {"picture": "file.png"}                               → {"ok": true}
//   {"eval": "document.title"}                            → {"value": …}
//   {"wait": "expression", "ms": 5000}                    → {"value": …, "ms": 120} once it is true
//   {"events": true}                                      → {"value": {"dialogs": […], "errors": […], "foreign": […]}}
// Whatever goes wrong is answered as {"error": "…"}. It ends when standard input does.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
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
    // A name for this machine that is not "localhost": pages there are not secure, like those of a plain address.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
  ],
});
const pages = [];
const events = { dialogs: [], errors: [], foreign: [] };
let home = "";
context.on("request", (request) => {
  const url = request.url();
  if (home && !url.startsWith(home) && !/^(data|blob|about|ws):/.test(url)) events.foreign.push(url);
});

async function open(number) {
  while (pages.length <= number || !pages[number]) {
    const page = (pages.length === 0 && context.pages()[0]) || (await context.newPage());
    page.on("dialog", async (dialog) => {
      events.dialogs.push(dialog.message());
      await dialog.dismiss();
    });
    page.on("pageerror", (error) => events.errors.push(String(error)));
    const closed = pages.findIndex((known) => !known);
    pages[closed < 0 ? pages.length : closed] = page;
  }
  return pages[number];
}

// The request reaches the server; its answer is lost on the way back.
async function lose(page, path, times) {
  let left = times;
  await page.route(`**${path}`, async (route) => {
    if (left <= 0) return route.continue();
    left -= 1;
    await route.fetch();
    return route.abort("connectionreset");
  });
}

// What the server is to be called, by page.
const builds = new Map();

async function pretend(page, build) {
  const known = builds.has(page);
  builds.set(page, build);
  if (known) return;
  await page.routeWebSocket("**/v1/live", (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const welcome = typeof message === "string" && message.startsWith('{"type":"welcome"');
      socket.send(welcome ? JSON.stringify({ ...JSON.parse(message), build: builds.get(page) }) : message);
    });
  });
}

// Puts a script of this folder before the page's own ones, or at the head of one of them. What the browser itself
// offers can be made worse in this way; the page and its server are what everybody gets.
async function tamper(page, script, path) {
  const text = await readFile(new URL(script, import.meta.url), "utf8");
  if (!path) return page.addInitScript(text);
  // A script that we hand over comes from no address, and what comes from none may not speak to this machine.
  // Browsers that do not know the permission do not ask for it.
  await context.grantPermissions(["local-network-access"]).catch(() => {});
  await page.route(`**${path}`, async (route) => {
    const answer = await route.fetch();
    const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
    return route.fulfill({ status: answer.status(), headers, body: `${text}\n${await answer.text()}` });
  });
}

// What the page holds on to: bytes of JavaScript, and counts, once everything that nobody holds is gone.
async function weight(page) {
  const session = await context.newCDPSession(page);
  try {
    // Twice: what a finaliser lets go in the first round is collected in the second.
    await session.send("HeapProfiler.collectGarbage");
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners, documents } = await session.send("Memory.getDOMCounters");
    return { heap: usedSize, nodes, listeners: jsEventListeners, documents };
  } finally {
    await session.detach();
  }
}

async function axe(page) {
  await page.evaluate(await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
  const result = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  return result.violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    nodes: nodes.slice(0, 5).map((node) => `${node.html.slice(0, 200)}: ${node.failureSummary}`),
  }));
}

async function obey(command) {
  const page = await open(command.page ?? 0);
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
      // A page that loads itself anew is waited for, too.
      const value = await page.evaluate(command.wait).catch((error) => {
        if (!String(error).includes("context was destroyed")) throw error;
      });
      const ms = performance.now() - started;
      if (value) return { value, ms };
      if (ms > command.ms) return { error: `waited ${command.ms} ms in vain for ${command.wait}` };
      await pause(25);
    }
  }
  if (command.press) {
    for (const key of command.press) await page.keyboard.press(key);
    return { ok: true };
  }
  if (command.drag) {
    await page.dragAndDrop(...command.drag);
    return { ok: true };
  }
  if (command.lose) {
    await lose(page, command.lose, command.times);
    return { ok: true };
  }
  if (command.pretend) {
    await pretend(page, command.pretend);
    return { ok: true };
  }
  if (command.tamper) {
    await tamper(page, command.tamper, command.with);
    return { ok: true };
  }
  if (command.close) {
    pages[command.page ?? 0] = undefined;
    await page.close();
    return { ok: true };
  }
  if (command.calm !== undefined) {
    await page.emulateMedia({ reducedMotion: command.calm ? "reduce" : "no-preference" });
    return { ok: true };
  }
  if (command.weight) return { value: await weight(page) };
  if (command.axe) return { value: await axe(page) };
  if (command.picture) {
    await page.screenshot({ path: command.picture });
    return { ok: true };
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
