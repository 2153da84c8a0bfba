// What may this page remember and tell: nothing ("none"), until the tab closes ("session"), or
// from visit to visit ("full")? Asks whoever the shop has put in charge; erasing is memory.js.

import { preset, said } from "./page.js";

/**
 * The state that these signals add up to: a refusal outranks the shop's word, and that a consent
 * tool. Undefined while nobody has spoken yet, which is treated as "none" but erases nothing: a
 * consent tool may simply load after us.
 */
export function judge(refused, word, wp, shopify) {
  if (refused) return "none";
  if (["none", "session", "full"].includes(word)) return word;
  if (wp) return rung(wp("statistics"), wp("preferences"), wp("statistics-anonymous"));
  if (shopify) {
    return rung(shopify.analyticsProcessingAllowed(), shopify.preferencesProcessingAllowed());
  }
}

/** Full takes both: leave to measure, and leave to remember what was looked at. */
const rung = (measure, remember, anonymous) =>
  measure && remember ? "full" : measure || anonymous ? "session" : "none";

let hook = preset.consent;
let state;
let changed;

export const consent = () => state || "none";

/** Whether nothing may be remembered or told. */
export const silent = () => consent() === "none";

/** The shop's own word, by `window.alongside.consent("full")`; in any case the state now. */
export function decide(word = hook) {
  hook = word;
  settle();
  return consent();
}

/** Calls `then(state)` as soon as somebody has spoken, and at every change from there on. */
export function follow(then) {
  changed = then;
  for (const event of [
    "wp_consent_type_defined",
    "wp_listen_for_consent_change",
    "visitorConsentCollected",
  ]) {
    // A tool may note the choice only after telling of it: look a moment later.
    document.addEventListener(event, () => setTimeout(settle));
  }
  addEventListener("load", settle);
  settle();
}

function settle() {
  const before = state;
  const { Shopify = {}, wp_has_consent, wp_consent_type, waitfor_consent_hook } = window;
  try {
    state = judge(
      navigator.globalPrivacyControl || localStorage.getItem("alongside.off"),
      hook || said.consent,
      // A site may say that its kind of consent (opt-in, opt-out) is still being found out.
      (wp_consent_type || !waitfor_consent_hook) && wp_has_consent,
      Shopify.customerPrivacy,
    );
  } catch {
    state = "none"; // storage is forbidden, or the tool failed: that is no consent
  }
  if (state && state !== before) changed(state);
}
