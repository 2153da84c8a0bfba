// The block checkout: adds visitor and tokens to the request that makes the order, in the moment it
// is sent, so that a consent withdrawn a second before counts. Without consent both are empty.
(() => {
  const { apiFetch, data } = window.wp;

  const marks = () => {
    const { visitor, token } = window.alongside || {};
    const tokens = {};
    const cart = data.select("wc/store/cart");
    for (const { extensions } of (visitor && cart?.getCartData().items) || []) {
      const { product } = extensions.alongside || {};
      const clicked = product && token(String(product));
      if (clicked) tokens[product] = clicked;
    }
    return { visitor: visitor?.() || "", tokens };
  };

  apiFetch.use((request, next) => {
    const where = request.path || request.url || "";
    const makes = /\/wc\/store\/(v1\/)?checkout(\/|\?|$)/.test(where) && request.method === "POST";
    if (makes && request.data) {
      const extensions = { ...request.data.extensions, alongside: marks() };
      request = { ...request, data: { ...request.data, extensions } };
    }
    return next(request);
  });
})();
