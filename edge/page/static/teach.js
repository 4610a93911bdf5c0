// Make a model of the takes, follow how it is made, and choose the model that is used.

import { get, on, post, store } from "./connection.js";
import { duration, el, toast } from "./dom.js";
import { t } from "./strings.js";

export function show(main) {
  const body = el("div", { class: "teach" });
  main.append(el("h1", { text: t("teach.title") }), body);
  const setup = setupCard();
  const stage = stageCard();
  const models = modelsCard();
  body.append(setup.node, stage.node, models.node);
  let job = store.teach;
  let phase = null;

  function update(next) {
    job = { ...next, at: performance.now() };
    stage.draw(job);
    setup.setRunning(job.phase === "running");
    if (job.phase !== phase && phase !== null) load();
    phase = job.phase;
  }
  async function load() {
    const found = await get("/api/teach").catch(() => null);
    if (!found || !body.isConnected) return;
    setup.draw(found);
    models.draw(found);
    stage.setFormer(found.former);
    update(found.job);
  }

  load();
  let model = store.state?.model;
  const stops = [
    on("teach", update),
    on("hello", load),
    on("state", (state) => {
      if (state.model !== model) {
        load();
        if (job) stage.draw(job);
      }
      model = state.model;
    }),
  ];
  const timer = setInterval(() => { if (job) stage.tick(job); }, 1000);
  return () => {
    stops.forEach((stop) => stop());
    clearInterval(timer);
  };

  // What to do, and with which takes.
  function setupCard() {
    const chosen = new Set();
    const known = new Set();
    let state = null;
    let method = null;
    let running = false;
    const methods = el("div", { class: "methods", role: "radiogroup", "aria-label": t("teach.method") });
    const labels = el("div", { class: "labels", role: "group", "aria-label": t("teach.takes") });
    const note = el("p", { class: "dim" });
    const missing = el("div", { class: "missing", id: "teach-missing" });
    const command = el("pre", { class: "command", id: "teach-command", tabindex: "0", "aria-label": t("teach.command") });
    const copy = el("button", { type: "button", class: "quiet", text: t("tune.copy"), onclick: () => navigator.clipboard?.writeText(command.textContent).then(() => toast(t("copied"))) });
    const start = el("button", { type: "button", class: "primary big", id: "teach-start", text: t("teach.start"), onclick: async () => {
      await post("/api/teach/start", { method: method.name, labels: [...chosen] }).then((found) => update(found.job), () => {});
      stage.node.scrollIntoView({ block: "nearest" });
    } });
    const node = el("section", { class: "card setup" }, el("h2", { text: t("teach.method") }), methods,
      el("h2", { text: t("teach.takes") }), labels, note, start, missing,
      el("h2", {}, el("span", { text: t("teach.command") }), copy), command);

    function draw(found) {
      state = found;
      for (const take of state.takes) {
        if (!known.has(take.label) && !take.negative) chosen.add(take.label);
        known.add(take.label);
      }
      for (const label of chosen) if (!state.takes.some((take) => take.label === label)) chosen.delete(label);
      method = state.methods.find((one) => one.name === (method?.name ?? state.job.method)) ?? state.methods[0];
      methods.replaceChildren(...state.methods.map((one) => el("label", { class: "method" },
        el("input", { type: "radio", name: "method", value: one.name, checked: one === method, onchange: () => { method = one; drawTakes(); } }),
        el("span", {}, el("b", { text: t(`teach.${one.name}`) }), el("small", { class: "dim", text: t(`teach.${one.name}Help`) })))));
      drawTakes();
    }

    function drawTakes() {
      const picks = method.labels === null;
      labels.replaceChildren(...state.takes.map((take) => {
        const text = `${take.label} · ${take.count}`;
        if (picks && !take.negative) {
          return el("button", { type: "button", "data-label": take.label, "aria-pressed": String(chosen.has(take.label)), text, onclick: (event) => {
            if (!chosen.delete(take.label)) chosen.add(take.label);
            event.currentTarget.setAttribute("aria-pressed", String(chosen.has(take.label)));
            drawCommand();
          } });
        }
        const other = take.negative || !method.labels?.includes(take.label);
        return el("span", { class: `tag${other ? " other" : ""}`, text: other ? t("teach.other", { label: text }) : text });
      }));
      if (!state.takes.length) labels.append(el("span", { class: "empty", text: t("teach.noTakes") }));
      note.textContent = !state.takes.length ? "" : picks ? t("teach.pick") : t("teach.all", { labels: method.labels.join(", ") });
      drawCommand();
    }

    function drawCommand() {
      const words = chosen.size ? [...chosen].map(quoted).join(" ") : "WORD";
      command.textContent = method.command.replace("{words}", words);
      const usable = method.labels === null ? chosen.size > 0 : state.takes.some((take) => !take.negative);
      start.disabled = running || !usable || Boolean(method.missing);
      start.hidden = Boolean(method.missing);
      missing.hidden = !method.missing;
      missing.replaceChildren(el("p", { text: t("teach.missing", { reason: method.missing }) }), el("ol", {},
        el("li", {}, el("a", { href: "/api/takes.zip", download: true, text: t("record.download") })),
        el("li", { text: t("teach.runThere") }),
        el("li", { text: t("teach.copyBack", { folder: state.models_folder }) })));
    }

    return { node, draw, setRunning: (now) => { running = now; if (state) drawCommand(); } };
  }

  // How the model is made, and what came of it.
  function stageCard() {
    const title = el("p", { class: "word", id: "teach-phase", role: "status" });
    const detail = el("p", { class: "reason", id: "teach-detail" });
    const bar = el("progress", { "aria-label": t("teach.progress"), max: "1" });
    const time = el("p", { class: "dim", id: "teach-time" });
    const cancel = el("button", { type: "button", id: "teach-cancel", text: t("teach.cancel"), onclick: () => post("/api/teach/cancel").catch(() => {}) });
    const back = el("button", { type: "button", class: "primary", id: "teach-back", onclick: () => post("/api/teach/back").then(load, () => {}) });
    const lines = el("pre", { class: "command lines", id: "teach-log", role: "log", tabindex: "0", "aria-label": t("teach.log") });
    const node = el("section", { class: "card stage" }, title, detail, bar, time, el("div", { class: "buttons" }, cancel, back), lines);
    let former = null;

    function draw(job) {
      const running = job.phase === "running";
      node.dataset.phase = job.phase;
      title.textContent = t(`teach.phase.${job.phase}`, { model: job.model });
      const detailOf = job.phase === "done" && store.state?.model !== job.model ? "stored" : job.phase;
      detail.textContent = running ? job.step : job.reason || t(`teach.detail.${detailOf}`);
      bar.hidden = !running;
      if (job.share === null) bar.removeAttribute("value");
      else bar.value = job.share;
      cancel.hidden = !running;
      lines.hidden = !job.log.length;
      const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 30;
      lines.textContent = job.log.join("\n");
      if (atEnd) lines.scrollTop = lines.scrollHeight;
      setFormer(former);
      tick(job);
    }
    function setFormer(name) {
      former = name;
      back.hidden = !former || job?.phase === "running";
      back.textContent = t("teach.back", { model: former });
    }
    function tick(job) {
      const seconds = job.seconds + (job.phase === "running" && job.at ? (performance.now() - job.at) / 1000 : 0);
      time.textContent = job.phase === "idle" ? "" : t(job.left ? "teach.timeLeft" : "teach.time", { time: duration(seconds), left: job.left });
    }
    return { node, draw, setFormer, tick };
  }

  // The models that can be used, one of which is.
  function modelsCard() {
    const list = el("ul", { class: "takes", id: "models" });
    const note = el("p", { class: "dim" });
    const node = el("section", { class: "card all" }, el("h2", { text: t("teach.models") }), note, list);

    function draw(found) {
      note.textContent = t("teach.folder", { folder: found.models_folder });
      list.replaceChildren(...found.models.map((model) => el("li", { "data-name": model.name },
        el("b", { text: model.name }),
        el("span", { class: "dim", text: model.labels.join(", ") }),
        el("span", { class: "dim", text: model.own ? t("teach.own") : new Date(model.time).toLocaleString("en-GB") }),
        el("div", { class: "actions" }, model.used
          ? el("span", { class: "tag used", text: t("teach.used") })
          : el("button", { type: "button", class: "quiet", "data-action": "use", text: t("teach.use"), "aria-label": `${t("teach.use")}: ${model.name}`, onclick: () => post("/api/teach/use", { model: model.name }).then(load, () => {}) })))));
    }
    return { node, draw };
  }
}

// A word as a shell reads it.
function quoted(word) {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`;
}
