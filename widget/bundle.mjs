// Makes dist/shelf.js and dist/shelf-more.js out of src/: what a shop's pages load.
// The built files are committed, so that people without Node can run and ship them; a test
// builds them again and compares every byte. `node bundle.mjs` writes them.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const BUNDLES = { "shelf.js": "src/index.js", "shelf-more.js": "src/more/index.js" };

/** The bytes of one bundle. ES2019 reaches every browser that has custom elements and modules. */
export async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [here(BUNDLES[name])],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2019",
    charset: "utf8",
    legalComments: "none",
    outfile: here(`dist/${name}`),
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
      return { contents: outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

if (process.argv[1] === here("bundle.mjs")) {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const { gzipSync } = await import("node:zlib");
  await mkdir(here("dist"), { recursive: true });
  for (const name of Object.keys(BUNDLES)) {
    const bytes = await bundle(name);
    await writeFile(here(`dist/${name}`), bytes);
    const packed = gzipSync(bytes, { level: 9 }).length;
    process.stdout.write(`${name}: ${bytes.length} bytes, ${packed} compressed\n`);
  }
}
