// Tells GA4 (by the page's dataLayer) of lists that were seen and of products chosen from them.

let listening = false;

/** A shelf was seen. From the first time on, clicks on any shelf are listened for as well. */
export function count({ title, items, shelf }) {
  push("view_item_list", shelf, { title, items });
  if (listening) return;
  listening = true;
  document.addEventListener("shelf:click", ({ target, detail }) =>
    push("select_item", target, detail),
  );
}

/** 12.5 for 1250 pence; nothing where there is no price. */
const amount = ({ price_minor, digits = 2 }) =>
  Number.isInteger(price_minor) ? price_minor / 10 ** digits : undefined;

function push(event, shelf, { title, items }) {
  if (window.alongside.consent() === "none") return;
  window.dataLayer.push(
    { ecommerce: null }, // else tag managers merge it with the previous list
    {
      event,
      ecommerce: {
        item_list_id: shelf.get("placement"),
        item_list_name: title,
        items: items.map((item) => ({
          item_id: item.id,
          item_name: item.title,
          index: shelf.products.indexOf(item.id),
          price: amount(item),
        })),
      },
    },
  );
}
