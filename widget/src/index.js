// The table of contents of shelf.js: what happens when the script runs, in order.

import { decide, follow } from "./consent.js";
import { fill } from "./forms.js";
import { enter, token, visitor } from "./memory.js";
import { preset, said } from "./page.js";
import { ProductShelf } from "./product_shelf.js";
import css from "./shelf.css";
import { post, waiting } from "./tell.js";
import { visit } from "./visit.js";

// Browsers that do not know nested styles (from before autumn 2023) keep the page as it is.
if (CSS.supports("selector(&)") && said.key && !preset.visitor) {
  // A constructed sheet passes a strict Content Security Policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
  window.alongside = { ...preset, consent: decide, visitor, token };
  follow((state) => {
    const withdrawn = enter(state);
    if (withdrawn) forget(withdrawn);
    fill();
    visit();
  });
  // In a task of its own: a slow telephone must not be kept busy with all of this at once.
  setTimeout(() => customElements.define("product-shelf", ProductShelf));
}

/** Sends nothing more of a visitor, and asks the server to erase what it holds. */
function forget(visitor) {
  waiting.splice(0);
  post("/me", { method: "DELETE", headers: { "Alongside-Visitor": visitor } });
}
