// What this browser remembers for us, and where: nowhere without consent, in sessionStorage for a
// session, in localStorage with full consent. One entry holds all of it, so that erasing is sure.

import { ENOUGH, RECENT, TOKEN_MS } from "./limits.js";
import { parse } from "./parse.js";

const ENTRY = "alongside";

let place; // the storage that consent allows, if any

const recall = () => ({
  recent: [],
  ignored: {},
  clicked: {},
  ...parse(place?.getItem(ENTRY)),
});

function keep(change) {
  try {
    place.setItem(ENTRY, JSON.stringify({ ...recall(), ...change }));
  } catch {} // no consent, or no room left
}

/**
 * Moves to another state of consent. Going up takes along what is known; going down erases, and
 * gives the visitor id that is no longer allowed, so that the server can be told to forget it.
 */
export function enter(state) {
  const known = {};
  place = undefined;
  try {
    const places = { session: sessionStorage, full: localStorage };
    place = places[state];
    for (const name in places) {
      Object.assign(known, parse(places[name].getItem(ENTRY)));
      if (name !== state) places[name].removeItem(ENTRY);
    }
  } catch {} // the browser forbids storage
  if (state !== "full") return known.visitor;
  keep({ visitor: random(), ...known });
}

/** 128 random bits as 32 hex digits. */
export const random = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/** The visitor id: only with full consent, and if the browser could keep it; else null. */
export const visitor = () => recall().visitor || null;

/** The products looked at, the newest first. */
export const recent = () => recall().recent;

export function look(product) {
  const { ignored } = recall();
  for (const id in ignored) if (--ignored[id] < 1) delete ignored[id];
  keep({ ignored, recent: [product, ...recent().filter((id) => id !== product)].slice(0, RECENT) });
}

/**
 * These products were seen without a click, or refused: see limits.js for the points. Gives those
 * that have enough.
 */
export function ignore(products, points) {
  const { ignored } = recall();
  for (const id of products) ignored[id] = (ignored[id] || 0) + points;
  keep({ ignored });
  return products.filter((id) => ignored[id] > ENOUGH);
}

/** Products that are not to be shown. */
export const unwanted = () => ignore(Object.keys(recall().ignored), 0);

/** A product was clicked or added: with full consent, its token is kept for the checkout. */
export function choose(product, token) {
  const { ignored, clicked } = recall();
  delete ignored[product];
  for (const id in clicked) if (stale(clicked[id])) delete clicked[id];
  if (visitor()) clicked[product] = { token, at: Date.now() };
  keep({ ignored, clicked });
}

const stale = ({ at }) => Date.now() - at > TOKEN_MS;

/** The token of the last click on a product, for 7 days; else null. */
export function token(product) {
  const click = recall().clicked[product];
  return click && !stale(click) ? click.token : null;
}
