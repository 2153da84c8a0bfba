// What a shelf looks like and does: a heading, a list of products and buttons, as plain markup in
// the page. What only a press of a button needs is in shelf-more.js.

import { web } from "./ask.js";
import { button, make } from "./make.js";
import { choose, see } from "./memory.js";
import { price } from "./money.js";
import { more } from "./more.js";
import { report } from "./report.js";
import { whenSeen } from "./sight.js";
import { send, tell } from "./tell.js";
import { texts } from "./texts.js";
import { turner } from "./turn.js";

const LEADING = 4; // what is in sight on most screens without turning

/** Fills the shelf. `asked` has the answer's token and the visitor it was asked with. */
export function draw(shelf, answer, items, asked, query) {
  const title = shelf.get("heading") || answer.title;
  const clicked = (item) => {
    choose(item.id, asked.token);
    tell("click", item.id, asked);
    send();
    report("click", shelf, title, [item], items.indexOf(item));
  };
  const press = (act, item) => (event) => more(act, { event, item, shelf, answer, asked, query });
  const cells = items.map((item) => card(item, shelf.locale, clicked, press));
  const list = make("ul", "list", { role: "list" }, ...cells); // Safari forgets it without bullets
  const turn = shelf.get("layout") === "grid" ? [] : turner(list);
  shelf.classList.add("shelf");
  shelf.setAttribute("role", "region");
  shelf.setAttribute("aria-label", title);
  shelf.replaceChildren(
    make("div", "head", {}, make("h2", "title", {}, title), ...turn),
    list,
    make("div", "foot", {}, button("why", texts.why, texts.why, press("explain"))),
  );
  whenSeen(shelf, () => {
    tell("view", null, asked);
    see(shelf.products.slice(0, LEADING));
    report("view", shelf, title, items);
  });
}

function card(item, locale, clicked, press) {
  const { title, variant, reason = "" } = item;
  const href = web(item.url);
  const link = (name, label, ...children) => {
    const made = make("a", name, { href, "aria-label": label }, ...children);
    made.onclick = made.onauxclick = ({ button }) => button < 2 && clicked(item); // 1: a new tab
    return made;
  };
  const label = (text) => `${text}: ${title}`;
  return make(
    "li",
    "item",
    {},
    link("link", undefined, picture(item.image), make("span", "name", {}, title)),
    cost(item, locale),
    make("span", "reason", {}, reason),
    variant
      ? button("buy button", label(texts.add), texts.add, press("buy", item))
      : link("buy button", label(texts.options), texts.options),
    button("dismiss", label(texts.dismiss), "×", press("dismiss", item)),
  );
}

function picture(image) {
  const { url = image, width, height, srcset } = image || {};
  const frame = make("span", "picture");
  if (web(url)) {
    const size = { width, height, srcset, sizes: "12em" };
    // Without words of its own, for the link has the product's name; a broken one shows nothing.
    frame.append(make("img", "image", { alt: "", loading: "lazy", ...size, src: web(url) }));
  }
  return frame;
}

function cost({ price_minor, compare_at_minor, currency, from }, locale) {
  const now = price(price_minor, currency, locale);
  const line = make("span", "price", {}, from && now ? texts.from.replace("{}", now) : now);
  if (compare_at_minor > price_minor) {
    line.append(" ", make("del", "was", {}, price(compare_at_minor, currency, locale)));
  }
  return line;
}
