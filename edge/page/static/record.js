// Record takes, and what is done with them.

import { drawPath } from "./charts.js";
import { get, on, post, store } from "./connection.js";
import { color, el, fit, icon, icons, toast } from "./dom.js";
import { t } from "./strings.js";

const IDLE = ["idle", "done", "failed"];

export function show(main) {
  const body = el("div", { class: "record" });
  main.append(el("h1", { text: t("record.title") }), body);
  let view = null;
  const begin = () => { if (store.state && !view) view = build(body); };
  begin();
  const stops = [
    on("state", begin),
    on("record", (record) => view?.update(record)),
    on("live", (live) => view?.level(live)),
  ];
  return () => {
    stops.forEach((stop) => stop());
    view?.close();
  };
}

function build(body) {
  const { state } = store;
  const isSound = state.kind === "sound";
  let chosen = state.recording_labels[0];
  const labels = el("div", { class: "labels", role: "group", "aria-label": t("record.label") });
  const other = el("input", { type: "text", id: "other-label", maxlength: "40", placeholder: t("record.other"), "aria-label": `${t("record.label")}: ${t("record.other")}`, oninput: () => choose(other.value.trim() || state.recording_labels[0], true) });
  function choose(label, typed) {
    chosen = label;
    if (!typed) other.value = "";
    for (const button of labels.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.textContent === label));
  }
  for (const label of state.recording_labels) labels.append(el("button", { type: "button", text: label, onclick: () => choose(label) }));
  if (isSound) labels.append(other);

  const speaker = el("input", { type: "text", id: "speaker", maxlength: "40", value: localStorage.getItem("edge-speaker") ?? "me", autocomplete: "off" });
  const takes = el("input", { type: "number", id: "takes", min: "1", max: "100", value: "5" });
  const start = el("button", { type: "button", class: "primary big", id: "start", onclick: toggle });
  const form = el("section", { class: "card setup" },
    el("h2", { text: t("record.label") }), labels,
    el("div", { class: "fields" },
      isSound && el("label", {}, el("span", { text: t("record.speaker") }), speaker, el("small", { class: "dim", text: t("record.speakerHelp") })),
      el("label", {}, el("span", { text: t("record.takes") }), takes)),
    start);

  const word = el("p", { class: "word", id: "prompt", role: "status", "aria-live": "assertive" });
  const count = el("p", { class: "dim count" });
  const reason = el("p", { class: "reason", id: "reason" });
  const meter = el("div", { class: "meter", role: "img", "aria-label": t("record.level") }, el("i"));
  const preview = el("canvas", { class: "preview", role: "img", "aria-label": t("record.play") });
  const stage = el("section", { class: "card stage" }, count, word, reason, preview, meter);

  const list = el("ul", { class: "takes", id: "takes-list" });
  const download = el("a", { class: "button", href: "/api/takes.zip", id: "download", download: true, text: t("record.download") });
  const audio = el("audio");
  body.append(form, stage, el("section", { class: "card all" }, el("h2", {}, el("span", { text: t("record.list") }), download), el("p", { class: "dim", text: t("record.folder", { folder: state.takes_folder }) }), list), audio);

  async function toggle() {
    if (!IDLE.includes(store.record?.phase ?? "idle")) return void post("/api/record/stop").catch(() => {});
    localStorage.setItem("edge-speaker", speaker.value);
    stage.scrollIntoView({ block: "nearest" });
    await post("/api/record", { label: chosen, speaker: speaker.value.trim(), takes: Number(takes.value), client: store.client }).catch(() => {});
  }

  let known = -1;
  function update(record) {
    const idle = IDLE.includes(record.phase);
    stage.dataset.phase = record.phase;
    start.textContent = t(idle ? "record.start" : "record.stop");
    start.classList.toggle("primary", idle);
    const mine = !record.owner || record.owner === store.client;
    start.disabled = !idle && !mine;
    const key = { quiet: isSound ? "quiet" : "still", prompt: isSound ? "sound" : record.label === "none" ? "none" : "motion" }[record.phase] ?? record.phase;
    word.textContent = record.phase === "idle" ? "" : record.phase === "countdown" ? String(record.seconds) : t(`record.phase.${key}`, { label: record.label, count: record.saved });
    count.textContent = idle ? "" : `${record.label} · ${t("record.takesOf", { take: record.take, takes: record.takes })}${mine ? "" : ` · ${t("record.busy")}`}`;
    reason.textContent = record.reason;
    drawPreview(preview, record.phase === "saved" || record.phase === "done" ? record.preview : null, isSound);
    if (known !== record.saved) load();
    known = record.saved;
  }

  async function load() {
    const { takes: found } = await get("/api/takes").catch(() => ({ takes: [] }));
    download.hidden = !found.length;
    if (!found.length) return list.replaceChildren(el("li", { class: "empty", text: t("record.empty") }));
    list.replaceChildren(...found.map((take) => row(take)));
  }

  function row(take) {
    const result = el("span", { class: "result", role: "status" });
    const shape = isSound ? null : el("canvas", { class: "thumb", "aria-hidden": "true" });
    const act = (name, picture, run, kind = "") => el("button", { type: "button", class: `icon ${kind}`, "aria-label": `${t(`record.${name}`)}: ${take.name}`, title: t(`record.${name}`), "data-action": name, onclick: run }, icon(icons[picture]));
    const play = () => {
      if (isSound) {
        audio.src = `/api/takes/sound?name=${encodeURIComponent(take.name)}`;
        audio.play().catch(() => {});
      } else get(`/api/takes/path?name=${encodeURIComponent(take.name)}`).then(({ path }) => drawPath(shape, path, color("--accent"), 2));
    };
    const recognise = async () => {
      result.textContent = "…";
      const found = await post("/api/takes/classify", { name: take.name }).catch((error) => ({ error: error.message }));
      result.className = `result ${found.label === take.label ? "good" : "wrong"}`;
      result.textContent = found.error ?? `${t("record.result", { label: found.label, score: found.score.toFixed(2) })}${found.accepted === false ? `, ${t("record.refused")}` : ""}`;
    };
    const remove = async () => {
      const { undo } = await post("/api/takes/delete", { name: take.name });
      await load();
      toast(t("record.removed", { name: take.name }), { text: t("record.undo"), run: async () => { await post("/api/takes/restore", { undo }); load(); } });
    };
    const move = () => {
      const input = el("input", { type: "text", value: take.label, maxlength: "40", "aria-label": t("record.renamePrompt") });
      const box = el("form", { class: "rename", onsubmit: async (event) => {
        event.preventDefault();
        await post("/api/takes/move", { name: take.name, label: input.value.trim() }).then(load, () => {});
      } }, input, el("button", { text: t("record.ok") }), el("button", { type: "button", text: t("record.cancel"), onclick: load }));
      node.replaceChildren(box);
      input.focus();
      input.select();
    };
    const node = el("li", { "data-name": take.name },
      el("b", { text: take.label }), shape,
      el("span", { class: "dim", text: [take.speaker, take.seconds === null ? "" : t("record.seconds", { seconds: take.seconds.toFixed(1) }), new Date(take.time).toLocaleString("en-GB")].filter(Boolean).join(" · ") }),
      result,
      el("div", { class: "actions" }, act("play", "play", play), act("replay", "spark", recognise), act("rename", "move", move), act("remove", "trash", remove, "danger")));
    return node;
  }

  let loudest = 0;
  let timer = setInterval(() => {
    const db = loudest > 0 ? 20 * Math.log10(loudest) : -60;
    meter.firstElementChild.style.width = `${Math.max(0, Math.min(100, (db + 60) / 0.6))}%`;
    meter.classList.toggle("hot", db > -1);
    loudest *= 0.6;
  }, 80);

  choose(chosen);
  update(store.record ?? { phase: "idle", saved: 0, reason: "" });
  if (!isSound) meter.hidden = true;
  return { update, level: (live) => { loudest = Math.max(loudest, live.peak ?? 0); }, close: () => clearInterval(timer) };
}

function drawPreview(canvas, preview, isSound) {
  canvas.hidden = !preview?.length;
  if (canvas.hidden) return;
  if (!isSound) return drawPath(canvas, preview, color("--good"), 4);
  const { context, width, height } = fit(canvas);
  context.clearRect(0, 0, width, height);
  context.fillStyle = color("--accent");
  const step = width / preview.length;
  preview.forEach((peak, index) => {
    const size = Math.max(1, peak * (height - 8));
    context.fillRect(index * step, (height - size) / 2, Math.max(1, step - 1), size);
  });
}
