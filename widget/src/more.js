// Fetches shelf-more.js when the shopper first presses a button that needs it.

import { choose, ignore } from "./memory.js";
import { script } from "./page.js";
import { post, send, tell } from "./tell.js";

let loading;

/** Runs one of its functions; if it cannot be had, the product's own page has to do. */
export async function more(act, press) {
  try {
    loading = loading || load();
    await loading;
    await window.alongside.more[act]({ ...press, choose, ignore, post, send, tell });
  } catch {
    loading = null;
    if (act === "buy") location.assign(press.item.url);
  }
}

const load = () =>
  new Promise((onload, onerror) => {
    const src = new URL("shelf-more.js", script.src);
    const how = { src, nonce: script.nonce, onload, onerror };
    document.head.append(Object.assign(document.createElement("script"), how));
  });
