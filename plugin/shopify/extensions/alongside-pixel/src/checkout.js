// Which visitor completed this checkout? Told to Alongside by the checkout's token, which the order
// carries as well: the second way from a visitor to an order, beside the cart attribute, for orders
// that never had a cart (buy it now, accelerated checkouts).

/** The visitor id that shelf.js keeps with full consent, and only then. */
async function visitor(browser) {
  try {
    const kept = JSON.parse(await browser.localStorage.getItem("alongside"));
    return kept?.visitor || null;
  } catch {
    return null; // no storage, or nothing of ours in it
  }
}

/** Sends `{"visitor", "checkout"}`; without a visitor, nothing. Amounts come from orders alone. */
export async function tell(event, browser, { api, key }, send = fetch) {
  const { token } = event.data.checkout || {};
  const who = await visitor(browser);
  if (!token || !who) return;
  const body = JSON.stringify({ visitor: who, checkout: token }); // as text: no preflight
  try {
    await send(`${api}/v1/${key}/checkouts`, { method: "POST", body, keepalive: true });
  } catch {} // not there: the cart attribute may still say it
}
