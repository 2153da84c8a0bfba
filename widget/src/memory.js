// What this browser remembers for us, and where: nowhere without consent, in sessionStorage for a
// session, in localStorage with full consent. One entry holds all of it, so that erasing is sure.

import { parse } from "./page.js";

const ENTRY = "alongside";
const RECENT = 20; // what the shelf address takes
const REFUSED = 200; // a few kilobytes at most
const IGNORED = 10; // seen this often without a click, a product rests ...
const SIGHTS = 300; // ... until this many newer sights have pushed the old ones out
const WEEK_MS = 7 * 86_400_000;

let place; // the storage that consent allows, if any

const recall = () => ({
  recent: [],
  refused: [],
  sights: [],
  clicked: {},
  ...parse(place && place.getItem(ENTRY)),
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
export function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The visitor id: only with full consent, and if the browser could keep it; else null. */
export const visitor = () => recall().visitor || null;

/** The products looked at, the newest first. */
export const recent = () => recall().recent;

export function look(product) {
  keep({ recent: [product, ...recent().filter((id) => id !== product)].slice(0, RECENT) });
}

/** Products not to be shown: "not for me", and those resting after being ignored. */
export function unwanted() {
  const { refused, sights } = recall();
  return refused.concat(
    sights.filter((id, i) => sights.slice(0, i).filter((it) => it === id).length === IGNORED - 1),
  );
}

/** These products were on screen. */
export function see(products) {
  keep({ sights: recall().sights.concat(products).slice(-SIGHTS) });
}

/** "Not for me". */
export function refuse(product) {
  keep({ refused: [product, ...recall().refused].slice(0, REFUSED) });
}

/** A product was clicked or added: with full consent, its token is kept for the checkout. */
export function choose(product, token) {
  const { sights, clicked } = recall();
  for (const id in clicked) if (stale(clicked[id])) delete clicked[id];
  if (visitor()) clicked[product] = { token, at: Date.now() };
  keep({ clicked, sights: sights.filter((id) => id !== product) });
}

const stale = ({ at }) => Date.now() - at > WEEK_MS;

/** The token of the last click on a product, for 7 days; else null. */
export function token(product) {
  const click = recall().clicked[product];
  return click && !stale(click) ? click.token : null;
}
