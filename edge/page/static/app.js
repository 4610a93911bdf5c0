// Navigation, status and theme.

import { connect, on, store } from "./connection.js";
import { el, icon, icons } from "./dom.js";
import { t } from "./strings.js";

const VIEWS = ["live", "tune", "record", "teach", "review", "health"];
const main = document.getElementById("main");
let current = null;
let leave = () => {};

function available() {
  const pages = store.state?.pages;
  return VIEWS.filter((name) => name === "live" || !pages || pages.includes(name));
}

function buildNav() {
  const links = available().map((name) =>
    el("a", { href: `#${name}`, id: `nav-${name}` }, icon(icons[name]), el("span", { text: t(`nav.${name}`) })),
  );
  document.getElementById("nav").replaceChildren(...links);
  document.getElementById("nav").setAttribute("aria-label", "edge-sense");
  markCurrent();
}

function markCurrent() {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function show(name) {
  if (!available().includes(name)) name = "live";
  if (name === current) return;
  leave();
  leave = () => {};
  current = name;
  markCurrent();
  const view = await import(`./${name}.js`);
  if (name !== current) return;
  main.replaceChildren();
  main.dataset.view = name;
  document.title = `${t(`nav.${name}`)} · edge-sense`;
  leave = view.show(main) ?? (() => {});
}

function showStatus() {
  const pill = document.getElementById("status");
  const state = store.state;
  let name = "live";
  if (!store.connected) name = state ? "lost" : "connecting";
  else if (state?.ended) name = "ended";
  else if (state && !state.listening) name = "paused";
  else if (store.health && !store.health.device_present) name = "away";
  if (pill.dataset.state !== name || !pill.lastElementChild.textContent) {
    pill.dataset.state = name;
    pill.lastElementChild.textContent = t(`status.${name}`);
  }
  pill.title = name === "lost" ? t("lost") : name === "ended" ? t("ended") : "";
  if (state) document.getElementById("what").textContent = [state.device, state.model, state.source].filter(Boolean).join(" · ");
}

function useTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  const dark = isDark();
  const button = document.getElementById("theme");
  button.replaceChildren(icon(dark ? icons.sun : icons.moon));
  button.setAttribute("aria-label", t(dark ? "theme.dark" : "theme.light"));
  button.title = t(dark ? "theme.dark" : "theme.light");
  window.dispatchEvent(new Event("theme"));
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

if (location.search) history.replaceState(null, "", location.pathname + location.hash);
useTheme(localStorage.getItem("edge-theme"));
document.getElementById("theme").addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  localStorage.setItem("edge-theme", theme);
  useTheme(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => useTheme());
document.getElementById("skip").textContent = t("skip");
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

buildNav();
show(location.hash.slice(1) || "live");
window.addEventListener("hashchange", () => show(location.hash.slice(1)));
let known = "";
on("state", (state) => {
  const pages = JSON.stringify(state.pages ?? null);
  if (pages !== known) buildNav();
  known = pages;
  showStatus();
});
on("health", showStatus);
on("connection", showStatus);
showStatus();
connect();
