// Asks the application what a shelf shows. The answer comes in the right shape or not at all:
// a shop's page must not break, nor complain, because we are down.

import { PATIENCE_MS } from "./limits.js";
import { address } from "./page.js";

let down = false; // one failed request is enough for this page

/** The answer to a shelf request with the items that can be shown, or undefined. */
export async function ask(query) {
  if (down) return;
  const asked = Object.entries(query).filter((pair) => pair[1]);
  try {
    const reply = await fetch(`${address}/shelf?${new URLSearchParams(asked)}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await reply.json();
    answer.items = answer.items.filter((item) => item.id && item.title && web(item.url));
    return answer;
  } catch {
    down = true; // not there, too late, or not in the shape of an answer
    dispatchEvent(new Event("shelf:down")); // the page may have something else for the places
  }
}

/** An address as a full URL if a browser may safely follow it, else undefined. */
export function web(address) {
  try {
    const { href } = new URL(address, document.baseURI);
    if (address && /^https?:/.test(href)) return href;
  } catch {}
}
