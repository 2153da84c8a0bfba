// Prices come as integers in ISO 4217's smallest units and are shown as people write them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { price } from "../src/money.js";

const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

for (const [minor, currency, locale, shown, digits] of [
  [1250, "GBP", "en", "£12.50"],
  [1250, "EUR", "de", "12,50 €"],
  [123456, "EUR", "fr", "1 234,56 €"],
  [1250, "JPY", "en", "¥1,250", 0],
  [1250000, "VND", "en", "₫1,250,000", 0],
  [12500, "KWD", "en", "KWD 12.500", 3],
  [1500250, "IQD", "en", "IQD 1,500.25", 3], // Intl alone would round it to 1,500
  [99, "USD", "en-US", "$0.99"],
  [0, "USD", "en-US", "$0.00"],
  [null, "USD", "en", ""],
  [undefined, "USD", "en", ""],
  [12.5, "USD", "en", ""],
  ["1250", "USD", "en", ""],
  [1250, "dollars", "en", ""],
  [1250, "USD", "not a locale", ""],
]) {
  test(`${minor} ${currency} in ${locale} is "${shown}"`, () =>
    assert.equal(plain(price(minor, { currency, digits }, locale)), shown));
}
