// The table of contents of shop.js: what a Shopify theme needs beside shelf.js. Runs after it.

import { carry } from "./attribute.js";
import { follow } from "./consent.js";
import { instead } from "./instead.js";

const { alongside, Shopify = {} } = window;

// Without alongside this browser gets no shelves: nothing to do. In the editor nothing is kept.
if (alongside) {
  addEventListener("shelf:down", instead);
  if (!Shopify.designMode) {
    const after = carry(alongside);
    follow(alongside, Shopify, after);
  }
}
