// Shopify's theme-check over the extension as it is deployed: `npm run lint`. Says what it finds,
// and fails if it finds anything.

import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "@shopify/theme-check-node";
import { assemble } from "./assemble.mjs";

const folder = assemble();
try {
  const found = await check(folder, fileURLToPath(new URL(".theme-check.yml", import.meta.url)));
  for (const { uri, start, check: rule, message } of found) {
    const file = uri.split("/").slice(-2).join("/");
    process.stderr.write(`${file}:${start.line + 1}: ${rule}: ${message}\n`);
  }
  process.exitCode = found.length ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
