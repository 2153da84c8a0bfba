// Tells shelves what is in the cart, so that they do not recommend it. Asks the shop's own Store API,
// and only where WooCommerce's cookie says that there is a cart: the page, which may come from a
// cache, knows nothing of it.
(() => {
  const tag = document.querySelector("script[data-alongside-cart]");
  if (!tag || !/(^|; )woocommerce_items_in_cart=[1-9]/.test(document.cookie)) return;
  fetch(tag.dataset.alongsideCart, { headers: { Accept: "application/json" } })
    .then((answer) => answer.json())
    .then(({ items }) => {
      const ids = items.map(({ id, extensions: { alongside } }) => alongside?.product || id);
      for (const shelf of document.querySelectorAll("product-shelf:not([cart])")) {
        shelf.setAttribute("cart", [...new Set(ids)].join());
      }
    })
    .catch(() => {}); // then a shelf may show what is in the cart: no harm
})();
