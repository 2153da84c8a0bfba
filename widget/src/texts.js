// The few words a shelf says itself. Titles and reasons come from the server, in the shop's words;
// other languages come with the page (`data-texts`), where the shop's translations are.

import { preset, said } from "./page.js";
import { parse } from "./parse.js";

export const texts = {
  previous: "Previous",
  next: "Next",
  add: "Add to cart",
  options: "Choose options",
  dismiss: "Not for me",
  why: "Why am I seeing this?",
  from: "from {}",
  ...parse(said.texts),
  ...preset.texts,
};
