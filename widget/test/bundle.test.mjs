// The built files: fresh, small, and named so that no filter list takes them for something else.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { BUNDLES, bundle } from "../bundle.mjs";

const SHOPIFY = "../plugin/shopify/extensions/alongside-shelves";
const read = (path) => readFileSync(new URL(path, import.meta.url));

for (const name of Object.keys(BUNDLES)) {
  test(`${basename(name)} is what the sources make, byte for byte`, async () => {
    const built = Buffer.from(await bundle(name));
    assert.ok(built.equals(read(`../${name}`)), "run `npm run bundle` and commit it");
  });

  test(`${basename(name)} has at most 10,000 bytes`, () => {
    const { length } = read(`../${name}`);
    assert.ok(length <= 10_000, `it has ${length}`);
  });
}

test("dist/shelf.js has at most 5 KiB compressed", () => {
  const { length } = gzipSync(read("../dist/shelf.js"), { level: 9 });
  assert.ok(length <= 5 * 1024, `it has ${length}`);
});

// Words that the generic rules of the common filter lists look for in names of files, classes,
// ids, attributes, events and storage entries.
const FILTERED =
  /(^|[^a-z])(ad|ads|advert\w*|banner\w*|promo\w*|sponsor\w*|recommend\w*|affiliate\w*|track\w*|pixel|analytics|beacon|popup\w*|related|upsell\w*|personali[sz]\w*|social|newsletter)($|[^a-z])/i;

test("no name that a page or the network sees is one that filter lists match", () => {
  const sources = ["../src", "../../plugin/shopify/src", `../${SHOPIFY}/snippets`].flatMap(
    (folder) =>
      readdirSync(new URL(folder, import.meta.url), { recursive: true })
        .filter((name) => /\.(js|css|liquid)$/.test(name))
        .map((name) => read(`${folder}/${name}`).toString()),
  );
  const names = Object.keys(BUNDLES).map((path) => basename(path));
  for (const text of sources) {
    names.push(...(text.match(/\bshelf[-:]\w[\w-]*/g) || []));
    names.push(
      ...(text.match(/"(__)?alongside[\w.-]*"/g) || []),
      ...(text.match(/--shelf-\w+/g) || []),
    );
    for (const [, name] of text.matchAll(/(?:make|button|link)\(\s*"(?:\w+",\s*")?([\w ]+)"/g)) {
      names.push(...name.split(" ").map((word) => `shelf-${word}`));
    }
  }
  assert.ok(names.length > 30 && names.includes("shelf-dismiss"), "the names were not found");
  assert.deepEqual(
    names.filter((name) => FILTERED.test(name)),
    [],
  );
  assert.ok(FILTERED.test("shelf-ad") && FILTERED.test("promo-box"), "the pattern finds nothing");
});
