/**
 * @module
 * A new, empty store in a home, for tests that are not about how one is made: that takes several times as long as copying
 * the result. Each test file makes one and copies it. Invariant: nothing in a new store tells of its home.
 */
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { Home } from "../../src/system/home.ts";
import { tempDir } from "./temp.ts";

/** The files of a home in which a store was made. */
let made: Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> | undefined;

/** Opens the store of a home, which is made unless it is there. */
export async function openNewStore(home: Home): Promise<Store> {
  const files = await (made ??= make());
  if (isNew(home)) {
    for (const [name, bytes] of files) Deno.writeFileSync(`${home.dir}/${name}`, bytes, { mode: 0o600 });
  }
  return await openStore(home);
}

async function make(): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const names = [...Deno.readDirSync(dir.home.dir)].map(({ name }) => name);
  return new Map(names.map((name) => [name, Deno.readFileSync(`${dir.home.dir}/${name}`)]));
}

/** Makes the home's directory; false where it is there. */
function isNew({ dir }: Home): boolean {
  try {
    Deno.mkdirSync(dir, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
