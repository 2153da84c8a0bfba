// Are the blocks what the theme editor takes, in every language, and do they render what shelf.js
// reads? Where theme-check is silent (an unknown target, a wrong default), these speak.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check } from "@shopify/theme-check-node";
import { assemble, EXTENSION } from "./assemble.mjs";
import { defaults, LANGUAGES, render, schema, text } from "./render.mjs";

const BLOCKS = readdirSync(join(EXTENSION, "blocks")).map((name) => name.replace(".liquid", ""));
const SHELVES = BLOCKS.filter((name) => name !== "alongside");
const PLACEMENTS = [
  "also_bought",
  "bestsellers",
  "bought_together",
  "buy_again",
  "cart",
  "recently_viewed",
  "similar",
  "trending",
  "you_might_like",
];
const HERE = new URL(".", import.meta.url);

/** Attributes of the first such tag. */
function attributes(html, tag) {
  const [, inside] = html.match(new RegExp(`<${tag}\\b([^>]*)>`));
  const found = inside.matchAll(/([\w-]+)="([^"]*)"/g);
  const plain = (value) => value.replaceAll("&#34;", '"').replaceAll("&amp;", "&");
  return Object.fromEntries([...found].map(([, name, value]) => [name, plain(value)]));
}

test("there is one block for each placement, and the embed", () => {
  assert.deepEqual(
    SHELVES.map((name) => name.replaceAll("-", "_")),
    PLACEMENTS,
  );
});

for (const block of BLOCKS) {
  test(`the schema of ${block} is one that the editor takes`, () => {
    const { name, target, settings, enabled_on, ...others } = schema(block);
    assert.deepEqual(others, {});
    assert.equal(target, block === "alongside" ? "head" : "section");
    for (const language of LANGUAGES) {
      const said = (key) => text(`locales/${language}.schema.json`, key.replace(/^t:/, ""));
      assert.ok(said(name) && said(name).length <= 25, `${language}: ${said(name)}`);
      for (const { label, content, info, options = [] } of settings) {
        for (const key of [label, content, info, ...options.map((it) => it.label)]) {
          if (key) assert.ok(said(key), `${language} has no text for ${key}`);
        }
      }
    }
    const ids = settings.flatMap((it) => it.id || []);
    assert.equal(new Set(ids).size, ids.length);
    for (const { type, min, max, step, unit = "", default: value, options } of settings) {
      assert.ok(
        ["text", "product", "range", "select", "checkbox", "paragraph"].includes(type),
        type,
      );
      if (type === "range") {
        assert.ok(unit.length <= 3 && (max - min) / step <= 100);
        assert.ok(value >= min && value <= max && Number.isInteger((value - min) / step));
      }
      if (type === "select") assert.ok(options.some((it) => it.value === value));
    }
    for (const template of enabled_on?.templates || []) {
      assert.ok(["product", "cart", "index", "collection"].includes(template));
    }
  });
}

test("every setting that a template reads is one that a block has", () => {
  const read = (folder) =>
    readdirSync(join(EXTENSION, folder)).map((name) =>
      readFileSync(join(EXTENSION, folder, name), "utf8"),
    );
  const named = [...read("blocks"), ...read("snippets")].flatMap((liquid) =>
    [...liquid.matchAll(/\bsettings\.(\w+)/g)].map(([, id]) => id),
  );
  const declared = BLOCKS.flatMap((block) => Object.keys(defaults(block)));
  assert.deepEqual(
    [...new Set(named)].filter((id) => !declared.includes(id)),
    [],
  );
});

test("the three languages say the same things", () => {
  const keys = (value, path = "") =>
    typeof value === "string"
      ? [path]
      : Object.keys(value).flatMap((key) => keys(value[key], `${path}.${key}`));
  for (const kind of ["json", "schema.json"]) {
    const [english, ...others] = LANGUAGES.map((language) =>
      keys(JSON.parse(readFileSync(join(EXTENSION, `locales/${language}.${kind}`), "utf8"))),
    );
    for (const other of others) assert.deepEqual(other, english);
  }
});

test("a block names a count only where its merchant chose one there", async () => {
  const product = { id: 7 };
  const asked = async (block, limit) =>
    attributes(await render(block, { product, settings: { product, limit } }), "product-shelf");
  assert.equal(defaults("also-bought").limit, 0);
  const left = await asked("also-bought", 0);
  assert.equal(left.limit, undefined);
  assert.match(left["data-instead"], /&limit=8&/);
  const chosen = await asked("also-bought", 12);
  assert.equal(chosen.limit, "12");
  assert.match(chosen["data-instead"], /&limit=10&/);
});

test("the embed hands shelf.js all of its words, in the shopper's language", async () => {
  const source = readFileSync(new URL("../../../widget/src/texts.js", HERE), "utf8");
  const wanted = [...source.matchAll(/^ {2}(\w+): "/gm)].map(([, key]) => key);
  assert.ok(wanted.length > 5);
  for (const [language, add] of [
    ["en.default", "Add to cart"],
    ["de", "In den Warenkorb"],
    ["fr", "Ajouter au panier"],
  ]) {
    const texts = JSON.parse(
      attributes(await render("alongside", { language }), "script")["data-texts"],
    );
    assert.deepEqual(Object.keys(texts), wanted);
    assert.equal(texts.add, add);
  }
});

test("the embed says where we are: shop, product, cart and consent", async () => {
  const cart = {
    currency: { iso_code: "GBP" },
    items: [3, 4, 3].map((id) => ({ product_id: id })),
  };
  const html = await render("alongside", { product: { id: 7 }, cart });
  const { src, ...said } = attributes(html, "script");
  assert.match(src, /\/shelf\.js$/);
  assert.equal(said["data-key"], "pk_test");
  assert.equal(said["data-api"], "http://app.test");
  assert.equal(said["data-product"], "7");
  assert.equal(said["data-cart"], "3,4");
  assert.equal(said["data-consent"], "auto");
  assert.equal(said["data-customer"], "");
});

test("what a merchant typed into the embed comes before what the app filled in", async () => {
  const html = await render("alongside", { settings: { key: 'pk_"x', api: "" } });
  assert.equal(attributes(html, "script")["data-key"], 'pk_"x');
  assert.equal(attributes(html, "script")["data-api"], "http://app.test");
});

test("in the editor and in previews nothing is kept or counted", async () => {
  for (const state of ["design_mode", "visual_preview_mode"]) {
    const html = await render("alongside", { request: { [state]: true } });
    assert.equal(attributes(html, "script")["data-consent"], "none");
  }
});

test("a shop that is not connected loads nothing", async () => {
  const html = await render("alongside", { app: { metafields: {} } });
  assert.ok(!html.includes("<script"));
  const editor = await render("alongside", {
    app: { metafields: {} },
    request: { design_mode: true },
  });
  assert.ok(editor.includes("not connected yet") && !editor.includes("shelf.js"));
});

test("who is logged in is signed for an hour, and nobody else", async () => {
  const held = (value) => ({ value });
  const app = {
    metafields: { alongside: { key: held("k"), api: held("a"), customer_key: held("secret") } },
  };
  const signed = attributes(await render("alongside", { app, customer: { id: 5 } }), "script");
  const [id, expires, hmac] = signed["data-customer"].split(".");
  assert.equal(id, "5");
  assert.ok(Math.abs(Number(expires) - Date.now() / 1000 - 3600) < 60);
  assert.equal(hmac, createHmac("sha256", "secret").update(`5.${expires}`).digest("hex"));
  assert.equal(attributes(await render("alongside", { app }), "script")["data-customer"], "");
});

for (const block of SHELVES) {
  test(`${block} renders a shelf with what the merchant set`, async () => {
    const product = { id: 7 };
    const settings = { product, heading: 'Our "best"', limit: 5 };
    const html = await render(block, { settings, product, collection: { id: 12 } });
    const shelf = attributes(html, "product-shelf");
    assert.equal(shelf.placement, block.replaceAll("-", "_"));
    assert.equal(shelf.heading, 'Our "best"');
    assert.equal(shelf.limit, "5");
    assert.equal(shelf.locale, "en");
    assert.equal(shelf.currency, "GBP");
    assert.equal(shelf.category, "12");
    const about = Object.hasOwn(defaults(block), "product") || block === "you-might-like";
    assert.equal(shelf.product, about ? "7" : "");
    assert.match(html, /<div class="alongside" data-shopify-editor-block="b1">/);
    assert.match(
      html,
      /><\/product-shelf>/,
      "nothing may stand in it: an empty one keeps its place",
    );
    assert.ok(!html.includes("alongside-sample"));
  });
}

test("two rows are as high as two rows", async () => {
  const html = await render("similar", { settings: { layout: "grid" } });
  assert.match(attributes(html, "product-shelf").style, /--shelf-height: 52em/);
});

test("a bundle takes the page's product along if it can be bought as it is", async () => {
  const simple = { id: 7, available: true, has_only_default_variant: true, variants: [{ id: 9 }] };
  const said = async (product, code, settings) => {
    const cart = { currency: { iso_code: code } };
    const all = { product: { ...simple, price: 1250, ...product }, ...settings };
    const { variant, price } = attributes(
      await render("bought-together", { settings: all, cart }),
      "product-shelf",
    );
    return [variant, price];
  };
  assert.deepEqual(await said({}, "GBP"), ["9", "1250"]);
  assert.deepEqual(await said({ price: 100000 }, "JPY"), ["9", "1000"]);
  assert.deepEqual(await said({}, "KWD"), ["9", "12500"]);
  const none = [undefined, undefined];
  assert.deepEqual(await said({ has_only_default_variant: false }, "GBP"), none);
  assert.deepEqual(await said({ available: false }, "GBP"), none);
  assert.deepEqual(await said({}, "GBP", { own: false }), none);
});

test("where we cannot be reached, Shopify is asked for at most ten", async () => {
  const settings = { product: { id: 7 }, limit: 24 };
  const asked = attributes(await render("similar", { settings }), "product-shelf")["data-instead"];
  assert.equal(asked, "/recommendations/products.json?product_id=7&limit=10&intent=related");
  const without = await render("similar", { settings: { ...settings, instead: false } });
  assert.ok(!without.includes("data-instead"));
});

test("the editor has something to show before the shop is connected", async () => {
  for (const language of LANGUAGES) {
    const html = await render("bestsellers", { request: { design_mode: true }, language });
    assert.equal(html.match(/<svg data-name="product-\d">/g).length, 4);
  }
});

test("theme-check finds what is planted, and nothing else", async () => {
  const folder = assemble();
  const config = new URL(".theme-check.yml", HERE).pathname;
  try {
    assert.deepEqual(await check(folder, config), []);
    writeFileSync(join(folder, "blocks/bad.liquid"), "{{ 'none.js' | asset_url | nofilter }}");
    const found = (await check(folder, config)).map((it) => it.check);
    for (const rule of ["UnknownFilter", "MissingAsset", "AppBlockMissingSchema"]) {
      assert.ok(found.includes(rule), `${rule} is not among ${found}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
