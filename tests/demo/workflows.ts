/**
 * @module
 * The demo's second part: three workflows as people have them, of commands that every machine has. A file is compressed in
 * parallel and joined; a build is tested, and reported on whatever came of it; a crawl adds what it finds.
 */
import type { JobJson } from "../../src/views/job_json.ts";
import type { Stage } from "./stage.ts";

const CHUNKS = 4;

const BUILD = [
  { name: "build", command: "printf 'echo 42\\n' >app.sh" },
  { name: "runs", command: '[ "$(sh app.sh)" = 42 ]', after: "build", max_retries: 0 },
  { name: "is-short", command: "[ $(wc -l <app.sh) -lt 9 ]", after: "build", max_retries: 0 },
  { name: "has-docs", command: "[ -e app.txt ]", after: "build", max_retries: 0 },
  { name: "ship", command: "cp app.sh shipped.sh", after: ["runs", "is-short", "has-docs"] },
  {
    name: "report",
    command: "queuectl list --queue build --state dead --format '{command}' >report.txt",
    after_ended: ["runs", "is-short", "has-docs"],
  },
];

/** Pages and what they link to. */
const SITE = { index: ["about", "news"], about: ["index", "team"], news: ["about"], team: ["index"] };

/** Reads a page, once, and adds a job for each link. */
const CRAWL = `mkdir "seen-$1" 2>/dev/null || exit 0
curl -s "file://$PWD/$1.html" | while read -r link; do
  queuectl --quiet enqueue --queue crawl --group "$QUEUECTL_GROUP" -- sh crawl.sh "$link"
done
`;

/** Queues all three, and says what is about to happen. */
export async function enqueueWorkflows(stage: Stage, say: (text: string) => void): Promise<void> {
  const lines = (jobs: readonly unknown[]) => jobs.map((job) => JSON.stringify(job)).join("\n") + "\n";
  say(
    "Chunks of a file are compressed in parallel, then joined: an array is a group, and --then comes after it.",
  );
  await stage.run(
    `queuectl enqueue --queue encode --id split 'seq 1 200000 >film; split -n l/${CHUNKS} -d film chunk.'`,
  );
  await stage.run(
    `queuectl enqueue --queue encode --after split --group film --array 0-${CHUNKS - 1} ` +
      "--then 'cat chunk.*.gz >film.gz' 'gzip chunk.0$QUEUECTL_INDEX' | tail -n 1",
  );
  await stage.run(
    "queuectl needs $(queuectl list --queue encode --format '{id}' | head -n 1); queuectl group list",
  );
  say(
    "A build is tested in three ways. It is shipped if all are well, and reported on whatever came of them.",
  );
  stage.write("build.json", lines(BUILD));
  await stage.run("queuectl enqueue --file build.json --queue build | tail -n 1");
  say(
    "A crawl: each page adds a job for each of its links to its own group. When none is left, they are counted.",
  );
  for (const [page, links] of Object.entries(SITE)) stage.write(`${page}.html`, links.join("\n") + "\n");
  stage.write("crawl.sh", CRAWL);
  await stage.run(
    "queuectl enqueue --queue crawl --group crawl -- sh crawl.sh index; queuectl group seal crawl",
  );
  await stage.run("queuectl enqueue --after-group crawl 'ls -d seen-* | wc -l >pages.txt'");
}

/** What has to hold of them in the end. */
export async function checkWorkflows(
  stage: Stage,
  jobs: readonly JobJson[],
): Promise<[what: string, holds: boolean][]> {
  const of = (queue: string, command: RegExp) =>
    jobs.filter((job) => job.queue === queue && command.test(job.command));
  const ms = (time: string | null) => Date.parse(time!);
  const [split] = of("encode", /^seq/);
  const pages = (await stage.read("cat pages.txt")).trim();
  const [join] = of("encode", /^cat/);
  const parts = of("encode", /^gzip/);
  const [ship] = of("build", /^cp/);
  const seen = (await stage.read("ls -d seen-* | wc -l")).trim();
  return [
    [
      "the parts were compressed after the split and before the join",
      parts.length === CHUNKS &&
      parts.every((part) =>
        ms(part.started_at) >= ms(split!.finished_at) && ms(part.finished_at) <= ms(join!.started_at)
      ),
    ],
    [
      "and came to the same file",
      await stage.read("gzip -dc film.gz | cmp - film && echo same") === "same\n",
    ],
    ["what one test kept from being shipped was not", ship!.state === "skipped"],
    ["the report came all the same", await stage.read("cat report.txt") === "[ -e app.txt ]\n"],
    ["each page was read once", seen === String(Object.keys(SITE).length)],
    ["and all of them were counted, after the last", pages === seen],
  ];
}
