// The theme extension as it is deployed: its folder, and beside shop.js the storefront's scripts.

import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const EXTENSION = here("../extensions/alongside-shelves");

/** A temporary copy of it; gives its path. */
export function assemble() {
  const folder = mkdtempSync(join(tmpdir(), "alongside-shelves-"));
  cpSync(EXTENSION, folder, { recursive: true });
  for (const name of ["shelf.js", "shelf-more.js"]) {
    cpSync(here(`../../../widget/dist/${name}`), join(folder, "assets", name));
  }
  return folder;
}
