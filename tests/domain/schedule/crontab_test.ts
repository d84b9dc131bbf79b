/**
 * @module
 * Crontabs as people have them: of users and of the system, with all that cron understands, and what is refused.
 */
import assert from "node:assert/strict";
import { type Crontab, type CrontabOptions, readCrontab } from "../../../src/domain/schedule/crontab.ts";
import { settingsFrom } from "../../../src/domain/settings.ts";
import { quoteWords } from "../../../src/system/shell_words.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

function read(text: string, more: Partial<CrontabOptions> = {}): Crontab {
  return readCrontab(text, {
    source: "crontab",
    system: false,
    prefix: "",
    zone: "UTC",
    home: "/home/you",
    timing: {},
    job: {},
    defaults: { ...settingsFrom(new Map()), now: NOW, cwd: "/work", windows: false },
    quoteWords,
    ...more,
  });
}

/** Name, time and job of each, as far as they are not the same everywhere. */
function brief({ schedules }: Crontab): Record<string, unknown>[] {
  return schedules.map(({ name, expression, job: { cwd: _, max_retries: __, ...job } }) => ({
    name,
    expression,
    ...job,
  }));
}

Deno.test("a user's crontab: comments, blank lines, names of days and months, steps, lists, words", () => {
  const text = `# m h dom mon dow command
  # indented comment

*/5 * * * * /usr/local/bin/poll.sh --quick
0 9-17/2 * * mon-fri   echo "at work" >>/tmp/log 2>&1
15,45 3 1 JAN,jul *\tbackup
@daily cd /srv && make clean
@hourly\t/usr/bin/true
`;
  assert.deepEqual(brief(read(text)), [
    { name: "poll.sh", expression: "*/5 * * * *", command: "/usr/local/bin/poll.sh --quick" },
    { name: "echo", expression: "0 9-17/2 * * mon-fri", command: 'echo "at work" >>/tmp/log 2>&1' },
    { name: "backup", expression: "15,45 3 1 JAN,jul *", command: "backup" },
    { name: "cd", expression: "@daily", command: "cd /srv && make clean" },
    { name: "true", expression: "@hourly", command: "/usr/bin/true" },
  ]);
});

Deno.test("as cron does: nothing is made up for, runs do not wait for each other, each is tried once, in the home", () => {
  const [schedule] = read("0 0 * * * true").schedules;
  assert.deepEqual(schedule, {
    ...{ name: "true", expression: "0 0 * * *", zone: "UTC", missed: "skip", overlap: "allow", jitterMs: 0 },
    job: { command: "true", cwd: "/home/you", max_retries: 0 },
  });
  const [other] =
    read("0 0 * * * true", { timing: { overlap: "skip" }, job: { max_retries: 3, queue: "q" } }).schedules;
  assert.deepEqual([other!.overlap, other!.job.max_retries, other!.job.queue], ["skip", 3, "q"]);
});

Deno.test("variables hold for the lines after them, with quotes and spaces as cron reads them", () => {
  const text = `A=1
* * * * * first
B = " two words "
C='x'
A=
* * * * * second
`;
  assert.deepEqual(brief(read(text)).map(({ env }) => env), [{ A: "1" }, {
    A: "",
    B: " two words ",
    C: "x",
  }]);
});

Deno.test("SHELL, HOME, CRON_TZ and RANDOM_DELAY mean what they mean to cron", () => {
  const text = `SHELL=/bin/bash
HOME=/srv/app
CRON_TZ=Europe/Berlin
RANDOM_DELAY=10
0 4 * * * echo {1..3}
CRON_TZ=UTC
SHELL=/bin/sh
0 4 * * * echo 1
`;
  const [first, second] = read(text).schedules;
  assert.deepEqual([first!.zone, first!.jitterMs, first!.job.cwd, first!.job.command], [
    "Europe/Berlin",
    600_000,
    "/srv/app",
    "/bin/bash -c 'echo {1..3}'",
  ]);
  assert.deepEqual([second!.zone, second!.job.command, second!.job.env], ["UTC", "echo 1", undefined]);
});

Deno.test("% ends the command, the rest is read by it line by line; an escaped one is itself", () => {
  const text = String.raw`0 0 * * * mail -s hello you%Dear you,%%all the best%
0 0 * * * date +\%F
0 0 * * * cat%50\% off
`;
  assert.deepEqual(brief(read(text)).map(({ command, stdin }) => [command, stdin]), [
    ["mail -s hello you", "Dear you,\n\nall the best\n\n"],
    ["date +%F", undefined],
    ["cat", "50% off\n"],
  ]);
});

Deno.test("line ends of Windows, a byte order mark and a missing last line end are no matter", () => {
  const text = '\ufeffMAILTO=""\r\n# x\r\n0 1 * * * true\r\n30 2 * * * false';
  assert.deepEqual(brief(read(text)).map(({ command }) => command), ["true", "false"]);
});

const ETC = `# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
-*/15 * * * * root  /usr/lib/sa/sa1
`;

Deno.test("a system's crontab names users, who must be one, or chosen", () => {
  const { schedules, notes } = read(ETC, { system: true });
  assert.deepEqual(schedules.map(({ name, job }) => [name, job.command]), [
    ["cd", "cd / && run-parts --report /etc/cron.hourly"],
    ["test", "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }"],
    ["sa1", "/usr/lib/sa/sa1"],
  ]);
  assert.match(notes.join(), /not as root/);
  const two = `${ETC}* * * * * www-data php cron.php\n`;
  assert.throws(
    () => read(two, { system: true }),
    /^BadInput: In line 8 of crontab: cannot run some lines as root and some as www-data/,
  );
  assert.deepEqual(brief(read(two, { system: true, user: "www-data" })).map(({ name }) => name), ["php"]);
});

Deno.test("names are made of commands, told apart by numbers, and may have a prefix", () => {
  const text = ["A=1 B=2 /opt/x/run.py", "/opt/run.py b", "'quoted name'", "$(cmd)", "-", "run.py"]
    .map((command) => `0 0 * * * ${command}`).join("\n");
  assert.deepEqual(brief(read(text)).map(({ name }) => name), [
    "run.py",
    "run.py-2",
    "quoted",
    "cmd",
    "cron",
    "run.py-3",
  ]);
  assert.equal(read("0 0 * * * true", { prefix: "old-" }).schedules[0]!.name, "old-true");
});

Deno.test("two day fields widen each other, unless one begins with a star, as in cron", () => {
  const text = "0 0 1 * 1 a\n0 0 */2 * 1 b\n0 0 1-7 * */7 c\n0 0 * * 7 d\n";
  assert.deepEqual(brief(read(text)).map(({ expression }) => expression), [
    "0 0 1 * 1",
    "0 0 */2 * +1",
    "0 0 1-7 * +*/7",
    "0 0 * * 7",
  ]);
});

Deno.test("mail that is asked for is not sent, which is said", () => {
  assert.deepEqual(read('MAILTO=""\n0 0 * * * true').notes, []);
  assert.match(read("MAILTO=you@example.org\n0 0 * * * true").notes.join(), /No mail is sent/);
});

Deno.test("a minute's word of other crons is understood", () => {
  assert.deepEqual(brief(read("@every_minute true\n@midnight true\n")).map(({ expression }) => expression), [
    "* * * * *",
    "@midnight",
  ]);
});

const REFUSED: readonly [text: string, why: RegExp][] = [
  [
    "0 0 * * * true\n@reboot start",
    /^In line 2 of crontab: cannot use the schedule "@reboot": there is no such time/,
  ],
  ["0 0 * * *", /^In line 1 of crontab: .* there is no command/],
  ["0 0 * *", /it takes five fields/],
  ["nonsense", /it takes five fields/],
  ["61 * * * * true", /invalid value for minute: 61/],
  ["0 0 31 2 * true", /it never comes/],
  ["0 22-2 * * * true", /from value is larger/],
  ["0~59 * * * * true", /illegal characters/],
  ["CRON_TZ=Mars/Olympus\n0 0 * * * true", /^In line 2 of crontab: cannot use tz "Mars\/Olympus"/],
  ["RANDOM_DELAY=often\n", /^In line 1 of crontab: cannot use RANDOM_DELAY/],
  ["RANDOM_DELAY=10\n* * * * * true", /jitter "10m": it must be shorter/],
  ["START_HOURS_RANGE=3-22\n", /anacron/],
  ["1 5 cron.daily nice run-parts /etc/cron.daily", /syntax error/],
  ["0 0 * * * %hello", /without a command/],
  ["QUEUECTL_SLOT=1\n0 0 * * * true", /it is set by queuectl/],
];

for (const [text, why] of REFUSED) {
  Deno.test(`a crontab with ${JSON.stringify(text)} is refused with its line`, () => {
    assert.throws(() => read(text), (error: Error) => {
      assert.match(error.message, why);
      assert.match(error.message, /^In line \d+ of crontab: /);
      return true;
    });
  });
}
