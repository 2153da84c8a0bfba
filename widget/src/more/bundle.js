// "Often bought together" as one purchase: under the products one button that puts all of them into
// the cart, with what they cost together. Products with options to choose are left to their pages;
// the page's own product takes part where the page tells its `variant` and `price`.

import { price } from "../money.js";
import css from "./bundle.css";
import { buyAll } from "./cart.js";
import { make, wear } from "./make.js";
import { words } from "./words.js";

wear(css);

/** Draws the button, or draws it anew for the products that are left. */
export function bundle(press) {
  const { shelf, items } = press;
  const old = shelf.querySelector(".shelf-bundle");
  if (old) old.remove();
  const ready = items.filter((item) => item.variant);
  const own = [shelf.get("variant")].filter(Boolean);
  if (own.length + ready.length < 2 || !ready.length) return;
  const text = words(shelf)[own.length ? "own" : "all"].replace("{}", ready.length);
  const names = ready.map((item) => item.title).join(", ");
  const button = make("button", { type: "button", className: "shelf-all shelf-buy button" }, text);
  button.setAttribute("aria-label", `${text}: ${names}`);
  button.onclick = (event) => buyAll({ ...press, event }, ready, own);
  const line = make("div", { className: "shelf-bundle" }, button, sum(shelf, ready, own));
  shelf.insertBefore(line, shelf.querySelector(".shelf-foot"));
}

/** What it costs together; empty where one price is not told. */
function sum(shelf, ready, own) {
  const parts = ready.map((item) => item.price_minor);
  if (own.length) parts.push(Number(shelf.get("price") || Number.NaN));
  const total = parts.every(Number.isInteger) ? parts.reduce((a, b) => a + b) : null;
  const text = price(total, ready[0], shelf.locale);
  return make("strong", { className: "shelf-sum" }, text);
}
