// Small helpers for elements, numbers and canvases.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const icons = {
  live: "M3 12h3l3-8 4 16 4-12 2 4h2",
  tune: "M5 4v6m0 4v6M12 4v2m0 4v10M19 4v9m0 4v3M2 12h6M9 8h6m1 7h6",
  record: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  teach: "M2 9l10-5 10 5-10 5zM6 11v5c3.5 3 8.5 3 12 0v-5M22 9v6",
  review: "M4 5h16M4 12h9M4 19h9m3-2 2 2 4-5",
  health: "M12 20S3 14.5 3 8.5A4.5 4.5 0 0 1 12 6.5 4.5 4.5 0 0 1 21 8.5C21 14.5 12 20 12 20z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5",
  moon: "M20 14A8.5 8.5 0 1 1 10 4a7 7 0 0 0 10 10z",
  play: "M7 4v16l13-8z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  move: "M4 7V5h16v2M12 5v14M9 19h6",
  spark: "M12 3v5m0 8v5M3 12h5m8 0h5",
};

export function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

export function grouped(value) {
  return value === null || value === undefined ? "–" : value.toLocaleString("en").replaceAll(",", "\u202f");
}

export function duration(seconds) {
  const s = Math.floor(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const hours = Math.floor(s / 3600);
  return hours < 48 ? `${hours} h ${Math.floor((s % 3600) / 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// Gives a canvas the size of its box in pixels of the screen; returns width and height in CSS pixels.
export function fit(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

// Values of the style sheet, read once for each theme.
const colors = new Map();
window.addEventListener("theme", () => colors.clear());

export function color(name) {
  if (!colors.has(name)) colors.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colors.get(name);
}

export function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

// The font of small text in a canvas.
export function small() {
  return `${0.72 * rem()}px ${color("--font")}`;
}

// Colours of labels, light ones on dark ground and dark ones on light ground.
const HUES = {
  dark: ["#4fa8ff", "#ff9a52", "#3fcf82", "#ff7088", "#b09aff", "#e0bd1f", "#27cfcf", "#f07fe2", "#a3d13f", "#e08f63", "#8ea2ff", "#d983a0"],
  light: ["#0b62b8", "#a84600", "#0d7040", "#b3213f", "#5b3fd0", "#735c00", "#00696b", "#9a2290", "#4a6b0a", "#8c4520", "#2f4fc4", "#8a2c44"],
};

export function labelColor(labels, label) {
  const hues = HUES[color("--scheme")] ?? HUES.dark;
  const index = labels.indexOf(label);
  return hues[(index < 0 ? hues.length - 1 : index) % hues.length];
}

let toastTimer;
export function toast(text, action) {
  const box = document.getElementById("toasts");
  clearTimeout(toastTimer);
  const note = el("div", { class: "toast" }, el("span", { text }));
  if (action) {
    note.append(el("button", { type: "button", class: "link", text: action.text, onclick: () => { box.replaceChildren(); action.run(); } }));
  }
  box.replaceChildren(note);
  toastTimer = setTimeout(() => box.replaceChildren(), action ? 12000 : 5000);
}
