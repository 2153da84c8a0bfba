// Puts products into the shop's own cart: Shopify's where the page has its object, else
// WooCommerce's. Then the shop's scripts are told in their own way, so that its cart shows them.

import { say } from "./status.js";
import { words } from "./words.js";

/** One product of the shelf. If the cart refuses it, more.js leads to the product's own page. */
export const buy = (press) =>
  once(press.event, async () => {
    await put([press.item.variant]);
    done(press, [press.item]);
  });

/** Several at once; `own` are variants that are not of the shelf: that of the page's product. */
export const buyAll = (press, items, own) =>
  once(press.event, async () => {
    try {
      await put([...own, ...items.map((item) => item.variant)]);
      done(press, items);
    } catch {
      say(press.shelf, words(press.shelf).refused);
    }
  });

/** Runs `act` unless the button is at it already: people press twice. */
async function once({ currentTarget, target }, act) {
  const button = currentTarget || target.closest("button");
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  try {
    await act();
  } finally {
    button.ariaBusy = null;
  }
}

function done({ shelf, asked, announce, choose, tell, send }, items) {
  for (const { id } of items) {
    choose(id, asked.token);
    tell("cart", asked, id);
  }
  send();
  say(shelf, `${words(shelf).added}: ${items.map((item) => item.title).join(", ")}`);
  announce("add", items);
}

const put = (variants) => (window.Shopify ? shopify(variants) : woocommerce(variants));

/** All or nothing. */
async function shopify(variants) {
  const { root = "/" } = window.Shopify.routes || {};
  const response = await fetch(`${root}cart/add.js`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ items: variants.map((id) => ({ id, quantity: 1 })) }),
  });
  if (!response.ok) throw new Error("the cart refused");
}

/** One after the other: it takes one product at a time, and of two at once it would lose one. */
async function woocommerce(variants) {
  const { wc_add_to_cart_params: shop = {}, jQuery } = window;
  const url = shop.wc_ajax_url || "/?wc-ajax=%%endpoint%%"; // a shop in a folder has its own
  const taken = [];
  for (const product_id of variants) {
    const response = await fetch(url.replace("%%endpoint%%", "add_to_cart"), {
      method: "POST",
      body: new URLSearchParams({ product_id, quantity: 1 }),
    });
    const answer = await response.json();
    if (!answer.error) taken.push(answer);
  }
  const last = taken[taken.length - 1];
  if (last && jQuery) {
    // No button is named, for the shop would put a link behind it: the shelf has no place for one.
    const { fragments, cart_hash } = last;
    jQuery(document.body).trigger("added_to_cart", [fragments, cart_hash, jQuery()]);
  } else if (last) {
    document.body.dispatchEvent(new CustomEvent("wc-blocks_added_to_cart", { bubbles: true }));
  }
  if (taken.length < variants.length) throw new Error("the cart refused");
}
