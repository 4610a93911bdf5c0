// The connection to the device: state, events and the live view. It connects again by itself.

import { toast } from "./dom.js";
import { t } from "./strings.js";

const MAX_EVENTS = 200;
const FIRST_WAIT = 500; // ms before it connects again
const LONGEST_WAIT = 8000;

export const store = { state: null, health: null, events: [], connected: false, record: null };

const listeners = new Map();

export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(listener);
  return () => listeners.get(kind).delete(listener);
}

function emit(kind, value) {
  for (const listener of listeners.get(kind) ?? []) listener(value);
}

let socket;
let isLeaving = false;
let wait = FIRST_WAIT;

// A page that the browser keeps for its "back" button needs no data.
window.addEventListener("pagehide", () => {
  isLeaving = true;
  socket?.close();
});
window.addEventListener("pageshow", (event) => {
  isLeaving = false;
  if (event.persisted) connect();
});

export function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws`);
  socket.onopen = () => {
    wait = FIRST_WAIT;
    store.connected = true;
    tellVisibility();
    emit("connection", true);
  };
  socket.onmessage = (message) => receive(JSON.parse(message.data));
  socket.onclose = () => {
    store.connected = false;
    emit("connection", false);
    if (isLeaving) return;
    setTimeout(connect, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  };
}

function receive(message) {
  if (message.live) emit("live", message.live);
  else if (message.event) addEvent(message);
  else if (message.health) {
    store.health = message.health;
    emit("health", message.health);
  } else if (message.state) {
    store.state = message.state;
    if (message.events) {
      store.client = message.client;
      store.events = [];
      emit("hello", message.state);
      message.events.forEach(addEvent);
    }
    emit("state", message.state);
  }
  if (!message.live && !message.event) {
    for (const kind of ["stroke", "record", "teach", "near_miss", "review"]) {
      if (kind in message) {
        store[kind] = message[kind];
        emit(kind, message[kind]);
      }
    }
  }
}

function addEvent(event) {
  store.events.push(event);
  if (store.events.length > MAX_EVENTS) store.events.shift();
  emit("event", event);
}

function tellVisibility() {
  if (socket?.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ visible: document.visibilityState === "visible" }));
  }
}
document.addEventListener("visibilitychange", tellVisibility);

async function request(method, path, body) {
  const options = { method, headers: {} };
  if (method !== "GET") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    toast(t("noAnswer"));
    throw new Error("no answer");
  }
  const values = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    toast(values.error ?? answer.statusText);
    throw new Error(values.error ?? answer.statusText);
  }
  return values;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
