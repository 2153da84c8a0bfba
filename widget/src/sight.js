// What the shopper can see of an element.

import { BELOW_PX, LOOK_MS, NEAR_PX } from "./limits.js";

const watcher = (told, options) => new IntersectionObserver(told, options);

/**
 * Runs `act(element)` once for each element that the answer observes, when it comes near the screen.
 * One observer for all of them: it tells of them in the order of the page, several would not.
 */
export function whenNear(act) {
  const observer = watcher(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        act(target);
      }
    },
    { rootMargin: `${NEAR_PX}px` },
  );
  return observer;
}

/** Runs `act` once, when half of the element (or half a screen of it) was visible for a second. */
export function whenSeen(element, act) {
  let timer;
  const half = Math.min(1, innerHeight / element.offsetHeight) / 2;
  const observer = watcher(
    (entries) => {
      clearTimeout(timer);
      if (entries.pop().intersectionRatio >= half) {
        timer = setTimeout(() => {
          observer.disconnect();
          act();
        }, LOOK_MS);
      }
    },
    { threshold: half },
  );
  observer.observe(element);
}

/** Whether the element starts below the screen: then whatever follows it is below as well. */
export const isBelow = (element) => element.getBoundingClientRect().top > innerHeight + BELOW_PX;

/** Runs `change` whenever it cannot move anything in sight. */
export function whenBelow(element, change) {
  const look = () => isBelow(element) && change();
  watcher(look, { rootMargin: `${BELOW_PX}px` }).observe(element);
}
