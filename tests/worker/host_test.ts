/**
 * @module
 * What is found out about the machine.
 */
import assert from "node:assert/strict";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { apart } from "../helpers/apart.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("a boot has the same name each time it is asked for", async () => {
  const [one, another] = [await probeHost(), await probeHost()];
  assert.match(one.bootId, /^[\w-]{36}$/);
  assert.deepEqual(one, another);
});

Deno.test("a boot is named by sysctl where no file names it, and not at all where there is neither", async () => {
  using dir = tempDir();
  const path = Deno.env.get("PATH")!;
  assert.notEqual((await probeHost()).bootId, "");
  Deno.writeTextFileSync(
    dir.file("sysctl"),
    '#!/bin/sh\n[ "$*" = "-n kern.bootsessionuuid" ] && echo A1-B2\n',
    {
      mode: 0o700,
    },
  );
  const asked = { args: [dir.file("none")], env: { PATH: `${dir.path}:${path}` } };
  assert.equal(await apart("boot_id", asked), "A1-B2");
  Deno.writeTextFileSync(dir.file("sysctl"), "#!/bin/sh\nexit 1\n");
  assert.equal(await apart("boot_id", asked), "");
});
