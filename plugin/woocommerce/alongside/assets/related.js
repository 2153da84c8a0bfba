// "In place of related products": which of the two lists is seen. Core's list is in the page, hidden
// for as long as the shelf may still come; when the shelf has nothing to show (the half of a split
// test that sees none, an empty shop, a server that is away), core's list takes the place, at once.
//
// shelf.js tells when the server is away. That an answer came and nothing was drawn from it is seen
// here: the browser notes every answer, and a shelf that is drawn carries the class `shelf`.
(() => {
  const DRAWN_BY_MS = 200; // from the answer's last byte to the drawn shelf takes a few frames

  const settle = () => {
    for (const place of document.querySelectorAll(".alongside-instead")) {
      const shelf = place.querySelector("product-shelf");
      if (!shelf || shelf.classList.contains("shelf")) continue;
      shelf.hidden = true;
      shelf.style.display = "none";
      place.classList.add("alongside-core");
    }
  };

  addEventListener("shelf:down", settle);
  const isAnswer = ({ name }) => /\/shelf\?(.*&)?placement=also_bought(&|$)/.test(name);
  new PerformanceObserver((seen) => {
    if (seen.getEntries().some(isAnswer)) setTimeout(settle, DRAWN_BY_MS);
  }).observe({ type: "resource", buffered: true });
})();
