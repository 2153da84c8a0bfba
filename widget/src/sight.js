// What the shopper can see of an element.

import { BELOW_PX, LOOK_MS, NEAR } from "./limits.js";

/** Calls `act` with each change of what is seen, until it gives something or ends it itself. */
function watch(element, options, act) {
  const observer = new IntersectionObserver((entries) => {
    if (act(entries.pop(), observer)) observer.disconnect();
  }, options);
  observer.observe(element);
}

/** Runs `act` once, when the element comes near the screen. */
export function whenNear(element, act) {
  watch(element, { rootMargin: NEAR }, (entry) => entry.isIntersecting && act());
}

/** Runs `act` once, when half of the element (or half a screen of it) was visible for a second. */
export function whenSeen(element, act) {
  let timer;
  const half = Math.min(1, innerHeight / element.offsetHeight) / 2;
  watch(element, { threshold: half }, (entry, observer) => {
    clearTimeout(timer);
    if (entry.intersectionRatio < half) return;
    timer = setTimeout(() => {
      observer.disconnect();
      act();
    }, LOOK_MS);
  });
}

/** Whether the element starts below the screen: then whatever follows it is below as well. */
export const isBelow = (element) => element.getBoundingClientRect().top > innerHeight + BELOW_PX;

/** Runs `change` whenever it cannot move anything in sight. */
export function whenBelow(element, change) {
  watch(element, { rootMargin: `${BELOW_PX}px` }, () => isBelow(element) && change());
}
