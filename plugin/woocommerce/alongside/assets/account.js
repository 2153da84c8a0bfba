// For shoppers who are logged in: fetches their signed id, then puts shelf.js into the page with it.
// It must not stand in the page itself, which may come from a cache; and shelf.js reads it when a
// shelf is asked for, so it should be there before. If the shop is slow, shelves do without.
(() => {
  const WAIT_MS = 2000; // for the first shelves; a later answer is there for the shelves below

  const tag = document.querySelector("script[data-alongside-account]");
  if (!tag) return;
  const { src, says, route } = JSON.parse(tag.dataset.alongsideAccount);
  const script = document.createElement("script");
  for (const name in says) script.setAttribute(name, says[name]);
  script.nonce = tag.nonce;
  script.src = src;

  // The header keeps other sites from asking: see src/CustomerRoute.php.
  const headers = { "Alongside-Page": "1" };
  const known = fetch(route, { method: "POST", headers, cache: "no-store" })
    .then((answer) => answer.json())
    .then(({ customer }) => {
      if (customer) script.dataset.customer = customer;
    })
    .catch(() => {});

  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  const ready = new Promise((resolve) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve);
    else resolve();
  });
  Promise.all([Promise.race([known, late]), ready]).then(() => document.head.append(script));
})();
