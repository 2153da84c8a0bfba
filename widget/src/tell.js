// Tells the application what happened to a shelf (docs/events.md), in small batches that survive
// the page. Never holds a click, never needs more than a simple request, never complains.

import { consent } from "./consent.js";
import { random, visitor } from "./memory.js";
import { address } from "./page.js";

const GATHER_MS = 1000;

let waiting = [];
let timer;

/** Notes one event. `asked` has the answer's token and the visitor id it was asked with. */
export function tell(type, item = null, asked = { token: null }) {
  // A token belongs to the visitor it was made for: after a withdrawal nothing is said of it.
  if (asked.visitor && asked.visitor !== visitor()) return;
  // A version 4 UUID; crypto.randomUUID is missing on pages without https.
  const id = random().replace(/(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-a$4-");
  waiting.push({ id, type, token: asked.token, item, at: new Date().toISOString() });
  clearTimeout(timer);
  timer = setTimeout(send, GATHER_MS);
}

/** Sends what is waiting: at once before a page may go away. */
export function send() {
  const events = drop();
  if (!events.length || consent() === "none") return;
  const url = `${address}/shelf/events`;
  const body = JSON.stringify({ visitor: visitor(), events }); // as text: no preflight
  // The ids make a second delivery harmless.
  fetch(url, { method: "POST", body, keepalive: true, credentials: "omit" }).catch(() =>
    navigator.sendBeacon(url, body),
  );
}

/** Forgets what is waiting, and gives it. */
export function drop() {
  const events = waiting;
  waiting = [];
  return events;
}

document.addEventListener("visibilitychange", send);
