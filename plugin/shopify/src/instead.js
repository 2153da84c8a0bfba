// When Alongside cannot be reached: Shopify's own recommendations, in the place of the shelf and
// with its looks. Shelves say where to ask (`data-instead`, from the block's setting).

export function instead() {
  for (const shelf of document.querySelectorAll("product-shelf[data-instead]")) fill(shelf);
}

async function fill(shelf) {
  const { instead, insteadTitle } = shelf.dataset;
  try {
    const { products } = await (await fetch(instead)).json();
    if (!products.length || shelf.firstElementChild) return;
    const title = shelf.getAttribute("heading") || insteadTitle;
    const list = make("ul", "list", {}, ...products.map(card));
    list.setAttribute("role", "list");
    shelf.replaceChildren(make("div", "head", {}, make("h2", "title", {}, title)), list);
    shelf.classList.add("shelf");
    shelf.style.removeProperty("display"); // if its place had been given back already
  } catch {} // then the page stays as it is
}

function card({ title, url, featured_image: image, price, compare_at_price: before }) {
  const picture = make("span", "picture");
  if (image) {
    const small = `${image}${image.includes("?") ? "&" : "?"}width=360`;
    picture.append(make("img", "image", { alt: "", loading: "lazy", src: small }));
  }
  const cost = make("span", "price", {}, money(price));
  if (before > price) cost.append(" ", make("del", "was", {}, money(before)));
  const link = make("a", "link", { href: url }, picture, make("span", "name", {}, title));
  return make("li", "item", {}, link, cost);
}

/** Shopify's own interface counts prices in hundredths, in every currency. */
function money(hundredths) {
  const { currency = {}, locale } = window.Shopify || {};
  if (!currency.active) return "";
  const style = { style: "currency", currency: currency.active };
  return new Intl.NumberFormat(locale, style).format(hundredths / 100);
}

function make(tag, name, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.className = `shelf-${name}`;
  element.append(...children);
  return element;
}
