// Counters of the stream and of the computer.

import { get, on, store } from "./connection.js";
import { color, duration, el, fit, grouped, number } from "./dom.js";
import { t } from "./strings.js";

const HISTORY = 120; // s
const history = [];

let peak = 0;
on("live", (live) => { peak = Math.max(peak, live.peak ?? 0); });
on("health", (health) => {
  history.push({ ...health, level: peak > 0 ? 20 * Math.log10(peak) : null });
  peak = 0;
  if (history.length > HISTORY) history.shift();
});

const TILES = [
  { key: "rate", text: (h) => number(h.rate, h.rate > 1000 ? 0 : 1), unit: "Hz", note: (h) => t("health.nominal", { rate: h.nominal_rate }), chart: true },
  { key: "lost", text: (h) => grouped(h.lost), bad: (h) => h.lost > 0 },
  { key: "clipped", text: (h) => grouped(h.clipped), bad: (h) => h.clipped > 0 },
  { key: "errors", text: (h) => grouped(h.errors + h.garbage), bad: (h) => h.errors + h.garbage > 0 },
  { key: "reconnects", text: (h) => grouped(h.reconnects), bad: (h) => h.reconnects > 0 },
  { key: "level", text: (h) => number(h.level, 0), unit: "dB", chart: true, only: "sound" },
  { key: "latency", field: "latency_p50_ms", text: (h) => number(h.latency_p50_ms, 0), unit: "ms", chart: true },
  { key: "latency95", field: "latency_p95_ms", text: (h) => number(h.latency_p95_ms, 0), unit: "ms" },
  { key: "cpu", field: "cpu_percent", text: (h) => number(h.cpu_percent, 1), unit: "%", note: () => t("health.ofCore"), chart: true },
  { key: "memory", field: "memory_mb", text: (h) => number(h.memory_mb, 0), unit: "MB", chart: true },
  { key: "temperature", text: (h) => number(h.temperature, 0), unit: "°C", chart: true, optional: true },
  { key: "detections", text: (h) => grouped(h.detections) },
  { key: "rejections", text: (h) => grouped(h.rejections), not: "sound" },
  { key: "browsers", text: (h) => grouped(h.browsers), note: (h) => (h.browsers_dropped ? t("health.dropped", { count: h.browsers_dropped }) : "") },
  { key: "running", text: (h) => duration(h.running_s) },
];

export function show(main) {
  const grid = el("div", { class: "tiles" });
  const facts = el("dl", { class: "facts" });
  main.append(el("h1", { text: t("health.title") }), grid, el("section", { class: "card" }, facts));
  const tiles = new Map();

  function draw() {
    const health = history[history.length - 1];
    const state = store.state;
    if (!health || !state) return;
    for (const tile of TILES) {
      if ((tile.only && tile.only !== state.kind) || tile.not === state.kind) continue;
      if (tile.optional && health[tile.field ?? tile.key] === null) continue;
      if (!tiles.has(tile.key)) {
        const value = el("b");
        const note = el("small");
        const chart = tile.chart ? el("canvas", { "aria-hidden": "true" }) : null;
        const node = el("div", { class: "tile card", id: `health-${tile.key}` }, el("span", { text: t(`health.${tile.key}`) }), el("p", {}, value, el("i", { text: tile.unit ? ` ${tile.unit}` : "" })), note, chart);
        grid.append(node);
        tiles.set(tile.key, { node, value, note, chart });
      }
      const { node, value, note, chart } = tiles.get(tile.key);
      value.textContent = tile.text(health);
      note.textContent = tile.note?.(health) ?? "";
      node.classList.toggle("bad", Boolean(tile.bad?.(health)));
      if (chart) sparkline(chart, history.map((h) => h[tile.field ?? tile.key]));
    }
    if (!facts.children.length) {
      const rows = { model: state.model, task: state.task, runtime: state.runtime, source: state.source ?? t("health.unknown"), device: state.device, version: state.version };
      for (const [key, value] of Object.entries(rows)) facts.append(el("dt", { text: t(`health.${key}`) }), el("dd", { text: value }));
    }
  }

  if (!history.length) get("/api/health").then((health) => { if (!history.length) history.push({ ...health, level: null }); draw(); }, () => {});
  draw();
  const stops = [on("health", draw), on("state", draw)];
  return () => stops.forEach((stop) => stop());
}

function sparkline(canvas, values) {
  const { context, width, height } = fit(canvas);
  context.clearRect(0, 0, width, height);
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length < 2) return;
  let [low, high] = [Math.min(...known), Math.max(...known)];
  const least = Math.max(0.02 * Math.abs(high), 0.5);
  if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
  context.strokeStyle = color("--accent");
  context.lineWidth = 1.5;
  context.beginPath();
  values.forEach((value, index) => {
    if (value === null || value === undefined) return;
    const x = width - ((values.length - 1 - index) / (HISTORY - 1)) * width;
    context.lineTo(x, height - 3 - ((value - low) / (high - low)) * (height - 6));
  });
  context.stroke();
}
