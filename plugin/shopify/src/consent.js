// Has Shopify's customer privacy interface loaded, and calls `then` whenever consent may have
// changed. What each answer means is shelf.js's to judge.

export function follow(alongside, Shopify, then) {
  const { consent } = alongside;
  // The sheet and the shop's own scripts speak to shelf.js here.
  alongside.consent = (...word) => {
    const state = consent(...word);
    then();
    return state;
  };
  const ask = () => alongside.consent();
  document.addEventListener("visitorConsentCollected", () => setTimeout(ask));
  // Themes do not load it by themselves; shelf.js waits until somebody has spoken.
  if (Shopify.loadFeatures) {
    Shopify.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], ask);
  }
  then();
}
