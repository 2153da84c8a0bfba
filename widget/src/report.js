// Tells the page itself what happened: DOM events that bubble, and GA4's two list events.

import { consent } from "./consent.js";
import { amount } from "./money.js";

const GA4 = { view: "view_item_list", click: "select_item" };

/** Dispatches `shelf:view`, `shelf:click`, `shelf:cart`; `first` is the place of items[0]. */
export function report(type, shelf, title, items, first = 0) {
  const placement = shelf.get("placement");
  const detail = { placement, title, items };
  shelf.dispatchEvent(new CustomEvent(`shelf:${type}`, { bubbles: true, detail }));
  const { dataLayer } = window;
  if (!GA4[type] || !dataLayer || consent() === "none") return;
  dataLayer.push(
    { ecommerce: null }, // else tag managers merge it with the previous list
    {
      event: GA4[type],
      ecommerce: {
        item_list_id: placement,
        item_list_name: title,
        items: items.map((item, index) => ({
          item_id: item.id,
          item_name: item.title,
          index: first + index,
          price: amount(item.price_minor, item.currency),
        })),
      },
    },
  );
}
