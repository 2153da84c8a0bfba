// Previous and next for a list that scrolls sideways. Scrolling itself, snapping and smoothness
// are the browser's (shelf.css).

import { button } from "./make.js";
import { texts } from "./texts.js";

export function turner(list) {
  const turn = (way) => () => {
    const rightward = getComputedStyle(list).direction === "rtl" ? -way : way;
    list.scrollBy(rightward * list.clientWidth * 0.9, 0);
  };
  // The browser mirrors ‹ and › in right-to-left pages.
  return [button("turn", texts.previous, "‹", turn(-1)), button("turn", texts.next, "›", turn(1))];
}
