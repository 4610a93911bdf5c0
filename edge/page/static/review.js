// Mark what led to detections and near misses; marked clips become takes.

import { drawPath } from "./charts.js";
import { get, on, post, store } from "./connection.js";
import { color, el, icon, icons, labelColor, toast } from "./dom.js";
import { t } from "./strings.js";

export function show(main) {
  const box = el("input", { type: "checkbox", id: "consent", role: "switch", onchange: () => change("/api/review/consent", { on: box.checked }) });
  const note = el("p", { class: "dim", id: "review-note" });
  const fault = el("p", { class: "fault", role: "status" });
  const list = el("ul", { class: "clips", id: "clips" });
  const clear = el("button", { type: "button", class: "quiet danger", id: "clear", text: t("review.clear"), onclick: () => {
    if (window.confirm(t("review.clearAsk"))) change("/api/review/discard", { all: true });
  } });
  const audio = el("audio");
  main.append(el("h1", { text: t("review.title") }),
    el("div", { class: "review" },
      el("section", { class: "card" },
        el("label", { class: "switch" }, box, el("span", { text: t("review.consent") })),
        el("p", { class: "dim", id: "consent-help" }), el("p", { class: "dim", text: t("review.warning") }), fault),
      el("section", { class: "card" }, el("h2", {}, note, clear), list), audio));

  async function change(path, body) {
    draw(await post(path, body).catch(() => get("/api/review")));
  }

  function draw(review) {
    const help = document.getElementById("consent-help");
    if (!help) return;
    help.textContent = t("review.consentHelp", { most: review.most });
    box.checked = review.consent;
    fault.textContent = review.fault;
    note.textContent = review.clips.length ? t("review.left", { count: review.clips.length, size: `${(review.bytes / 1e6).toFixed(1)} MB` }) : "";
    clear.hidden = !review.clips.length;
    if (!review.clips.length) return list.replaceChildren(el("li", { class: "empty", text: t(review.consent ? "review.empty" : "review.off") }));
    list.replaceChildren(...review.clips.map(row));
  }

  function row(clip) {
    const { state } = store;
    const isSound = state.kind === "sound";
    const label = clip.label ?? "";
    const kind = { detection: "detection", near_miss: "near" }[clip.event] ?? "rejection";
    const title = el("b", { text: t(`review.${kind}`, { label }) });
    if (label) title.style.color = labelColor(state.words, label);
    const shape = isSound ? null : el("canvas", { class: "thumb", "aria-hidden": "true" });
    const mark = (as) => async () => {
      const { name } = await post("/api/review/mark", { id: clip.id, label: as });
      toast(t("review.marked", { name }));
      load();
    };
    const select = el("select", { "aria-label": t("review.was"), onchange: () => mark(select.value)().catch(() => {}) },
      el("option", { value: "", text: t("review.was") }), ...state.recording_labels.map((word) => el("option", { value: word, text: word })));
    const play = () => {
      audio.src = `/api/review/sound?id=${clip.id}`;
      audio.play().catch(() => {});
    };
    const node = el("li", { "data-id": clip.id },
      isSound ? el("button", { type: "button", class: "icon", "data-action": "play", "aria-label": `${t("review.play")}: ${title.textContent}`, onclick: play }, icon(icons.play)) : shape,
      title,
      el("span", { class: "dim", text: [clip.reason ?? clip.score?.toFixed(2), clip.time && new Date(clip.time).toLocaleString("en-GB")].filter(Boolean).join(" · ") }),
      el("div", { class: "actions" },
        label ? el("button", { type: "button", class: "quiet", "data-action": "right", onclick: mark(label) }, t("review.right", { label })) : null,
        el("button", { type: "button", class: "quiet", "data-action": "wrong", text: t("review.wrong"), onclick: mark(state.negative_label) }),
        select,
        el("button", { type: "button", class: "icon danger", "data-action": "discard", title: t("review.discard"), "aria-label": t("review.discard"), onclick: () => change("/api/review/discard", { id: clip.id }) }, icon(icons.trash))));
    if (shape) get(`/api/review/path?id=${clip.id}`).then(({ path }) => drawPath(shape, path, color("--text"), 2), () => {});
    return node;
  }

  const load = () => get("/api/review").then(draw, () => {});
  if (store.state) load();
  const stops = [on("review", load), on("hello", load)];
  return () => stops.forEach((stop) => stop());
}
