// "Not for me": takes a product off the shelf, for good where we may remember it.

import { NEVER } from "../limits.js";
import { say } from "./status.js";
import { words } from "./words.js";

export function dismiss({ event, item, shelf, asked, ignore, tell, send }) {
  const cell = event.target.closest("li");
  const next = cell.nextElementSibling || cell.previousElementSibling;
  ignore([item.id], NEVER);
  tell("dismiss", asked, item.id);
  send();
  (next || shelf).querySelector("button").focus(); // the keyboard keeps its place
  cell.remove();
  say(shelf, `${words(shelf).dismissed}: ${item.title}`);
}
