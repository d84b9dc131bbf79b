/**
 * @module
 * Joining the modules of the pages: they do together what they did alone.
 */
import assert from "node:assert/strict";
import { chainOf, join } from "../../src/http/joined.ts";

const NONE = { without: new Set<string>(), libraries: new Set<string>() };

/** What a joined module exports, run here. */
function run(text: string): Promise<Record<string, unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

Deno.test("modules are run once each, in the order of their needs, whichever file brings them first", async () => {
  const sources = {
    "joined_base.js":
      `export const log = [];\nlog.push("base");\nexport function add(what) {\n  log.push(what);\n}\n`,
    "joined_also.js":
      `import { add as told } from "./joined_base.js";\nexport { log as passed } from "./joined_base.js";\n` +
      `told("also");\nconst own = 1;\nexport { own as kept };\n`,
    "joined_one.js":
      `import {\n  kept,\n  passed,\n} from "./joined_also.js";\nimport { add } from "./joined_base.js";\n` +
      `add("one");\nexport const one = { kept, passed };\n`,
    "joined_two.js":
      `import { add, log } from "./joined_base.js";\nadd("two");\nexport class Two {}\nexport const told = log;\n`,
  };
  const one = await run(join("joined_one.js", sources, NONE));
  const two = await run(join("joined_two.js", sources, NONE));
  assert.deepEqual(one.one, { kept: 1, passed: ["base", "also", "one", "two"] });
  assert.equal(typeof two.Two, "function");
  const rest = join("joined_two.js", sources, { ...NONE, without: chainOf("joined_one.js", sources) });
  assert.doesNotMatch(rest, /modules\["joined_base.js"\] \?\?=/);
});

Deno.test("libraries stay imports, with what they export by default", () => {
  const sources = {
    "lib.js": `import htm from "./htm.js";\nexport const html = htm;\n`,
    "htm.js": "export default 1",
  };
  const text = join("lib.js", sources, { ...NONE, libraries: new Set(["htm.js"]) });
  assert.match(text, /^import \* as library0 from "\.\/htm\.js";$/m);
  assert.match(text, /^const \{ default: htm \} = modules\["htm\.js"\];$/m);
});

Deno.test("what is written in a way that is not known is refused, and not sent", () => {
  for (
    const line of [
      "export default 1;",
      `import * as all from "./b.js";`,
      `export * from "./b.js";`,
      "export let count = 0;",
      "await 1;",
    ]
  ) {
    assert.throws(() => join("a.js", { "a.js": `${line}\n`, "b.js": "" }, NONE), /Cannot join a\.js: /, line);
  }
});
