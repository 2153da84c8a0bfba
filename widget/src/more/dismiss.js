// "Not for me": takes a product off the shelf, for good where we may remember it.

import { NEVER } from "../limits.js";
import { bundle } from "./bundle.js";
import { say } from "./status.js";
import { words } from "./words.js";

export function dismiss(press) {
  const { event, item, items, shelf, asked, ignore, tell, send } = press;
  const cell = event.target.closest("li");
  const next = cell.nextElementSibling || cell.previousElementSibling;
  ignore([item.id], NEVER);
  tell("dismiss", asked, item.id);
  send();
  (next || shelf).querySelector("button").focus(); // the keyboard keeps its place
  cell.remove();
  items.splice(items.indexOf(item), 1);
  if (shelf.querySelector(".shelf-bundle")) bundle(press);
  say(shelf, `${words(shelf).dismissed}: ${item.title}`);
}
