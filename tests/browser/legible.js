// Measures every text that is seen on a page: how high its capitals are, how far it stands out from whatever is behind it,
// whether it is whole, and whether it lies over another one. Text of strangers stands in a <bdi> and may be cut short;
// words of ours may be left out, and never cut. An expression: its value is
//   { texts: [{ number, text, where, cap_px, contrast, cut, left, top, right, bottom, name, over }],
//     marks: ["selector without its mark", …] }
// with device pixels for `cap_px` and CSS pixels for places.
(() => {
  const seen = [];
  const round = (number, by = 100) => Math.round(number * by) / by;

  // What an element lets be seen of what is inside it: its padding box where it clips, within that of its parents.
  const clips = new Map();
  function clip(element) {
    if (!element) return { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    const known = clips.get(element);
    if (known) return known;
    const style = getComputedStyle(element);
    let box = style.position === "fixed" ? clip(null) : clip(element.parentElement);
    if (style.overflowX !== "visible" || style.overflowY !== "visible") {
      const own = element.getBoundingClientRect();
      box = {
        left: Math.max(box.left, own.left + element.clientLeft),
        top: Math.max(box.top, own.top + element.clientTop),
        right: Math.min(box.right, own.left + element.clientLeft + element.clientWidth),
        bottom: Math.min(box.bottom, own.top + element.clientTop + element.clientHeight),
      };
    }
    clips.set(element, box);
    return box;
  }

  // The height of a capital letter, as the browser draws it.
  const caps = new Map();
  function capital(element) {
    if (!caps.has(element)) {
      const probe = document.createElement("span");
      probe.style.cssText = "position:absolute;width:0;height:1cap;visibility:hidden";
      element.append(probe);
      caps.set(element, probe.getBoundingClientRect().height * devicePixelRatio);
      probe.remove();
    }
    return caps.get(element);
  }

  function colour(text) {
    const numbers = (text.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
    const [red, green, blue, alpha = 1] = text.startsWith("color(srgb") ? numbers.map((n, i) => (i < 3 ? n * 255 : n)) : numbers;
    return { red, green, blue, alpha };
  }
  const over = (front, behind) => {
    const mix = (a, b) => a * front.alpha + b * (1 - front.alpha);
    return { red: mix(front.red, behind.red), green: mix(front.green, behind.green), blue: mix(front.blue, behind.blue), alpha: 1 };
  };
  const grey = (level) => ({ red: level, green: level, blue: level, alpha: 1 });

  // Every colour that may be behind what an element holds. Behind words on a picture, that is black and white.
  function behind(element) {
    if (!element) return [grey(255)];
    const style = getComputedStyle(element);
    let colours = behind(element.parentElement);
    const ground = colour(style.backgroundColor);
    if (ground.alpha > 0) colours = colours.map((behind) => over(ground, behind));
    const stops = style.backgroundImage.match(/(rgba?|color)\([^)]*\)/g) ?? [];
    if (stops.length > 0) colours = colours.flatMap((behind) => stops.map((stop) => over(colour(stop), behind)));
    if (element.matches(".picture")) {
      const shown = [...element.querySelectorAll("canvas, video")].find((picture) => getComputedStyle(picture).visibility === "visible");
      if (shown) {
        const dimmed = Number(getComputedStyle(shown).filter.match(/brightness\(([\d.]+)\)/)?.[1] ?? 1);
        colours = [grey(0), grey(255 * dimmed)];
      }
    }
    return colours;
  }
  function luminance({ red, green, blue }) {
    const linear = [red, green, blue].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function contrast(element) {
    const own = colour(getComputedStyle(element).color);
    const ratios = behind(element).map((ground) => {
      const [a, b] = [luminance(over(own, ground)), luminance(ground)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
    return Math.min(...ratios);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), number = 0; node; node = walker.nextNode(), number += 1) {
    const text = node.data.trim();
    const element = node.parentElement;
    if (!text || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = clip(element);
    for (const line of range.getClientRects()) {
      if (line.width === 0) continue;
      // The letters themselves: a line's box is higher than they are.
      const middle = (line.top + line.bottom) / 2;
      const half = (capital(element) / devicePixelRatio) * 0.55;
      const ink = { left: line.left, top: middle - half, right: line.right, bottom: middle + half };
      const inside = {
        left: Math.max(ink.left, box.left), top: Math.max(ink.top, box.top),
        right: Math.min(ink.right, box.right), bottom: Math.min(ink.bottom, box.bottom),
      };
      if (inside.right - inside.left < 1 || inside.bottom - inside.top < 1) continue;
      const cut = ["left", "top", "right", "bottom"].some((side) => Math.abs(inside[side] - ink[side]) > 1);
      seen.push({
        number,
        text: text.slice(0, 60),
        where: element.closest("[class]")?.className ?? element.tagName,
        cap_px: round(capital(element)),
        contrast: round(contrast(element)),
        cut,
        name: !!element.closest("bdi"),
        over: !!element.closest(".banner"),
        ...Object.fromEntries(Object.entries(inside).map(([side, place]) => [side, round(place, 10)])),
      });
    }
  }

  // What is wrong is told by a mark, too: some see no red, and a printer sees none.
  const marked = [
    ".instruments li[data-state='bad']", ".instruments li[data-state='warn']", ".domain[data-state='down'] .words",
    ".domain[data-state='alert'] .words", ".tile[data-face='lost'] .verdict strong", ".tile[data-face='frozen'] .verdict strong",
    ".trouble-count[data-state='down']",
  ];
  const marks = marked.filter((selector) =>
    [...document.querySelectorAll(selector)].some((element) => !/[■▲]/.test(getComputedStyle(element, "::before").content)),
  );
  return { texts: seen, marks };
})()
