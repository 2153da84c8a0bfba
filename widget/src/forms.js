// Carries visitor and token from the page to the checkout: fills the inputs that the shop's forms
// have for them, also those a theme adds later, before they are needed.

import { token, visitor } from "./memory.js";

export function fill() {
  for (const input of document.querySelectorAll("[name=alongside_visitor]")) {
    input.value = visitor() || "";
  }
  for (const input of document.querySelectorAll("[name=alongside_token]")) {
    input.value = token(input.dataset.product) || "";
  }
}

document.addEventListener("focusin", fill);
document.addEventListener("submit", fill, true); // before the shop's own listeners
