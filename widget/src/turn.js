// Previous and next for a list that scrolls sideways. Scrolling itself, snapping and smoothness
// are the browser's (shelf.css); where there is nothing to turn, there are no buttons.

import { button } from "./make.js";
import { texts } from "./texts.js";

export function turner(list) {
  const turn = (way) => () => {
    const rightward = getComputedStyle(list).direction === "rtl" ? -way : way;
    list.scrollBy(rightward * list.clientWidth * 0.9, 0);
  };
  // The browser mirrors ‹ and › in right-to-left pages.
  const back = button("turn", texts.previous, "‹", turn(-1));
  const on = button("turn", texts.next, "›", turn(1));
  const update = () => {
    const far = list.scrollWidth - list.clientWidth;
    const gone = Math.abs(list.scrollLeft); // negative in right-to-left pages
    back.hidden = on.hidden = far < 2;
    // Not `disabled`: that would drop the keyboard's place in the page.
    back.ariaDisabled = gone < 2;
    on.ariaDisabled = gone > far - 2;
  };
  list.onscroll = update;
  new ResizeObserver(update).observe(list);
  return [back, on];
}
