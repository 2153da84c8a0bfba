// What the page says about itself, in the attributes of our script tag. Read once, at start.

/** The page's own element: its language is the shelf's. */
export const root = document.documentElement;

// Found by its key: optimisers merge and rename scripts. Without one, nothing is said.
export const script = document.querySelector("script[data-key]") || root;

/** The attributes: key, api, consent, product, cart, customer, texts. */
export const said = script.dataset;

/** What the page left for us before we were loaded: `consent`, `texts`. */
export const preset = window.alongside || {};

export const address = `${said.api || new URL(script.src || location).origin}/v1/${said.key}`;
