// Renders the extension's blocks as a theme would: liquidjs with what only Shopify's Liquid has put
// in by hand. `node check/render.mjs JSON` prints, for {"block": scope, ...}, {"block": html, ...}.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Liquid } from "liquidjs";
import { EXTENSION } from "./assemble.mjs";

const json = (name) => JSON.parse(readFileSync(join(EXTENSION, name), "utf8"));
const source = (block) => readFileSync(join(EXTENSION, "blocks", `${block}.liquid`), "utf8");

export const LANGUAGES = ["en.default", "de", "fr"];

/** What a block declares of itself. */
export const schema = (block) =>
  JSON.parse(source(block).match(/{% schema %}(.*){% endschema %}/s)[1]);

/** The text at "a.b.c" in a language's file, or undefined. */
export const text = (file, path) => path.split(".").reduce((at, key) => at?.[key], json(file));

function engine(language) {
  const liquid = new Liquid({ partials: join(EXTENSION, "snippets"), extname: ".liquid" });
  const words = (key, given = []) => {
    const found = text(`locales/${language}.json`, key);
    if (found === undefined) throw new Error(`no text for ${key}`);
    return given[1] === undefined ? found : found.replace(/{{ \w+ }}/, given[1]);
  };
  liquid.registerFilter("t", words);
  liquid.registerFilter("asset_url", (name) => `https://cdn.test/assets/${name}`);
  liquid.registerFilter("placeholder_svg_tag", (name) => `<svg data-name="${name}"></svg>`);
  liquid.registerFilter("hmac_sha256", (value, key) =>
    createHmac("sha256", key).update(value).digest("hex"),
  );
  // Shopify swallows it; {% schema %} is for the editor.
  liquid.registerTag("schema", {
    parse(_token, remaining) {
      while (remaining.length && remaining.shift().name !== "endschema");
    },
    render() {},
  });
  return liquid;
}

/** The settings that a merchant has who changed none. */
export const defaults = (block) =>
  Object.fromEntries(schema(block).settings.map((it) => [it.id, it.default]));

/** A block's HTML. `scope` holds Liquid's objects; its `settings` overrule the defaults. */
export async function render(block, { settings, language = "en.default", ...scope } = {}) {
  const globals = {
    request: { locale: { iso_code: "en" } },
    cart: { currency: { iso_code: "GBP" }, items: [] },
    routes: { product_recommendations_url: "/recommendations/products" },
    app: {
      metafields: { alongside: { key: { value: "pk_test" }, api: { value: "http://app.test" } } },
    },
    ...scope,
  };
  const instance = {
    id: "b1",
    shopify_attributes: 'data-shopify-editor-block="b1"',
    settings: { ...defaults(block), ...settings },
  };
  // As in Shopify: its own objects reach snippets, a block has to be handed on.
  return engine(language).parseAndRender(source(block), { block: instance }, { globals });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = Object.entries(JSON.parse(process.argv[2]));
  const made = asked.map(async ([block, scope]) => [block, await render(block, scope)]);
  process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(made))));
}
