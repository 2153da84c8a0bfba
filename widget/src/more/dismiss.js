// "Not for me": takes a product off the shelf, for good where we may remember it.

import { announce } from "./status.js";
import { words } from "./words.js";

export function dismiss({ event, item, shelf, asked, refuse, tell, send }) {
  const cell = event.target.closest("li");
  const next = cell.nextElementSibling || cell.previousElementSibling;
  refuse(item.id);
  tell("dismiss", item.id, asked);
  send();
  (next || shelf).querySelector("button").focus(); // the keyboard keeps its place
  cell.remove();
  announce(shelf, `${words(shelf).dismissed}: ${item.title}`);
}
