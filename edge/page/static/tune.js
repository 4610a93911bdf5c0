// Thresholds, and what they cost.

import { scoreScale } from "./charts.js";
import { on, post, store } from "./connection.js";
import { color, el, fit, labelColor, small, toast } from "./dom.js";
import { t } from "./strings.js";

const STEPS = 1000; // of a slider
const SEND_MS = 120;

// What was measured at this threshold, between two measured thresholds in proportion.
function expected(points, threshold) {
  const sorted = [...points].filter((p) => p.hit_rate !== null).sort((a, b) => a.threshold - b.threshold);
  if (sorted.length < 2) return null;
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (threshold < first.threshold) return { falses: first.false_per_hour, hits: first.hit_rate, beyond: "more" };
  if (threshold > last.threshold) return { falses: last.false_per_hour, hits: last.hit_rate, beyond: "less" };
  const next = sorted.findIndex((p) => p.threshold >= threshold);
  const [a, b] = [sorted[Math.max(0, next - 1)], sorted[next]];
  const share = a === b ? 0 : (threshold - a.threshold) / (b.threshold - a.threshold);
  const between = (x, y) => x + share * (y - x);
  return { falses: between(a.false_per_hour, b.false_per_hour), hits: between(a.hit_rate, b.hit_rate), beyond: "" };
}

// Of several thresholds: the mean, as if every word was said equally often.
function expectedOf(points, thresholds) {
  const all = Object.values(thresholds).map((value) => expected(points, value));
  if (!all.length || all.includes(null)) return null;
  const mean = (key) => all.reduce((sum, one) => sum + one[key], 0) / all.length;
  const beyond = all.find((one) => one.beyond)?.beyond ?? "";
  return { falses: mean("falses"), hits: mean("hits"), beyond, mixed: new Set(Object.values(thresholds)).size > 1 };
}

export function show(main) {
  main.append(el("h1", { text: t("tune.title") }));
  const body = el("div", { class: "tune" });
  main.append(body);
  let view = null;
  const draw = () => {
    if (!store.state) return;
    view ??= build(body, store.state);
    view.update(store.state);
  };
  draw();
  const repaint = () => view?.update(store.state);
  window.addEventListener("resize", repaint);
  window.addEventListener("theme", repaint);
  const stop = on("state", draw);
  return () => {
    stop();
    window.removeEventListener("resize", repaint);
    window.removeEventListener("theme", repaint);
  };
}

function build(body, state) {
  const points = [...state.operating_points].sort((a, b) => a.false_per_hour - b.false_per_hour);
  const labels = Object.keys(state.thresholds);
  const scale = scoreScale(Math.max(0, ...Object.values(state.default_thresholds)));
  const changes = new Sender();
  const updates = [];

  if (labels.length === 0 || (labels[0] === "" && state.default_thresholds[""] === 0)) {
    body.append(el("section", { class: "card" }, el("p", { text: t("tune.oneThreshold") })));
    return { update() {} };
  }
  if (points.length) updates.push(budgetCard(body, points, changes));
  else body.append(el("section", { class: "card note" }, el("p", { text: t("tune.notMeasured") })));

  const rows = el("div", { class: "sliders" });
  const all = slider("", t("tune.all"), scale, (value) => changes.send({ thresholds: Object.fromEntries(labels.map((label) => [label, value])) }));
  if (labels.length > 1) rows.append(all.node);
  const each = labels.map((label) => slider(label, label || t("tune.all"), scale, (value) => changes.send({ thresholds: { [label]: value } }), labelColor(state.words, label)));
  rows.append(...each.map((one) => one.node));
  body.append(el("section", { class: "card" }, el("h2", {}, el("span", { text: t("tune.each") }),
    el("button", { type: "button", class: "quiet", id: "reset", text: t("tune.reset"), onclick: () => post("/api/settings", { reset: true }) })), rows, el("p", { class: "dim", text: t("tune.applied") })));

  const command = el("code", { id: "command", tabindex: "0" });
  const copy = el("button", { type: "button", text: t("tune.copy"), onclick: async () => {
    await copyText(command.textContent);
    toast(t("copied"));
  } });
  const save = el("button", { type: "button", class: "primary", id: "save", text: t("tune.save"), onclick: async () => {
    const { saved } = await post("/api/settings/save");
    toast(t("tune.saved", { file: saved }));
  } });
  body.append(el("section", { class: "card" }, el("h2", { text: t("tune.command") }), el("pre", { class: "command" }, command), el("div", { class: "buttons" }, copy, save)));

  return {
    update(now) {
      command.textContent = now.command_line;
      const values = Object.values(now.thresholds);
      all.set(values.sort((a, b) => a - b)[values.length >> 1], null);
      each.forEach((one, index) => one.set(now.thresholds[labels[index]], now.default_thresholds[labels[index]]));
      updates.forEach((update) => update(now));
    },
  };
}

function budgetCard(body, points, changes) {
  const range = el("input", { type: "range", id: "budget", min: "0", max: String(points.length - 1), step: "1", "aria-label": t("tune.budget"), oninput: () => {
    changes.send({ max_false_per_hour: points[range.value].false_per_hour });
  } });
  const hits = el("b", { id: "expected-hits" });
  const falses = el("b", { id: "expected-false" });
  const note = el("p", { class: "dim" });
  const chart = el("canvas", { class: "curve", role: "img", "aria-label": t("tune.chart") });
  const ticks = el("div", { class: "ticks", "aria-hidden": "true" }, ...points.map((point) => el("span", { text: String(point.false_per_hour) })));
  body.append(el("section", { class: "card budget" },
    el("div", {}, el("h2", { text: t("tune.budget") }), el("p", { class: "dim", text: t("tune.budgetHelp") }), range, ticks,
      el("div", { class: "expected", role: "status" }, el("p", {}, hits, el("span", { text: t("tune.hits") })), el("p", {}, falses, el("span", { text: t("tune.budget") }))), note),
    chart));
  return (state) => {
    const found = expectedOf(points, state.thresholds);
    const nearest = points.reduce((best, point, index) => (found && Math.abs(point.false_per_hour - found.falses) < Math.abs(points[best].false_per_hour - found.falses) ? index : best), 0);
    if (document.activeElement !== range || !changes.isBusy) range.value = String(nearest);
    range.setAttribute("aria-valuetext", t("tune.falses", { count: points[range.value].false_per_hour }));
    if (!found) return;
    const sign = { more: "≥ ", less: "≤ ", "": "" }[found.beyond];
    hits.textContent = `${sign}${(100 * found.hits).toFixed(0)} %`;
    falses.textContent = `${sign}${found.falses.toFixed(found.falses < 1 ? 2 : 1)}`;
    note.textContent = `${t("tune.measuredOn")} ${found.mixed ? t("tune.perLabel") : ""} ${found.beyond ? `(${t("tune.beyond")})` : ""}`;
    drawCurve(chart, points, found);
  };
}

function drawCurve(canvas, points, found) {
  const { context, width, height } = fit(canvas);
  context.clearRect(0, 0, width, height);
  const known = points.filter((point) => point.hit_rate !== null);
  const [left, right, top, bottom] = [40, width - 14, 14, height - 26];
  const low = Math.log(known[0].false_per_hour || 0.05);
  const high = Math.log(known[known.length - 1].false_per_hour);
  const least = Math.floor(10 * Math.min(...known.map((p) => p.hit_rate))) / 10;
  const most = Math.min(1, Math.ceil(10 * Math.max(...known.map((p) => p.hit_rate))) / 10);
  const x = (falses) => left + ((Math.log(Math.max(falses, 1e-3)) - low) / (high - low)) * (right - left);
  const y = (hits) => bottom - ((hits - least) / (most - least)) * (bottom - top);
  context.font = small();
  context.fillStyle = color("--dim");
  context.strokeStyle = color("--line");
  context.textBaseline = "middle";
  for (let hits = least; hits <= most + 0.001; hits += 0.1) {
    context.beginPath();
    context.moveTo(left, y(hits));
    context.lineTo(right, y(hits));
    context.stroke();
    context.textAlign = "right";
    context.fillText(`${Math.round(100 * hits)} %`, left - 6, y(hits));
  }
  context.textAlign = "center";
  for (const point of known) context.fillText(String(point.false_per_hour), x(point.false_per_hour), height - 10);
  context.strokeStyle = color("--accent");
  context.lineWidth = 2.5;
  context.beginPath();
  known.forEach((point) => context.lineTo(x(point.false_per_hour), y(point.hit_rate)));
  context.stroke();
  context.fillStyle = color("--accent");
  for (const point of known) {
    context.beginPath();
    context.arc(x(point.false_per_hour), y(point.hit_rate), 3.5, 0, 7);
    context.fill();
  }
  context.strokeStyle = color("--text");
  context.fillStyle = color("--card");
  context.lineWidth = 3;
  context.beginPath();
  context.arc(x(found.falses), y(found.hits), 7, 0, 7);
  context.fill();
  context.stroke();
}

function slider(label, title, scale, send, hue) {
  const output = el("output");
  const own = el("small", { class: "dim" });
  const input = el("input", { type: "range", min: "0", max: String(STEPS), step: "1", "data-label": label, "aria-label": t("tune.threshold", { label: title }), oninput: () => {
    const value = Math.round(10000 * scale.from(input.value / STEPS)) / 10000;
    write(value);
    send(value);
  } });
  const dot = el("i");
  if (hue) dot.style.background = hue;
  const write = (value) => {
    output.textContent = value.toFixed(4).replace(/0{1,2}$/, "");
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return {
    node: el("label", { class: "slider" }, dot, el("span", { text: title }), input, output, own),
    set(value, original) {
      if (value === undefined) return;
      if (document.activeElement !== input) input.value = String(Math.round(STEPS * scale.to(value)));
      write(value);
      own.textContent = original === null || original === value ? "" : t("tune.default", { value: original });
    },
  };
}

// Sends the newest change, not more often than the device needs it.
class Sender {
  constructor() {
    this.waiting = null;
    this.isBusy = false;
  }

  send(change) {
    if (this.waiting?.thresholds && change.thresholds) change = { thresholds: { ...this.waiting.thresholds, ...change.thresholds } };
    this.waiting = change;
    if (!this.isBusy) this.run();
  }

  async run() {
    this.isBusy = true;
    while (this.waiting) {
      const change = this.waiting;
      this.waiting = null;
      await post("/api/settings", change).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, SEND_MS));
    }
    this.isBusy = false;
  }
}

async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  // On plain http, which is usual for a device in the home network, only this way works.
  const area = el("textarea", { "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
