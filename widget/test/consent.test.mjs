// The consent ladder: who decides, what each state may ask, tell and keep, and what a change does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./shop.mjs";

// judge() is pure, but its file reads the page when loaded.
globalThis.window = {};
globalThis.location = "http://shop.test/";
globalThis.document = {
  querySelector: () => null,
  documentElement: { dataset: {} },
  addEventListener() {},
};
const { judge } = await import("../src/consent.js");

const wp =
  (...allowed) =>
  (category) =>
    allowed.includes(category);
const shopify = (measure, remember) => ({
  analyticsProcessingAllowed: () => measure,
  preferencesProcessingAllowed: () => remember,
});

const TABLE = [
  ["nobody has spoken", [], undefined],
  ["the page says full", [false, "full"], "full"],
  ["the page says session", [false, "session"], "session"],
  ["the page says none", [false, "none"], "none"],
  ["auto leaves it to the platform", [false, "auto", wp("statistics", "preferences")], "full"],
  ["a word that is none of ours", [false, "yes"], undefined],
  ["the hook outranks the platform", [false, "none", wp("statistics", "preferences")], "none"],
  ["Global Privacy Control outranks all", [true, "full", wp("statistics", "preferences")], "none"],
  ["WordPress: all refused", [false, "auto", wp()], "none"],
  ["WordPress: marketing alone is not for us", [false, "auto", wp("marketing")], "none"],
  ["WordPress: measuring alone", [false, "auto", wp("statistics")], "session"],
  ["WordPress: anonymous measuring", [false, "auto", wp("statistics-anonymous")], "session"],
  ["WordPress: preferences alone", [false, "auto", wp("preferences")], "none"],
  ["Shopify: all refused", [false, "auto", undefined, shopify(false, false)], "none"],
  ["Shopify: measuring alone", [false, "auto", undefined, shopify(true, false)], "session"],
  ["Shopify: preferences alone", [false, "auto", undefined, shopify(false, true)], "none"],
  ["Shopify: both", [false, "auto", undefined, shopify(true, true)], "full"],
];

for (const [name, signals, state] of TABLE) {
  test(`consent: ${name} means ${state}`, () => assert.equal(judge(...signals), state));
}

const FULL = {
  localStorage: { alongside: JSON.stringify({ visitor: "a".repeat(32), recent: ["7"] }) },
};

test("without consent only the page's own product travels and nothing is kept or told", async () => {
  const shop = open({
    script: 'data-cart="5,6" data-customer="9.1.x"',
    html: '<product-shelf placement="also_bought" product="1"></product-shelf>',
  });
  await shop.pass();
  assert.deepEqual(shop.asked(), [{ locale: "en", placement: "also_bought", product: "1" }]);
  assert.equal(shop.log.length, 1);
  assert.deepEqual(shop.stored(), { localStorage: {}, sessionStorage: {} });
  assert.equal(shop.shown().length, 3);
});

test("in a session recent products stay in the tab and events have no visitor", async () => {
  const shop = open({ script: 'data-consent="session" data-cart="5,6" data-customer="9.1.x"' });
  await shop.pass();
  const [asked] = shop.asked();
  assert.equal(asked.recent, "1");
  assert.equal(asked.cart, "5,6");
  assert.equal(asked.visitor, undefined);
  assert.equal(asked.customer, undefined);
  assert.deepEqual(shop.types(), ["product_view", "view"]);
  assert.ok(shop.events().every(({ visitor }) => visitor === null));
  assert.deepEqual(shop.stored().localStorage, {});
  assert.deepEqual(Object.keys(shop.stored().sessionStorage), ["alongside"]);
});

test("with full consent visitor and customer travel and the visitor id is kept", async () => {
  const shop = open({ script: 'data-consent="full" data-customer="9.1.x"' });
  await shop.pass();
  const { visitor } = shop.memory();
  assert.match(visitor, /^[0-9a-f]{32}$/);
  assert.equal(shop.asked()[0].visitor, visitor);
  assert.equal(shop.asked()[0].customer, "9.1.x");
  assert.ok(shop.events().every((event) => event.visitor === visitor));
  assert.deepEqual(shop.stored().sessionStorage, {});
});

test("Global Privacy Control erases what an earlier visit left, here and on the server", async () => {
  const shop = open({
    kept: FULL,
    before: (window) =>
      Object.defineProperty(window.navigator, "globalPrivacyControl", { value: true }),
  });
  await shop.pass();
  assert.deepEqual(shop.stored(), { localStorage: {}, sessionStorage: {} });
  assert.deepEqual(shop.erased(), ["a".repeat(32)]);
  assert.equal(shop.asked()[0].visitor, undefined);
});

test("a consent tool that has not spoken yet erases nothing, and a late yes finds it", async () => {
  const shop = open({ script: "", kept: FULL });
  await shop.pass();
  assert.equal(shop.asked()[0].visitor, undefined);
  assert.equal(shop.memory().visitor, "a".repeat(32));
  shop.window.wp_has_consent = () => true;
  shop.document.dispatchEvent(new shop.window.Event("wp_listen_for_consent_change"));
  await shop.pass();
  assert.equal(shop.window.alongside.consent(), "full");
  assert.deepEqual(shop.memory().recent, ["1", "7"]);
  assert.deepEqual(shop.types(), ["product_view"]);
  assert.deepEqual(shop.erased(), []);
});

test("withdrawal erases storage at once, tells the server to forget, and silences the page", async () => {
  const shop = open();
  await shop.pass();
  const { visitor } = shop.memory();
  const told = shop.events().length;
  assert.equal(shop.window.alongside.consent("none"), "none");
  assert.deepEqual(shop.stored(), { localStorage: {}, sessionStorage: {} });
  assert.deepEqual(shop.erased(), [visitor]);
  assert.equal(shop.window.alongside.visitor(), null);
  shop.document.querySelector(".shelf-link").click();
  await shop.pass();
  assert.equal(shop.events().length, told);
});

test("what was waiting to be told when consent was withdrawn is never told", async () => {
  const script = 'data-consent="full" data-product="1"';
  const shop = open({ script, reply: () => answerNothing() });
  shop.window.alongside.consent("session"); // the product_view of full consent still waits
  await shop.pass();
  assert.deepEqual(shop.types(), []);
});
const answerNothing = () => ({ items: [], token: "t" });

test("what happened before consent was given is never told, even if it comes a moment later", async () => {
  const shop = open({ script: "" });
  await shop.pass();
  shop.document.querySelector(".shelf-link").click();
  shop.window.alongside.consent("full");
  await shop.pass();
  assert.deepEqual(shop.types(), ["product_view"]);
});

test("a shelf drawn for a visitor says nothing more once the visitor is withdrawn", async () => {
  const shop = open();
  await shop.pass();
  const told = shop.events().length;
  shop.window.alongside.consent("session");
  shop.document.querySelector(".shelf-link").click();
  await shop.pass();
  assert.equal(shop.events().length, told);
});

test("going up a rung takes along what the session knew", async () => {
  const shop = open({ script: 'data-consent="session"' });
  await shop.pass();
  shop.window.alongside.consent("full");
  assert.deepEqual(shop.memory().recent, ["1"]);
  assert.deepEqual(shop.stored().sessionStorage, {});
});

test("what the page said before we were loaded counts", async () => {
  const shop = open({
    script: "",
    before: (window) => {
      window.alongside = { consent: "session" };
    },
  });
  await shop.pass();
  assert.equal(shop.window.alongside.consent(), "session");
});

test("a consent tool that fails has not given consent", async () => {
  const shop = open({
    script: "",
    before: (window) => {
      window.wp_has_consent = () => {
        throw new Error("not ready");
      };
    },
  });
  await shop.pass();
  assert.equal(shop.window.alongside.consent(), "none");
  assert.equal(shop.shown().length, 3);
});

test("a site that is still finding out its kind of consent has not given it", async () => {
  const shop = open({
    script: "",
    before: (window) =>
      Object.assign(window, { waitfor_consent_hook: true, wp_has_consent: () => true }),
  });
  await shop.pass();
  assert.equal(shop.window.alongside.consent(), "none");
  shop.window.wp_consent_type = "optout";
  shop.document.dispatchEvent(new shop.window.Event("wp_consent_type_defined"));
  await shop.pass();
  assert.equal(shop.window.alongside.consent(), "full");
});

test("a browser without storage gets shelves, and no visitor that changes with every page", async () => {
  const shop = open({
    before: (window) => {
      window.Storage.prototype.setItem = () => {
        throw new Error("no room");
      };
    },
  });
  await shop.pass();
  assert.equal(shop.asked()[0].visitor, undefined);
  assert.equal(shop.shown().length, 3);
});

test("the shopper's own switch outranks the shop's word", async () => {
  const shop = open({ kept: { localStorage: { "alongside.off": "1" } } });
  await shop.pass();
  assert.equal(shop.window.alongside.consent("full"), "none");
  assert.equal(shop.log.length, 1);
  assert.deepEqual(Object.keys(shop.stored().localStorage), ["alongside.off"]);
});
