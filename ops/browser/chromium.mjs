// How our tools start a browser: nothing of it talks to the outside.

import { chromium } from "playwright-core";

/** A Chromium that decodes in software and asks nobody for updates. */
export function launch(executablePath) {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-proxy-server",
    ],
  });
}
