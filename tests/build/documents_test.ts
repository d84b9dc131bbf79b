/**
 * @module
 * What the pages for those who work on the program say of its files and words.
 */
import assert from "node:assert/strict";
import { codeOf, filesBelow, programFiles } from "../helpers/import_graph.ts";

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  "docs/cluster.md",
  "docs/decisions.md",
  "docs/recipes.md",
  "docs/reliability.md",
];
const pageAt = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));

for (const page of PAGES) {
  Deno.test(`${page} names only files that are there`, () => {
    const files = [...programFiles(), ...["tests/", "tools/", "web/"].flatMap(filesBelow)];
    const named = [...pageAt(page).matchAll(/`((?!dist\/)[\w./-]+\.(?:ts|js|c))`/g)].map(([, path]) => path!);
    // a capital letter stands for something: `migrations/00M.ts`
    const missing = named.filter((path) =>
      !/[A-Z]\w*\.\w+$/.test(path) && !files.some((file) => `/${file}`.endsWith(`/${path}`))
    );
    assert.deepEqual(missing, []);
  });
}

Deno.test("every word in the glossary is used in the code", () => {
  const [, glossary] = /^## Glossary\n([^]*?)^## /m.exec(pageAt("docs/architecture.md"))!;
  const words = [...glossary!.matchAll(/^- \*\*(.+?)\*\*/gm)].map(([, word]) => word!);
  assert.ok(words.length > 20, "the glossary is found");
  const texts = programFiles().map((file) =>
    Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url))
  );
  assert.deepEqual(
    words.filter((word) => !texts.some((text) => new RegExp(`\\b${word}`, "i").test(text))),
    [],
  );
});

Deno.test("the contract of a store is types alone", () => {
  const parts = [...Deno.readDirSync("src/store/contract")].map(({ name }) => `src/store/contract/${name}`);
  for (const path of ["src/store/contract.ts", ...parts]) {
    assert.doesNotMatch(codeOf(path), /^export (?!interface|type\b)/m, path);
  }
});
