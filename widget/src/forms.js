// Carries visitor and token from the page to the checkout: fills the inputs that the shop's forms
// have for them, also those a theme adds later, before they are needed.

import { token, visitor } from "./memory.js";

export function fill() {
  const values = { alongside_visitor: visitor, alongside_token: token };
  for (const name in values) {
    for (const input of document.getElementsByName(name)) {
      input.value = values[name](input.dataset.product) || "";
    }
  }
}

document.addEventListener("submit", fill, true); // before the shop's own listeners
