// The table of contents of shelf-more.js: what pressing a shelf's buttons does, and what few shelves
// need. Each function gets the press: its event, the item, the shelf with its answer, and the tools
// of shelf.js.

import { bundle } from "./bundle.js";
import { buy } from "./cart.js";
import { count } from "./count.js";
import { dismiss } from "./dismiss.js";
import { explain } from "./sheet.js";

window.alongside.more = { bundle, buy, count, dismiss, explain };
