// The sheet "Why am I seeing this?": what this shelf went by, what this browser keeps, and the
// two things a shopper may want then: to switch it off with everything erased, or on again.

import { ENOUGH } from "../limits.js";
import { make, wear } from "./make.js";
import { purchases } from "./purchases.js";
import css from "./sheet.css";
import { words } from "./words.js";

const OFF = "alongside.off"; // the shopper's "no", which consent.js looks for

wear(css);

export function explain(press) {
  const { event, shelf, asked } = press;
  const say = words(shelf);
  const opener = event.target;
  const sheet = make("dialog", { className: "shelf-sheet", dir: "auto" });
  const draw = () => {
    const isOff = read(localStorage, OFF);
    const title = make("h2", { id: "shelf-sheet-title" }, say.why);
    const change = make("button", {}, isOff ? say.on : say.off);
    change.onclick = () => {
      switchOff(!isOff);
      draw();
      sheet.querySelector("button").focus();
    };
    const close = make("button", {}, say.close);
    close.onclick = () => sheet.close();
    sheet.replaceChildren(
      title,
      ...(isOff
        ? [make("p", {}, say.isOff)]
        : [
            make("p", {}, say.about),
            list(used(asked, say)),
            make("p", {}, say.kept),
            list(kept(say)),
          ]),
      make("p", { className: "shelf-sheet-acts" }, change, close),
    );
  };
  draw();
  sheet.setAttribute("aria-labelledby", "shelf-sheet-title");
  sheet.onclick = ({ target }) => target === sheet && sheet.close(); // a click beside it
  sheet.onclose = () => {
    sheet.remove();
    opener.focus();
  };
  document.body.append(sheet);
  sheet.showModal();
  // If they cannot be had, more.js hears of it, and the rest is as good without.
  return asked.customer && purchases(sheet, press);
}

/** What the shelf went by, from what was asked for it. */
function used(query, say) {
  const { product, recent, cart, customer } = query;
  return [
    say.orders,
    product && say.product,
    recent && count(say.recent, recent.split(",")),
    cart && say.cart,
    customer && say.customer,
  ].filter(Boolean);
}

/** What is kept in this browser, read from its storage and not from hearsay. */
function kept(say) {
  const entry = read(localStorage, "alongside") || read(sessionStorage, "alongside") || {};
  const { visitor, recent = [], ignored = {}, clicked = {} } = entry;
  const unwanted = Object.keys(ignored).filter((id) => ignored[id] > ENOUGH);
  const lines = [
    visitor && say.visitor.replace("{}", visitor),
    recent.length && count(say.recent, recent),
    unwanted.length && count(say.unwanted, unwanted),
    Object.keys(ignored).length && count(say.sights, Object.keys(ignored)),
    Object.keys(clicked).length && count(say.clicked, Object.keys(clicked)),
  ].filter(Boolean);
  return lines.length ? lines : [say.nothing];
}

const count = (text, ids) => text.replace("{}", ids.length);

/** Settling consent anew erases storage and tells the server: see consent.js. */
function switchOff(off) {
  if (off) localStorage.setItem(OFF, "1");
  else localStorage.removeItem(OFF);
  window.alongside.consent();
}

function read(storage, name) {
  try {
    return JSON.parse(storage.getItem(name));
  } catch {
    return null;
  }
}

const list = (lines) => make("ul", {}, ...lines.map((line) => make("li", {}, line)));
