// Writes admin_web/static/vendor/codemirror.js and codemirror.LICENSE; `make vendor`.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";

const target = "../../admin_web/static/vendor/codemirror";
const made = await build({
  entryPoints: ["bundle.js"],
  outfile: `${target}.js`,
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "CodeMirror",
  target: "es2022",
  legalComments: "none", // the licences stand in the file beside it
  metafile: true,
});

const folder = /^node_modules\/(?:@[^/]+\/)?[^/]+/;
const inside = Object.keys(made.metafile.inputs).map((path) => folder.exec(path)?.[0]);
const packages = [...new Set(inside.filter(Boolean))].sort();
const texts = packages.map((path) => {
  const { name, version, license } = JSON.parse(readFileSync(`${path}/package.json`, "utf8"));
  const text = readFileSync(`${path}/LICENSE`, "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(`${target}.LICENSE`, texts.join(`\n${"-".repeat(72)}\n\n`));
