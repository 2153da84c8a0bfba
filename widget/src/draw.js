// What a shelf looks like and does: a heading, a list of products and buttons, as plain markup in
// the page. What a press of a button needs, or a bundle, is in shelf-more.js.

import { web } from "./ask.js";
import { silent } from "./consent.js";
import { LEADING, SIGHT } from "./limits.js";
import { button, make } from "./make.js";
import { choose, ignore } from "./memory.js";
import { price } from "./money.js";
import { more } from "./more.js";
import { whenSeen } from "./sight.js";
import { send, tell } from "./tell.js";
import { texts } from "./texts.js";
import { turner } from "./turn.js";

/** Fills the shelf. `asked` is the query it came from, with the token of the answer. */
export function draw(shelf, items, asked, called) {
  const title = shelf.get("heading") || called;
  const announce = (name, some) =>
    shelf.dispatchEvent(
      new CustomEvent(`shelf:${name}`, {
        bubbles: true,
        detail: { placement: asked.placement, title, items: some },
      }),
    );
  const clicked = (item) => {
    choose(item.id, asked.token);
    tell("click", asked, item.id);
    send();
    announce("click", [item]);
  };
  const press = (act, item) => (event) =>
    more(act, { event, item, shelf, title, items, asked, announce });
  const cells = items.map((item) => card(item, shelf.locale, clicked, press));
  const list = make("ul", "list", { role: "list" }, ...cells); // Safari forgets it without bullets
  const head = make("div", "head", {}, make("h2", "title", {}, title));
  shelf.classList.add("shelf");
  shelf.role = "region";
  shelf.ariaLabel = title;
  shelf.replaceChildren(
    head,
    list,
    make("div", "foot", {}, button("why", texts.why, texts.why, press("explain"))),
  );
  if (list.scrollWidth > list.clientWidth) head.append(...turner(list));
  if (asked.placement === "bought_together") press("bundle")();
  whenSeen(shelf, () => {
    tell("view", asked, shelf.products);
    for (const id of ignore(shelf.products.slice(0, LEADING), SIGHT)) tell("ignore", asked, id);
    announce("view", items);
    if (window.dataLayer && !silent()) press("count")();
  });
}

function card(item, locale, clicked, press) {
  const { title, variant, reason = "" } = item;
  const link = (name, label, ...children) => {
    const made = make("a", name, { href: item.url, "aria-label": label }, ...children);
    made.onclick = made.onauxclick = ({ button }) => {
      if (button < 2) clicked(item); // 1: in a new tab
    };
    return made;
  };
  const label = (text) => `${text}: ${title}`;
  return make(
    "li",
    "item",
    {},
    link("link", undefined, picture(item), make("span", "name", {}, title)),
    cost(item, locale),
    make("span", "reason", {}, reason),
    variant
      ? button("buy button", label(texts.add), texts.add, press("buy", item))
      : link("buy button", label(texts.options), texts.options),
    button("dismiss", label(texts.dismiss), "×", press("dismiss", item)),
  );
}

function picture({ image, width, height, srcset }) {
  const frame = make("span", "picture");
  const src = web(image);
  if (src) {
    // Without words of its own, for the link has the product's name; a broken one shows nothing.
    // Its address comes last: by then the browser knows how it is to be loaded.
    const how = { alt: "", loading: "lazy", width, height, srcset, sizes: "12em", src };
    frame.append(make("img", "image", how));
  }
  return frame;
}

function cost(item, locale) {
  const was = item.compare_at_minor;
  const now = price(item.price_minor, item, locale);
  const line = make("span", "price", {}, item.from && now ? texts.from.replace("{}", now) : now);
  if (was > item.price_minor) {
    line.append(" ", make("del", "was", {}, price(was, item, locale)));
  }
  return line;
}
