// The element <product-shelf>: waits until it is near the screen, asks, and shows what comes, or
// leaves the page as it was. What a shelf looks like is draw.js; where it may move, sight.js.

import { ask } from "./ask.js";
import { silent } from "./consent.js";
import { draw } from "./draw.js";
import { CART, MOST, USUAL } from "./limits.js";
import { recent, unwanted, visitor } from "./memory.js";
import { root, said } from "./page.js";
import { isBelow, whenBelow, whenNear } from "./sight.js";
import { send, tell } from "./tell.js";
import { visit } from "./visit.js";

// Shelves fill in the order in which they came near, not in that of the answers: which products a
// shelf may still show is no race.
let turn;
let near; // made with the first shelf: not while the page still waits for the script

let promised = 0; // how many products the shelves that asked before may show

export class ProductShelf extends HTMLElement {
  connectedCallback() {
    visit(this.get("product"));
    if (this.products) return; // a theme moved us
    this.products = []; // ids on this shelf: no other of the page shows them again
    near = near || whenNear((shelf) => (turn = shelf.fill(turn)));
    near.observe(this);
  }

  get(name) {
    return this.getAttribute(name) || "";
  }

  get locale() {
    return this.get("locale") || root.lang || "en";
  }

  async fill(before) {
    const asked = this.query();
    const answer = await ask(asked);
    await before;
    // A list that the theme put here stays if it may already be seen.
    if (this.firstElementChild && !isBelow(this)) return;
    if (answer && this.isConnected) {
      asked.token = answer.token;
      if (answer.experiment) {
        // In both arms, and before anything is drawn.
        tell(answer.eligible ? "exposure" : "empty", asked);
        send();
      }
      const items = this.choose(answer);
      this.products = items.map((item) => item.id);
      // The merchant's choice for this placement: another height, so only where nobody sees it.
      if (answer.layout && isBelow(this)) this.setAttribute("layout", answer.layout);
      if (items.length) return draw(this, items, asked, answer.title);
    }
    // A place kept for nothing is given back unseen.
    whenBelow(this, () => {
      if (!this.firstElementChild) this.style.display = "none";
    });
  }

  /** What the server is asked. Without consent, nothing but the page's own product. */
  query() {
    const limit = Math.min(this.get("limit"), MOST); // not named: the merchant's count
    const query = {
      locale: this.locale,
      limit,
      // For those that may be on the shelves that asked before this one, or are not wanted.
      spare: Math.min(promised + unwanted().length, MOST),
      recent: recent().join(),
      cart: !silent() && (this.get("cart") || said.cart || "").split(",", CART).join(),
      visitor: visitor(),
      customer: visitor() && said.customer,
    };
    for (const name of ["placement", "product", "category", "currency"])
      query[name] = this.get(name);
    promised += limit || USUAL;
    return query;
  }

  /** The items to show: not the page's own, not refused, not on another shelf of this page. */
  choose({ items, limit }) {
    const taken = [this.get("product"), ...unwanted()];
    for (const shelf of document.querySelectorAll("product-shelf")) taken.push(...shelf.products);
    return items.filter(({ id }) => !taken.includes(id)).slice(0, limit);
  }
}
