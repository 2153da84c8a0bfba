// A shop's page in jsdom with the built shelf.js on it, and an application that answers as told.
// jsdom has no layout: everything is near and in sight at once. Time passes when a test says so.

import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const built = readFileSync(new URL("../dist/shelf.js", import.meta.url), "utf8");
const SHELF = '<product-shelf placement="also_bought" product="1"></product-shelf>';

export const item = (id, other) => ({
  id,
  title: `Product ${id}`,
  url: `/product/${id}`,
  image: null,
  price_minor: 1250,
  compare_at_minor: null,
  currency: "GBP",
  variant: id,
  strategy: "bought_together",
  reason: "Bought together in 30+ orders",
  ...other,
});

export const answer = (other) => ({
  placement: "also_bought",
  title: "Customers also bought",
  eligible: true,
  arm: null,
  experiment: null,
  token: "t0",
  model: "m1",
  items: ["11", "12", "13"].map((id) => item(id)),
  ...other,
});

/**
 * Opens a page. `reply(url)` gives the body of a shelf answer (or throws), `accepted()` what events
 * get, `before(window)` runs ahead of shelf.js, `kept` is what the last page left in storage.
 */
export function open({
  script = 'data-consent="full"',
  html = SHELF,
  reply = () => answer(),
  accepted = () => ({ status: 202 }),
  before = () => {},
  kept = {},
} = {}) {
  const { window } = new JSDOM(
    `<!doctype html><html lang="en"><body>${html}
     <script data-key="pk_test" src="http://app.test/shelf.js" ${script}></script></body></html>`,
    { url: "http://shop.test/product/1", runScripts: "outside-only", pretendToBeVisual: true },
  );
  const { document } = window;
  const log = [];
  const unhandled = [];
  window.addEventListener("error", (event) => unhandled.push(event.error));
  window.CSS = { supports: () => true };
  window.CSSStyleSheet = class {
    replaceSync() {}
  };
  document.adoptedStyleSheets = [];
  window.AbortSignal.timeout = () => new window.AbortController().signal;
  window.IntersectionObserver = class {
    constructor(act) {
      this.act = act;
    }
    observe(target) {
      const boundingClientRect = target.getBoundingClientRect();
      const entry = { target, isIntersecting: true, intersectionRatio: 1, boundingClientRect };
      window.setTimeout(() => this.act([entry]), 0);
    }
    unobserve() {}
    disconnect() {}
  };
  const timers = [];
  let clock = 0;
  window.setTimeout = (act, ms = 0) => timers.push({ act, at: clock + ms });
  window.clearTimeout = (number) => {
    if (number) timers[number - 1].at = Number.POSITIVE_INFINITY;
  };
  const pass = async (ms) => {
    const end = clock + ms;
    for (;;) {
      for (let round = 0; round < 5; round++) await new Promise((next) => setImmediate(next));
      const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      clock = due.at;
      due.at = Number.POSITIVE_INFINITY;
      due.act();
    }
    clock = end;
  };
  window.fetch = async (url, options = {}) => {
    const drawn = document.querySelectorAll("product-shelf li").length;
    log.push({ url: String(url), drawn, ...options });
    if (url.endsWith("/events")) return { headers: new Headers(), ...accepted() };
    const body = /\/shelf\?/.test(url) ? await reply(new URL(url)) : {};
    return { ok: true, json: async () => (typeof body === "string" ? JSON.parse(body) : body) };
  };
  for (const [place, entries] of Object.entries(kept)) {
    for (const [name, value] of Object.entries(entries)) window[place].setItem(name, value);
  }
  before(window);
  window.eval(built);

  const events = () =>
    log
      .filter(({ url }) => url.endsWith("/events"))
      .flatMap(({ body, drawn }) => {
        const { visitor, events } = JSON.parse(body);
        return events.map((event) => ({ ...event, visitor, drawn }));
      });
  return {
    window,
    document,
    log,
    unhandled,
    built,
    events,
    types: () => events().map(({ type }) => type),
    asked: () =>
      log
        .filter(({ url }) => /\/shelf\?/.test(url))
        .map(({ url }) => Object.fromEntries(new URL(url).searchParams)),
    erased: () =>
      log.filter(({ method }) => method === "DELETE").map((it) => it.headers["Alongside-Visitor"]),
    stored: () => ({
      localStorage: { ...window.localStorage },
      sessionStorage: { ...window.sessionStorage },
    }),
    memory: () => JSON.parse(window.localStorage.getItem("alongside")),
    shown: () => [...document.querySelectorAll(".shelf-name")].map((it) => it.textContent),
    pass: (ms = 3000) => pass(ms),
  };
}
