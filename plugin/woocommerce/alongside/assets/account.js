// For shoppers who are logged in: fetches their signed id, then puts shelf.js into the page with it.
// It must not stand in the page itself, which may come from a cache; and shelf.js reads it when the
// first shelf is asked for, so it comes before. A second is all that shelves wait for it.
(() => {
  const tag = document.querySelector("script[data-alongside-account]");
  if (!tag) return;
  const { src, says, route } = JSON.parse(tag.dataset.alongsideAccount);

  const load = (customer) => {
    const script = document.createElement("script");
    for (const name in says) script.setAttribute(name, says[name]);
    if (customer) script.dataset.customer = customer;
    script.nonce = tag.nonce;
    script.src = src;
    document.head.append(script);
  };

  const ready = new Promise((resolve) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve);
    else resolve();
  });

  // The header keeps other sites from asking: see src/CustomerRoute.php.
  const how = { method: "POST", headers: { "Alongside-Page": "1" }, cache: "no-store" };
  const known = fetch(route, { ...how, signal: AbortSignal.timeout(1000) })
    .then((answer) => answer.json())
    .then(({ customer }) => customer)
    .catch(() => null);

  Promise.all([known, ready]).then(([customer]) => load(customer));
})();
