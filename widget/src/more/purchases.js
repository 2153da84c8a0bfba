// "Not this purchase": in the sheet of a logged-in shopper, their last orders, each with a button
// that keeps it out of their taste or lets it count again. The words come with the orders.

import { make } from "./make.js";

/** Puts them above the last line of the sheet. */
export async function purchases(sheet, { shelf, asked, post }) {
  const path = "/me/orders";
  const { customer } = asked;
  const { locale } = shelf;
  const reply = await post(`${path}?${new URLSearchParams({ customer, locale })}`);
  const { words, orders } = await reply.json();
  const line = ({ id, items, placed_at, kept_out }) => {
    const button = make("button", {});
    const show = (out) => {
      button.textContent = out ? words.let_count : words.keep_out;
      button.onclick = async () => {
        const body = JSON.stringify({ customer, order: id, kept_out: !out });
        if ((await post(path, { method: "POST", body })).ok) show(!out);
      };
    };
    show(kept_out);
    const day = new Date(placed_at).toLocaleDateString(locale);
    return make("li", {}, `${day}: ${items.join(", ")} `, button);
  };
  sheet.lastChild.before(make("p", {}, words.title), make("ul", {}, ...orders.map(line)));
}
