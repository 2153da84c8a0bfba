// What the shopper can see of an element.

const NEAR = "800px"; // a second of ordinary scrolling: time to ask and to draw
const LOOK_MS = 1000;

/** Calls `act` with each change of what is seen, until it gives true. */
function watch(element, options, act) {
  const observer = new IntersectionObserver((entries) => {
    if (act(entries.pop())) observer.disconnect();
  }, options);
  observer.observe(element);
}

/** Runs `act` once, when the element comes near the screen. */
export function whenNear(element, act) {
  watch(element, { rootMargin: NEAR }, (entry) => entry.isIntersecting && (act(), true));
}

/** Runs `act` once, when half of the element (or half a screen of it) was visible for a second. */
export function whenSeen(element, act) {
  let timer;
  const half = Math.min(1, innerHeight / element.offsetHeight) / 2;
  watch(element, { threshold: half }, (entry) => {
    clearTimeout(timer);
    if (entry.intersectionRatio >= half) timer = setTimeout(act, LOOK_MS);
  });
}

/**
 * Runs `change` once it cannot move anything in sight: as long as the element starts below the
 * screen, whatever follows it is below too. An element in sight keeps its place until then.
 */
export function whenBelow(element, change) {
  const below = () => element.getBoundingClientRect().top >= innerHeight && (change(), true);
  below() || watch(element, {}, below);
}
