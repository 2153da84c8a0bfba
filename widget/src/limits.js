// The numbers that were chosen, each with its reason.

/** A second of ordinary scrolling: time to ask and to draw before the shopper is there. */
export const NEAR_PX = 800;

/**
 * How far below the screen a place must start to be given back: two notches of a mouse wheel, so
 * that it is not scrolled into sight in the very frame in which it goes.
 */
export const BELOW_PX = 200;

/** A shelf that comes later than this is of no use to the shopper. */
export const PATIENCE_MS = 4000;

/** How long half a shelf must be in sight to count as seen: what ad measurement takes, too. */
export const LOOK_MS = 1000;

/** Events wait this long for company, so that a page makes few requests. */
export const GATHER_MS = 1000;

/** Events in one message, which is what the server takes, and the rest where it asks for one. */
export const MOST_EVENTS = 50;
export const REST_MS = 10_000;

/** Products on a shelf before ours, for what to ask in spare; and what one answer holds at most. */
export const USUAL = 8;
export const MOST = 24;
export const CART = 50;
export const RECENT = 20;

/** From page to checkout: people who buy after a click mostly do within a week. */
export const TOKEN_MS = 604_800_000;

/**
 * Being ignored, in points: each sight of the leading products (those in view on most screens
 * without turning) adds ten, each product page looked at takes one off, and above a hundred a
 * product gives its place to another. "Not for me" is more than can ever be taken off.
 */
export const LEADING = 4;
export const SIGHT = 10;
export const ENOUGH = 100;
export const NEVER = 1e9;
