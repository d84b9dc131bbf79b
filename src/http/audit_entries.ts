/**
 * @module
 * The lines of the audit log as they are shown: what kind each is, and pages of those that are asked for.
 */
import { linesBefore } from "../logs/lines_before.ts";
import { isObject } from "./inputs.ts";

/** What a line tells of: a change, one that was refused, somebody who got in, or who tried. */
export const AUDIT_KINDS = ["change", "refused", "login", "failed_login", "left_out"] as const;

/** A line. */
export interface AuditEntry {
  kind: typeof AUDIT_KINDS[number];
  /** ISO 8601. */
  time: string;
  /** Whom it came from; null where that was left out. */
  address: string | null;
  /** How the sender said who it is: `token`, `cookie` or `nothing`. */
  via: string | null;
  method: string | null;
  path: string | null;
  status: number | null;
  /** So many tries had no line in the minute before. */
  left_out: number | null;
  /** Jobs that it has changed, where the path does not name them, or those of them that are named. */
  jobs?: string[];
  /** And so many more. */
  more_jobs?: number;
  /** It has changed all jobs that this found. */
  filter?: Record<string, unknown>;
}

/** Which lines. */
export interface AuditPage {
  path: string;
  kind?: AuditEntry["kind"] | undefined;
  address?: string | undefined;
  /** Only what names this, or found jobs by it: a job, a queue, a schedule. */
  about?: string | undefined;
  /** From the page before. */
  before?: number | undefined;
  limit: number;
}

/** Lines that are looked through for a page: where only few are meant, it goes on with the next one. */
const MOST_LOOKED_AT = 50_000;

/** A page of them, the latest first, and where the next one begins; null when this is the last. */
export function auditEntries(
  { path, kind, address, about, before, limit }: AuditPage,
): { entries: AuditEntry[]; before: number | null } {
  const entries: AuditEntry[] = [];
  let looked = 0;
  for (const { start, text } of linesBefore(path, before)) {
    const entry = entryOf(text);
    const isMeant = entry && (kind === undefined || entry.kind === kind) &&
      (address === undefined || entry.address === address) &&
      (about === undefined || isAbout(entry, about));
    if (isMeant) entries.push(entry);
    looked += 1;
    if (start > 0 && (entries.length === limit || looked === MOST_LOOKED_AT)) {
      return { entries, before: start };
    }
  }
  return { entries, before: null };
}

function isAbout({ path, jobs = [], filter = {} }: AuditEntry, name: string): boolean {
  return jobs.includes(name) || Object.values(filter).flat().includes(name) ||
    path !== null && path.split("/").includes(encodeURIComponent(name));
}

/** Undefined for what is no line of it, such as one that was cut off when the disk was full. */
function entryOf(text: string): AuditEntry | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(line) || typeof line.time !== "string") return undefined;
  const texts = (key: string) => typeof line[key] === "string" ? line[key] : null;
  const numbers = (key: string) => typeof line[key] === "number" ? line[key] : null;
  const entry = {
    time: line.time,
    ...{ address: texts("address"), via: texts("via"), method: texts("method"), path: texts("path") },
    ...{ status: numbers("status"), left_out: numbers("left_out") },
  };
  const { jobs, more_jobs: more, filter } = line;
  return {
    kind: kindOf(entry),
    ...entry,
    ...Array.isArray(jobs) && { jobs: jobs.filter((id) => typeof id === "string") },
    ...typeof more === "number" && { more_jobs: more },
    ...isObject(filter) && { filter },
  };
}

function kindOf({ method, path, status, via, left_out }: Omit<AuditEntry, "kind">): AuditEntry["kind"] {
  if (left_out !== null) return "left_out";
  const isLooking = method === "GET" || method === "HEAD";
  if (path === "/session" || isLooking) return status !== null && status < 400 ? "login" : "failed_login";
  if (status === 401) return via === "nothing" ? "refused" : "failed_login";
  return status === 403 || status === 405 || status === 421 || status === 429 ? "refused" : "change";
}
