// Carries the visitor id to the order: as the private cart attribute `__alongside_v`, which nobody
// but the shop's admin and the connector sees. No line property: it would split cart lines.
//
// Written when the first shelf comes near the screen, as it is then that a visitor enters a split
// test, in either arm; and again when a cart may have come to be, because a checkout keeps the
// attributes that the cart had when it was opened.

const NEAR_PX = 800; // as in shelf.js: the distance at which shelves ask
const SETTLE_MS = 1500; // a theme's own request to the cart goes first

// In this tab the cart has been told. Only ever set with full consent, and erased without.
const MARK = "alongside.cart";

/** Watches the page; gives what has to be called when consent may have changed. */
export function carry({ visitor }) {
  let near = location.pathname.endsWith("/cart"); // from there the checkout may be opened at once
  const told = () => sessionStorage.getItem(MARK);

  async function write(value) {
    if (value) sessionStorage.setItem(MARK, "1");
    else sessionStorage.removeItem(MARK);
    const { root = "/" } = window.Shopify?.routes || {};
    try {
      const answer = await fetch(`${root}cart/update.js`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ attributes: { __alongside_v: value } }),
        keepalive: true,
      });
      if (!answer.ok) throw new Error("the cart refused");
    } catch {
      sessionStorage.removeItem(MARK); // the next page tries again
    }
  }

  function settle() {
    try {
      const now = visitor();
      if (now && near && !told()) write(now);
      if (!now && told()) write(""); // consent was withdrawn
    } catch {} // the browser forbids storage: then there is no visitor either
  }

  /** A cart was filled, maybe the first since the last order. */
  function again() {
    setTimeout(() => {
      near = true;
      try {
        if (visitor()) sessionStorage.removeItem(MARK);
      } catch {}
      settle();
    }, SETTLE_MS);
  }

  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      near = true;
      settle();
    },
    { rootMargin: `${NEAR_PX}px` },
  );
  for (const shelf of document.querySelectorAll("product-shelf")) observer.observe(shelf);

  document.addEventListener("shelf:add", again);
  document.addEventListener(
    "submit",
    ({ target }) => {
      if (/\/cart\/add/.test(target.action)) again();
    },
    true, // before a theme stops it
  );
  return settle;
}
