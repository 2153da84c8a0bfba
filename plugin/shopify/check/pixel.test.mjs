// What the web pixel tells of a completed checkout, and when it tells nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tell } from "../extensions/alongside-pixel/src/checkout.js";

const EVENT = { data: { checkout: { token: "c0ffee", totalPrice: { amount: 9 } } } };
const SETTINGS = { api: "https://app.test", key: "pk_test" };
const keeping = (entry) => ({ localStorage: { getItem: async () => entry } });

async function told(event, browser, send) {
  const sent = [];
  const note = (url, options) => sent.push([url, options]);
  await tell(event, browser, SETTINGS, send || note);
  return sent;
}

test("it tells the visitor and the checkout's token, and nothing else", async () => {
  const kept = keeping('{"visitor":"abc","recent":["1"]}');
  const [[url, { body, method, headers }]] = await told(EVENT, kept);
  assert.equal(url, "https://app.test/v1/pk_test/checkouts");
  assert.equal(method, "POST");
  assert.equal(headers, undefined, "a header would need a preflight");
  assert.deepEqual(JSON.parse(body), { visitor: "abc", checkout: "c0ffee" });
});

for (const [name, entry] of Object.entries({
  "nothing is kept": null,
  "only a session is kept": '{"recent":["1"]}',
  "what is kept is not ours": "<html>",
  "null is kept": "null",
})) {
  test(`it tells nothing where ${name}`, async () => {
    assert.deepEqual(await told(EVENT, keeping(entry)), []);
  });
}

test("it tells nothing where there is no storage or no token", async () => {
  const broken = { localStorage: { getItem: () => Promise.reject(new Error("no")) } };
  assert.deepEqual(await told(EVENT, broken), []);
  assert.deepEqual(await told({ data: {} }, keeping('{"visitor":"abc"}')), []);
});

test("that we are away is nobody's concern", async () => {
  await told(EVENT, keeping('{"visitor":"abc"}'), () => Promise.reject(new TypeError("no")));
});
