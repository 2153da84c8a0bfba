// Makes dist/shelf.js and dist/shelf-more.js out of src/, and shop.js of the Shopify app out of its
// own sources: what a shop's pages load.
// The built files are committed, so that people without Node can run and ship them; a test
// builds them again and compares every byte. `node bundle.mjs` writes them.

import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// Built file -> where it begins.
export const BUNDLES = {
  "dist/shelf.js": "src/index.js",
  "dist/shelf-more.js": "src/more/index.js",
  "../plugin/shopify/extensions/alongside-shelves/assets/shop.js": "../plugin/shopify/src/index.js",
};

/** The bytes of one bundle. ES2020 reaches every browser for which shelf.js does more than look at it. */
export async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [here(BUNDLES[name])],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    outfile: here(name),
    plugins: [stylesAsText],
  });
  return outputFiles[0].contents;
}

/** `import css from "./x.css"` gives the minified text of the sheet. */
const stylesAsText = {
  name: "styles-as-text",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles } = await build({
        entryPoints: [path],
        write: false,
        minify: true,
        charset: "utf8",
      });
      // esbuild leaves the spaces in a var()'s fallback and around a grid's slash; they say nothing.
      const contents = outputFiles[0].text.trim().replace(/, | \/ /g, (said) => said.trim());
      return { contents, loader: "text" };
    });
  },
};

if (process.argv[1] === here("bundle.mjs")) {
  const { writeFile } = await import("node:fs/promises");
  const { gzipSync } = await import("node:zlib");
  for (const name of Object.keys(BUNDLES)) {
    const bytes = await bundle(name);
    await writeFile(here(name), bytes);
    const packed = gzipSync(bytes, { level: 9 }).length;
    process.stdout.write(`${basename(name)}: ${bytes.length} bytes, ${packed} compressed\n`);
  }
}
