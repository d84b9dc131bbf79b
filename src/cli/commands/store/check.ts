/**
 * @module
 * `queuectl store check`.
 */
import { checkServerOf } from "../../../store/check.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { duration } from "../../line/flags.ts";
import { type Finding, ok } from "../doctor/finding.ts";
import { printFindings } from "../doctor/print_findings.ts";

export const command: Target = defineCommand({
  brief: "Look whether the server that keeps the jobs is fit for it",
  description:
    "Whether it is reached, what it lets this user do, how safe what it has acknowledged is, TLS, clocks, " +
    "poolers and connections. Ends with exit code 1 when there is a problem, 3 when the server cannot be used; warnings are none. " +
    "Changes nothing.",
  examples: [
    ["store check", "the server in use"],
    ["store check --store postgres://work@db.example/work", "one that may become it"],
  ],
  flags: { timeout: duration("how long to wait for the server (default: 10s)") },
  async run(context, { timeout }) {
    const { meant, clock } = context;
    const findings: Finding[] = [];
    if (meant.address === undefined) {
      findings.push(ok("server", "none: jobs are kept in the home; see doctor"));
    }
    for await (const finding of checkServerOf(meant, { clock, timeoutMs: timeout })) findings.push(finding);
    return printFindings(context, findings);
  },
});
