// Keeps the number on the basket right when something is added without leaving the page.
document.addEventListener("shelf:add", async () => {
  const answer = await fetch("/?wc-ajax=get_refreshed_fragments", { method: "POST" });
  if (!answer.ok) return;
  const { fragments } = await answer.json();
  for (const [place, html] of Object.entries(fragments)) {
    for (const element of document.querySelectorAll(place)) element.outerHTML = html;
  }
});
// Choosing an order is enough; the button is for browsers without this script.
const order = document.getElementById("orderby");
if (order) {
  order.form.querySelector("button").hidden = true;
  order.addEventListener("change", () => order.form.submit());
}
