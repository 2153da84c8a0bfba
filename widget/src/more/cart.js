// Puts a product into the shop's own cart: Shopify's where the page has its object, else
// WooCommerce's. Then the shop's scripts are told in their own way, so that its cart shows it.

import { say } from "./status.js";
import { words } from "./words.js";

export async function buy({ event, item, shelf, asked, announce, choose, tell, send }) {
  const button = event.currentTarget || event.target.closest("button");
  if (button.ariaBusy) return; // pressed twice
  button.ariaBusy = "true";
  try {
    await (window.Shopify ? shopify(item) : woocommerce(item, button));
  } finally {
    button.ariaBusy = null;
  }
  choose(item.id, asked.token);
  tell("cart", asked, item.id);
  send();
  say(shelf, `${words(shelf).added}: ${item.title}`);
  announce("add", [item]);
}

async function shopify(item) {
  const { root = "/" } = window.Shopify.routes || {};
  const response = await fetch(`${root}cart/add.js`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ items: [{ id: item.variant, quantity: 1 }] }),
  });
  if (!response.ok) throw new Error("the cart refused");
}

async function woocommerce(item, button) {
  const { wc_add_to_cart_params: shop = {}, jQuery } = window;
  const url = shop.wc_ajax_url || "/?wc-ajax=%%endpoint%%"; // a shop in a folder has its own
  const response = await fetch(url.replace("%%endpoint%%", "add_to_cart"), {
    method: "POST",
    body: new URLSearchParams({ product_id: item.variant, quantity: 1 }),
  });
  const answer = await response.json();
  if (answer.error) throw new Error("the cart refused");
  if (jQuery) {
    const { fragments, cart_hash } = answer;
    jQuery(document.body).trigger("added_to_cart", [fragments, cart_hash, jQuery(button)]);
  } else {
    document.body.dispatchEvent(new CustomEvent("wc-blocks_added_to_cart", { bubbles: true }));
  }
}
