// The product whose page this is: noted once per page load, as soon as consent allows.

import { silent } from "./consent.js";
import { look } from "./memory.js";
import { said } from "./page.js";
import { tell } from "./tell.js";

let { product } = said;
let noted;

/** Called when a shelf names its product, and at every change of consent. */
export function visit(named) {
  product = product || named;
  if (noted || !product || silent()) return;
  noted = true;
  look(product);
  tell("product_view", {}, product);
}
