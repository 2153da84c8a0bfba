// Tells the application what happened to a shelf (docs/events.md), in small batches that survive
// the page. Never holds a click, never needs more than a simple request, never complains.

import { silent } from "./consent.js";
import { GATHER_MS, MOST_EVENTS, REST_MS } from "./limits.js";
import { random, visitor } from "./memory.js";
import { address } from "./page.js";

export const waiting = [];

/**
 * Notes one event. `asked` has a shelf's token and the visitor id it was asked with; `item` is a
 * product, or the products in sight.
 */
export function tell(type, asked, item) {
  // A token belongs to the visitor it was made for: after a withdrawal nothing is said of it.
  if (silent() || (asked.visitor && asked.visitor !== visitor())) return;
  const at = Date.now();
  waiting.push({
    // Begun with the instant: a page's events then lie side by side where the server keeps ids.
    id: (at.toString(16) + random()).slice(0, 32),
    type,
    token: asked.token,
    item,
    at,
  });
  setTimeout(send, GATHER_MS);
}

let resting;

/** Sends what is waiting: at once before a page may go away. A server that is busy gets it later. */
export async function send() {
  if (resting || !waiting.length || silent()) return;
  const events = waiting.splice(0, MOST_EVENTS);
  const body = JSON.stringify({ visitor: visitor(), events }); // as text: no preflight
  const reply = await post("/shelf/events", { method: "POST", body });
  if (reply.status !== 429) return;
  waiting.unshift(...events);
  resting = setTimeout(
    () => {
      resting = 0;
      send();
    },
    reply.headers.get("retry-after") * 1000 || REST_MS,
  );
}

/** A request that outlives its page, and whose failure nobody hears of: then the answer is empty. */
export const post = (path, how) =>
  fetch(address + path, { keepalive: true, credentials: "omit", ...how }).catch(() => ({}));

document.addEventListener("visibilitychange", send);
