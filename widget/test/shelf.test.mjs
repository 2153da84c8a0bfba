// What a shelf asks, shows, tells and keeps, event by event. Layout is tested in a real browser:
// tests/widget/test_shelf_*_in_browser.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, item, open } from "./shop.mjs";

const ID = /^[0-9a-f]{32}$/;
const TREATMENT = { arm: "treatment", experiment: 7 };
const DAY_MS = 86_400_000;

test("the query holds what the element and the page say", async () => {
  const shop = open({
    script: 'data-consent="full" data-cart="8,9"',
    html: '<product-shelf placement="cart" category="tea" currency="EUR" locale="de-AT" limit="4" cart="5,6"></product-shelf>',
  });
  await shop.pass();
  const { visitor, ...asked } = shop.asked()[0];
  assert.match(visitor, /^[0-9a-f]{32}$/);
  assert.deepEqual(asked, {
    placement: "cart",
    category: "tea",
    currency: "EUR",
    locale: "de-AT",
    limit: "4",
    cart: "5,6",
  });
});

test("the address of the application is data-api, else the script's own origin", async () => {
  const shop = open({ script: 'data-api="/relay"' });
  await shop.pass();
  assert.match(shop.log[0].url, /^\/relay\/v1\/pk_test\/shelf\?/);
  const other = open({ script: "" });
  await other.pass();
  assert.match(other.log[0].url, /^http:\/\/app\.test\/v1\/pk_test\/shelf\?/);
});

test("requests are simple ones: no credentials, no header, a text body", async () => {
  const shop = open({ reply: () => answer(TREATMENT) });
  await shop.pass();
  for (const { headers, credentials, body } of shop.log) {
    assert.equal(headers, undefined);
    assert.equal(credentials, "omit");
    assert.ok(body === undefined || typeof body === "string");
  }
});

for (const arm of ["treatment", "control"]) {
  test(`an exposure is sent before anything is drawn, in ${arm} too`, async () => {
    const items = arm === "control" ? [] : answer().items;
    const shop = open({ reply: () => answer({ arm, experiment: 7, items }) });
    await shop.pass();
    const exposure = shop.events().find(({ type }) => type === "exposure");
    assert.equal(exposure.drawn, 0);
    assert.equal(exposure.token, "t0");
    assert.equal(exposure.visitor, shop.memory().visitor);
    assert.equal(shop.shown().length, items.length);
  });
}

test("without an experiment, or where nobody is eligible, there is no exposure", async () => {
  for (const other of [{}, { ...TREATMENT, eligible: false }]) {
    const shop = open({ reply: () => answer(other) });
    await shop.pass();
    assert.ok(!shop.types().includes("exposure"));
  }
});

test("in a test with nothing to show, an empty shelf is told of, in either group", async () => {
  for (const [other, told] of [
    [{ ...TREATMENT, eligible: false, items: [] }, true],
    [{ ...TREATMENT, arm: "control", eligible: false, items: [] }, true],
    [{ eligible: false, items: [] }, false], // no test
  ]) {
    const shop = open({ reply: () => answer(other) });
    await shop.pass();
    assert.equal(shop.types().includes("empty"), told);
  }
});

test("events are complete: an id, a type, a token, an item and an instant", async () => {
  const shop = open({ reply: () => answer(TREATMENT) });
  await shop.pass();
  shop.document.querySelector(".shelf-link").click();
  await shop.pass();
  const events = shop.events();
  assert.deepEqual(
    events.map(({ type, token, item }) => [type, token, item]),
    [
      ["product_view", undefined, "1"],
      ["exposure", "t0", undefined],
      ["view", "t0", ["11", "12", "13"]], // what was in sight
      ["click", "t0", "11"],
    ],
  );
  for (const { id, at } of events) {
    assert.match(id, ID);
    assert.equal(Number.parseInt(id.slice(0, 11), 16), at);
    assert.ok(Number.isInteger(at) && Math.abs(at - Date.now()) < DAY_MS);
  }
  assert.equal(new Set(events.map(({ id }) => id.slice(12))).size, events.length);
});

test("events that a busy server refuses are told again when it asked for them", async () => {
  let refusals = 2;
  const accepted = () => {
    if (!refusals) return { status: 202 };
    refusals -= 1;
    return { status: 429, headers: new Headers(refusals ? { "Retry-After": "20" } : {}) };
  };
  const shop = open({ reply: () => answer(TREATMENT), accepted });
  await shop.pass(15_000);
  const told = () => shop.log.filter(({ url }) => url.endsWith("/events")).length;
  assert.equal(told(), 1); // nothing else is sent meanwhile
  await shop.pass(10_000);
  assert.equal(told(), 2);
  await shop.pass(11_000); // where nothing was said: ten seconds
  assert.equal(told(), 3);
  const ids = shop.log
    .filter(({ url }) => url.endsWith("/events"))
    .map(({ body }) => JSON.parse(body).events.map(({ id }) => id));
  assert.deepEqual(ids[2], [...new Set(ids.flat())]); // all of them, in their order
});

test("what a busy server refused is not told after a withdrawal", async () => {
  const accepted = () => ({ status: 429 });
  const shop = open({ reply: () => answer(TREATMENT), accepted });
  await shop.pass(5_000);
  const before = shop.events().length;
  shop.window.alongside.consent("none");
  shop.window.alongside.consent("full");
  await shop.pass(30_000);
  const first = new Set(
    shop
      .events()
      .slice(0, before)
      .map(({ id }) => id),
  );
  assert.ok(
    !shop
      .events()
      .slice(before)
      .some(({ id }) => first.has(id)),
  );
});

test("a shelf asks in spare for what the shelves before it may show", async () => {
  const shelf = (placement, limit) =>
    `<product-shelf placement="${placement}" product="1" ${limit}></product-shelf>`;
  const shop = open({
    html: shelf("bestsellers", 'limit="4"') + shelf("similar", "") + shelf("trending", ""),
  });
  await shop.pass();
  assert.deepEqual(
    shop.asked().map(({ placement, spare }) => [placement, spare]),
    [
      ["bestsellers", undefined],
      ["similar", "4"],
      ["trending", "12"],
    ],
  );
});

test("a product page is told of once per page load, however many shelves name it", async () => {
  const shelf = '<product-shelf placement="similar" product="1"></product-shelf>';
  const shop = open({ script: 'data-consent="full" data-product="2"', html: shelf + shelf });
  await shop.pass();
  const views = shop.events().filter(({ type }) => type === "product_view");
  assert.deepEqual(
    views.map(({ item }) => item),
    ["2"],
  );
  assert.deepEqual(shop.memory().recent, ["2"]);
});

test("the newest product stands first, and twenty are kept", async () => {
  const recent = Array.from({ length: 20 }, (_, i) => String(i + 100));
  const kept = { localStorage: { alongside: JSON.stringify({ visitor: "b".repeat(32), recent }) } };
  const shop = open({ kept, script: 'data-consent="full" data-product="105"' });
  await shop.pass();
  assert.deepEqual(shop.memory().recent.slice(0, 3), ["105", "100", "101"]);
  assert.equal(shop.memory().recent.length, 20);
  assert.ok(shop.asked()[0].recent.startsWith("105,100,101"));
});

test("no product stands twice on a page, nor the page's own", async () => {
  const html =
    '<product-shelf placement="also_bought" product="1" limit="3"></product-shelf>' +
    '<product-shelf placement="similar" product="1" limit="3"></product-shelf>';
  const ids = ["11", "1", "12", "13", "14", "15", "16", "17"];
  const items = ids.map((id) => item(id));
  const shop = open({ html, reply: () => answer({ limit: 3, items }) });
  await shop.pass();
  assert.deepEqual(
    shop.asked().map(({ limit, spare }) => [limit, spare]),
    [
      ["3", undefined],
      ["3", "3"],
    ],
  );
  assert.deepEqual(
    shop.shown(),
    ["11", "12", "13", "14", "15", "16"].map((id) => `Product ${id}`),
  );
});

test("a shelf without a limit of its own shows as many as the merchant chose", async () => {
  const html =
    '<product-shelf placement="also_bought"></product-shelf>' +
    '<product-shelf placement="similar" limit="30"></product-shelf>' +
    '<product-shelf placement="trending" limit="some"></product-shelf>';
  const items = ["11", "12", "13", "14", "15", "16"].map((id) => item(id));
  const shop = open({ html, reply: () => answer({ limit: 2, items }) });
  await shop.pass();
  assert.deepEqual(
    shop.asked().map(({ limit }) => limit),
    [undefined, "24", undefined],
  );
  assert.equal(shop.document.querySelectorAll("product-shelf li").length, 6);
});

test("a product that was seen often without a click rests, and comes back with time", async () => {
  const ignored = { 11: 101, 12: 100 };
  const kept = {
    localStorage: { alongside: JSON.stringify({ visitor: "b".repeat(32), ignored }) },
  };
  const resting = open({ kept, html: '<product-shelf placement="similar"></product-shelf>' });
  await resting.pass();
  assert.deepEqual(resting.shown(), ["Product 12", "Product 13"]);
  assert.equal(resting.asked()[0].spare, "1"); // for the one that rests
  // The sight that was one too many is told, once, so that other devices let it rest as well.
  const told = resting.events().filter(({ type }) => type === "ignore");
  assert.deepEqual(
    told.map(({ token, item }) => [token, item]),
    [["t0", "12"]],
  );
  const rested = open({ kept, script: 'data-consent="full" data-product="1"' });
  await rested.pass();
  assert.equal(rested.shown()[0], "Product 11");
});

test("a sight counts for the leading products, a click takes it back", async () => {
  const items = ["11", "12", "13", "14", "15"].map((id) => item(id));
  const shop = open({ reply: () => answer({ items }) });
  await shop.pass();
  assert.deepEqual(shop.memory().ignored, { 11: 10, 12: 10, 13: 10, 14: 10 });
  shop.document.querySelector(".shelf-link").click();
  assert.deepEqual(shop.memory().ignored, { 12: 10, 13: 10, 14: 10 });
});

test("the token of a click waits seven days for the checkout", async () => {
  const html =
    '<product-shelf placement="similar"></product-shelf><form><input name="alongside_visitor">' +
    '<input name="alongside_token" data-product="11"><input name="alongside_token" data-product="12"></form>';
  const shop = open({ html });
  await shop.pass();
  shop.document.querySelector(".shelf-link").click();
  assert.equal(shop.window.alongside.token("11"), "t0");
  assert.equal(shop.window.alongside.token("12"), null);
  const form = shop.document.querySelector("form");
  form.append(form.lastChild.cloneNode()); // a theme adds one later
  form.lastChild.dataset.product = "11";
  form.dispatchEvent(new shop.window.Event("submit", { bubbles: true, cancelable: true }));
  const values = [...form].map(({ value }) => value);
  assert.deepEqual(values, [shop.memory().visitor, "t0", "", "t0"]);

  const later = shop.window.Date.now() + 7 * DAY_MS + 1;
  shop.window.Date.now = () => later;
  assert.equal(shop.window.alongside.token("11"), null);
  shop.window.alongside.consent("none");
  assert.deepEqual(
    [...form].map(({ value }) => value),
    ["", "", "", ""],
  );
});

test("a click in a session leaves no token behind", async () => {
  const shop = open({ script: 'data-consent="session"' });
  await shop.pass();
  shop.document.querySelector(".shelf-link").click();
  assert.equal(shop.window.alongside.token("11"), null);
  assert.ok(!JSON.stringify(shop.stored()).includes("t0"));
});

test("a middle click counts, a right click does not, and neither is held", async () => {
  const shop = open();
  await shop.pass();
  const link = shop.document.querySelector(".shelf-link");
  for (const button of [1, 2]) {
    const event = new shop.window.MouseEvent("auxclick", {
      button,
      bubbles: true,
      cancelable: true,
    });
    assert.ok(link.dispatchEvent(event), "the click was held");
  }
  await shop.pass();
  assert.equal(shop.types().filter((type) => type === "click").length, 1);
});

test("the page hears of views and clicks", async () => {
  const shop = open();
  const heard = [];
  for (const name of ["view", "click"]) {
    shop.document.addEventListener(`shelf:${name}`, ({ detail }) => heard.push([name, detail]));
  }
  await shop.pass();
  shop.document.querySelectorAll(".shelf-link")[1].click();
  assert.deepEqual(
    heard.map(([name, { placement, title, items }]) => [
      name,
      placement,
      title,
      Array.from(items, (it) => it.id),
    ]),
    [
      ["view", "also_bought", "Customers also bought", ["11", "12", "13"]],
      ["click", "also_bought", "Customers also bought", ["12"]],
    ],
  );
});

test("markup in an answer is text, and no address but http's is followed", async () => {
  const nasty = '<img src=x onerror="alert(1)">';
  const items = [
    item("11", { title: nasty, reason: nasty, image: "javascript:alert(1)" }),
    item("12", { url: "javascript:alert(1)" }),
    item("13", { url: "data:text/html,x" }),
    item("14", { url: "" }),
    item("15", {
      ...{ image: "/a.png", width: 3, height: 4, srcset: "/b.png 2x", onload: "alert(1)" },
    }),
  ];
  const shop = open({ reply: () => answer({ title: nasty, items }) });
  await shop.pass();
  assert.deepEqual(shop.shown(), [nasty, "Product 15"]);
  assert.equal(shop.document.querySelector(".shelf-title").textContent, nasty);
  const [image, ...others] = shop.document.querySelectorAll("product-shelf img");
  assert.deepEqual(others, []);
  assert.deepEqual(image.getAttributeNames().sort(), [
    "alt",
    "class",
    "height",
    "loading",
    "sizes",
    "src",
    "srcset",
    "width",
  ]);
  assert.equal(image.src, "http://shop.test/a.png");
});

test("the merchant's layout is taken where the change of height is not seen", async () => {
  for (const [top, layout] of [
    [5000, "grid"],
    [100, null],
  ]) {
    const shop = open({ reply: () => answer({ layout: "grid" }) });
    const shelf = shop.document.querySelector("product-shelf");
    shelf.getBoundingClientRect = () => ({ top });
    await shop.pass();
    assert.equal(shelf.getAttribute("layout"), layout);
  }
});

test("what the page shows instead of a shelf that failed keeps its place", async () => {
  const shop = open({ reply: () => Promise.reject(new TypeError("Failed to fetch")) });
  const shelf = shop.document.querySelector("product-shelf");
  shop.window.addEventListener("shelf:down", () => shelf.append(shop.document.createElement("p")));
  shelf.getBoundingClientRect = () => ({ top: 5000 }); // below the screen, where places are given back
  await shop.pass();
  assert.equal(shelf.childElementCount, 1);
  assert.notEqual(shelf.style.display, "none");
});

for (const [name, reply] of Object.entries({
  "a dead server": () => Promise.reject(new TypeError("Failed to fetch")),
  "text that is not JSON": () => "<!doctype html>",
  null: () => null,
  "a list": () => [],
  "no items": () => ({ title: "x" }),
  "items that are no list": () => ({ items: 5 }),
  "items that are nothing": () => ({ items: [null] }),
  "a problem report": () => ({ type: "about:blank", status: 422 }),
})) {
  test(`${name} leaves the page as it was`, async () => {
    const shop = open({ reply });
    await shop.pass();
    const shelf = shop.document.querySelector("product-shelf");
    assert.equal(shelf.childElementCount, 0);
    assert.deepEqual(shop.unhandled, []);
    assert.deepEqual(shop.types(), ["product_view"]);
  });
}

test("after one failure nothing more is asked on this page, and the page is told", async () => {
  const html = '<product-shelf placement="similar"></product-shelf>';
  let told = 0;
  const shop = open({
    html,
    reply: () => Promise.reject(new TypeError("Failed to fetch")),
    before: (window) => window.addEventListener("shelf:down", () => told++),
  });
  await shop.pass();
  assert.equal(told, 1);
  shop.document.body.append(shop.document.querySelector("product-shelf").cloneNode());
  await shop.pass();
  assert.equal(shop.asked().length, 1);
});

test("a list that the theme put into the shelf stays when we have nothing", async () => {
  const html = '<product-shelf placement="similar"><ul><li>Their own</li></ul></product-shelf>';
  const shop = open({ html, reply: () => answer({ items: [] }) });
  await shop.pass();
  const shelf = shop.document.querySelector("product-shelf");
  assert.equal(shelf.textContent, "Their own");
  assert.ok(!shelf.hidden);
});

test("a shelf that a theme moves is not drawn again", async () => {
  const shop = open();
  await shop.pass();
  shop.document.body.append(shop.document.querySelector("product-shelf"));
  await shop.pass();
  assert.equal(shop.asked().length, 1);
  assert.equal(shop.shown().length, 3);
});

test("loaded twice, it runs once", async () => {
  const shop = open();
  await shop.pass();
  const { consent } = shop.window.alongside;
  shop.window.eval(shop.built);
  assert.equal(shop.window.alongside.consent, consent);
});

test("prices: the sale price with the old one struck through, or the lowest of several", async () => {
  const items = [
    item("11", { compare_at_minor: 2000 }),
    item("12", { from: true, variant: null }),
    item("13", { price_minor: null, from: true }),
    item("14", { compare_at_minor: 1250 }),
  ];
  const shop = open({ reply: () => answer({ items }) });
  await shop.pass();
  const prices = [...shop.document.querySelectorAll(".shelf-price")].map((it) => it.textContent);
  assert.deepEqual(prices, ["£12.50 £20.00", "from £12.50", "", "£12.50"]);
  assert.equal(shop.document.querySelectorAll("del").length, 1);
  const buy = [...shop.document.querySelectorAll(".shelf-buy")].map((it) => it.tagName);
  assert.deepEqual(buy, ["BUTTON", "A", "BUTTON", "BUTTON"]);
});

test("the page's own words come first", async () => {
  const shop = open({
    script: `data-texts='{"add":"In den Korb"}'`,
    before: (window) => {
      window.alongside = { texts: { why: "Warum?" } };
    },
  });
  await shop.pass();
  assert.equal(shop.document.querySelector(".shelf-buy").textContent, "In den Korb");
  assert.equal(shop.document.querySelector(".shelf-why").textContent, "Warum?");
});

test("a browser that cannot show a shelf keeps the page as it is", async () => {
  const shop = open({
    before: (window) => {
      window.CSS = { supports: () => false };
    },
  });
  await shop.pass();
  assert.equal(shop.log.length, 0);
  assert.equal(shop.window.alongside, undefined);
});
