/**
 * @module
 * What a command prints without end, kept small while it does: the file is real, and grows as the test says.
 */
import assert from "node:assert/strict";
import { punchHole } from "../../src/worker/process/posix/hole.ts";
import { removeSpool, streamPath, wasTrimmedSince } from "../../src/worker/spool/spool.ts";
import { type Means, StreamFile } from "../../src/worker/spool/stream_file.ts";
import { PendingOutput } from "../../src/worker/supervisor/pending_output.ts";
import { SpoolReader } from "../../src/worker/thread/spool_reader.ts";
import { mayPunch } from "../helpers/holes.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const LIMIT = 100_000;
const KIB = 1024;
const MIB = 1024 * KIB;
/** A stream that looks like itself only after 7 MB, which is more than any test prints. */
const TEXT = Array.from({ length: 700_000 }, (_, i) => `${i}`.padStart(9) + "\n").join("");

function textAt(from: number, length: number): string {
  assert.ok(from + length <= TEXT.length);
  return TEXT.slice(from, from + length);
}

/** A stream that grows as the test says. */
class Growing {
  readonly spool: string;
  readonly path: string;
  printed = 0;
  constructor(dir: TempDir) {
    this.spool = dir.file("0123abcd");
    this.path = streamPath(this.spool, "stdout");
    Deno.writeTextFileSync(this.path, "");
  }
  print(length: number): void {
    Deno.writeTextFileSync(this.path, textAt(this.printed, length), { append: true });
    this.printed += length;
  }
  get allocated(): number {
    return Deno.statSync(this.path).blocks! * 512;
  }
}

const NEVER: Means = { appends: true, isRoomy: () => false, punchHole: () => Promise.resolve(false) };

/** What is kept must be the beginning and the end. */
function checkKept(file: StreamFile, { printed }: Growing): void {
  assert.equal(file.size(), printed);
  for (const [from, length] of [[0, file.head], [printed - file.tail, file.tail]] as const) {
    using open = file.open(from);
    const bytes = new Uint8Array(length);
    assert.equal(open.readSync(bytes), length);
    assert.equal(new TextDecoder().decode(bytes), textAt(from, length));
  }
}

const PUNCHES = await mayPunch();
const punches: Promise<boolean>[] = [];
/** Holes that are awaited in the end, so that no test leaves one behind. */
const PUNCHING: Means = {
  appends: true,
  isRoomy: () => false,
  punchHole(path, range) {
    const punch = punchHole(path, range);
    punches.push(punch);
    return punch;
  },
};
const ways: { name: string; means: Means; ignore: boolean }[] = [
  { name: "holes", means: PUNCHING, ignore: !PUNCHES },
  { name: "cutting", means: NEVER, ignore: false },
];

for (const { name, means, ignore } of ways) {
  Deno.test(`by ${name}, a stream keeps its beginning and its end in little room`, { ignore }, async () => {
    using dir = tempDir();
    const growing = new Growing(dir);
    const file = new StreamFile(
      { spool: growing.spool, stream: "stdout", limit: LIMIT, known: false },
      means,
    );
    let now = 0;
    while (growing.printed < 2 * MIB) {
      growing.print(150_001);
      file.keepSmall(now += 50);
      checkKept(file, growing);
      await until("there is room again", () => {
        file.keepSmall(now += 50);
        return growing.allocated < LIMIT + 512 * KIB;
      });
      checkKept(file, growing);
    }
    await Promise.all(punches);
  });

  Deno.test(`by ${name}, whoever comes later reads on, whatever the limit is then`, { ignore }, async () => {
    using dir = tempDir();
    const growing = new Growing(dir);
    const { spool } = growing;
    const first = new StreamFile({ spool, stream: "stdout", limit: LIMIT, known: false }, means);
    growing.print(1.5 * MIB);
    await until("there is room again", () => {
      first.keepSmall(0);
      return growing.allocated < LIMIT + 512 * KIB;
    });
    for (const limit of [LIMIT * 5, 10]) {
      growing.print(150_001);
      const next = new StreamFile({ spool, stream: "stdout", limit, known: true }, means);
      assert.equal(next.head + next.tail, LIMIT);
      checkKept(next, growing);
      growing.print(1.5 * MIB);
      await until("there is room again", () => {
        next.keepSmall(0);
        return growing.allocated < LIMIT + 512 * KIB;
      });
      checkKept(next, growing);
    }
    await Promise.all(punches);
  });
}

Deno.test("a stream that outruns a hole is cut, and what the hole takes then is none of it", async () => {
  using dir = tempDir();
  const growing = new Growing(dir);
  const punched = Promise.withResolvers<boolean>();
  let hole: { from: number; length: number } | undefined;
  const file = new StreamFile({ spool: growing.spool, stream: "stdout", limit: LIMIT, known: false }, {
    appends: true,
    isRoomy: () => false,
    punchHole: (_path, range) => {
      hole ??= range;
      return punched.promise;
    },
  });
  growing.print(MIB);
  file.keepSmall(0);
  assert.ok(hole);
  for (let i = 0; i < 3; i++) {
    growing.print(1.5 * MIB);
    file.keepSmall(1);
    checkKept(file, growing);
    assert.ok(growing.allocated < 2 * MIB);
  }
  // What a hole does to a file.
  using open = Deno.openSync(growing.path, { write: true });
  open.seekSync(hole.from, Deno.SeekMode.Start);
  open.writeSync(new Uint8Array(hole.length));
  punched.resolve(true);
  await punched.promise;
  checkKept(file, growing);
});

Deno.test("a stream that its command has emptied is given back from its beginning on again", async () => {
  using dir = tempDir();
  const growing = new Growing(dir);
  const holes: number[] = [];
  const file = new StreamFile({ spool: growing.spool, stream: "stdout", limit: LIMIT, known: false }, {
    appends: true,
    isRoomy: () => false,
    punchHole(_path, { from }) {
      holes.push(from);
      return Promise.resolve(true);
    },
  });
  const print = async () => {
    growing.print(0.9 * MIB);
    file.keepSmall(0);
    await Promise.resolve();
    await Promise.resolve();
  };
  await print();
  await print();
  Deno.truncateSync(growing.path);
  file.keepSmall(0);
  await print();
  const [first, second, third] = holes;
  assert.deepEqual([first! < second!, third], [true, first]);
});

for (const { name, means, ignore } of ways) {
  Deno.test(`others see for some time that room was made by ${name}`, { ignore }, async () => {
    using dir = tempDir();
    const growing = new Growing(dir);
    const file = new StreamFile(
      { spool: growing.spool, stream: "stdout", limit: LIMIT, known: false },
      means,
    );
    growing.print(MIB);
    assert.equal(file.overflowedSince(0), true);
    assert.equal(wasTrimmedSince(dir.path, 0), false);
    await until("there is room again", () => {
      file.keepSmall(7);
      return growing.allocated < LIMIT + 512 * KIB;
    });
    assert.deepEqual([file.overflowedSince(7), file.overflowedSince(8)], [true, false]);
    assert.equal(wasTrimmedSince(dir.path, Date.now() - 60_000), true);
    assert.equal(wasTrimmedSince(dir.path, Date.now() + 60_000), false);
    await Promise.all(punches);
  });
}

Deno.test("a fast stream is looked at soon, and a silent one seldom", () => {
  using dir = tempDir();
  const growing = new Growing(dir);
  const file = new StreamFile({ spool: growing.spool, stream: "stdout", limit: LIMIT, known: false }, NEVER);
  assert.ok(file.keepSmall(0).pauseMs <= 5); // it may begin in haste
  assert.equal(file.keepSmall(5000).pauseMs, 50);
  growing.print(2 * MIB);
  assert.ok(file.keepSmall(5001).pauseMs <= 2);
  assert.equal(file.keepSmall(5100).pauseMs, 50);
});

Deno.test("what is stored of a stream that was cut has its places in it, and its spool goes altogether", () => {
  using dir = tempDir();
  const growing = new Growing(dir);
  Deno.writeTextFileSync(streamPath(growing.spool, "stderr"), "fine\n");
  const reader = new SpoolReader(growing.spool, 1000);
  const pending = new PendingOutput();
  for (let now = 0; growing.printed < 4 * MIB; now += 600) {
    growing.print(1.5 * MIB);
    reader.keepSmall(now);
    pending.add("", reader.live(now));
  }
  growing.print(777);
  pending.add("", reader.rest());
  const pieces = pending.take().flatMap((one) => one.pieces);
  const kept = pieces.filter(({ stream }) => stream === "stdout");
  for (const { start, bytes } of kept) {
    assert.equal(new TextDecoder().decode(bytes), textAt(start, bytes.length));
  }
  assert.equal(kept[0]!.start, 0);
  const last = kept.at(-1)!;
  assert.equal(last.start + last.bytes.length, growing.printed);
  assert.equal(new TextDecoder().decode(pieces.find(({ stream }) => stream === "stderr")!.bytes), "fine\n");
  assert.equal(reader.trimmed, true);
  removeSpool(growing.spool, { end: undefined, trimmed: reader.trimmed, input: false });
  assert.deepEqual([...Deno.readDirSync(dir.path)].filter(({ name }) => name.startsWith("0123abcd")), []);
});
