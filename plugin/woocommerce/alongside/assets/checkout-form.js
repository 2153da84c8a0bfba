// The classic checkout: fills our hidden inputs before the form is sent. WooCommerce draws them anew
// with every change of the order, and some payment methods send the form without a submit event.
(() => {
  const fill = () => {
    const { visitor, token } = window.alongside || {};
    if (!visitor) return;
    for (const input of document.querySelectorAll("input[name^='alongside_']")) {
      const { product } = input.dataset;
      input.value = (product ? token(product) : visitor()) || "";
    }
  };
  const { jQuery } = window;
  if (jQuery) {
    jQuery(document.body).on("updated_checkout", fill);
    jQuery("form.checkout").on("checkout_place_order", fill);
  }
  document.addEventListener("submit", fill, true);
  addEventListener("load", fill);
})();
