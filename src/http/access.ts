/**
 * @module
 * Who may do what: tokens, compared in constant time, and tries with wrong ones slowed down. A browser brings its token
 * once, in the address that was printed, and gets a cookie for it; programs send `Authorization: Bearer`.
 */
import type { Clock } from "../system/clock.ts";
import type { Right } from "./route.ts";
import { HttpProblem } from "./problem.ts";
import { sha256 } from "./sha256.ts";

export interface Tokens {
  /** Allows everything; null: nobody needs one. */
  change: string | null;
  /** Allows to look; null is none. */
  read: string | null;
}

/** A new token: 256 bits that nobody can guess. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The shortest token that may be chosen: shorter ones could be guessed. */
export const SHORTEST_TOKEN = 16;

/** How long a wrong token is waited for: doubled with every other one from the same address, up to the longest. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** After so long without one, an address begins anew. */
const FORGET_MS = 300_000;
const MOST_ADDRESSES = 10_000;
/** Tries of one address that wait at the same time; further ones are refused at once. */
const MOST_WAITING = 4;

interface Tries {
  failed: number;
  waiting: number;
  last: number;
}

export class Access {
  readonly #tokens: Tokens;
  readonly #clock: Clock;
  readonly #tries = new Map<string, Tries>();

  /** For the tokens of a server. */
  constructor(tokens: Tokens, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /**
   * What a request may do, by its token.
   * @throws {HttpProblem} when it has none, or, after a while, a wrong one
   */
  async rightOf(request: Request, address: string): Promise<Right> {
    if (this.#tokens.change === null) return "change";
    const given = bearerOf(request) ?? cookieOf(request);
    if (given === undefined) throw new HttpProblem("not-authenticated", NO_TOKEN, CHALLENGE);
    const right = await this.rightOfGiven(given, address);
    if (right) return right;
    throw new HttpProblem("not-authenticated", WRONG_TOKEN, CHALLENGE);
  }

  /** What a token allows that somebody gives; undefined, after a while, for a wrong one. */
  async rightOfGiven(token: string, address: string): Promise<Right | undefined> {
    const right = await this.#rightOfToken(token);
    if (right === undefined) await this.#slowDown(address);
    return right;
  }

  /** Whether a request may look. A wrong token is not slowed down here: an old cookie is no guess. */
  async knows(request: Request): Promise<boolean> {
    if (this.#tokens.change === null) return true;
    const given = bearerOf(request) ?? cookieOf(request);
    return given !== undefined && await this.#rightOfToken(given) !== undefined;
  }

  async #rightOfToken(token: string): Promise<Right | undefined> {
    const { change, read } = this.#tokens;
    // Always compared with both, so that the time it takes says nothing of either.
    const [isChange, isRead] = [await isSame(token, change), await isSame(token, read)];
    if (isChange) return "change";
    return isRead ? "read" : undefined;
  }

  /** The cookie that stands for a token. `secure`: to be sent by TLS only. */
  cookieFor(request: Request, { token, secure }: { token: string; secure: boolean }): string {
    return `${cookieName(request)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000${
      secure ? "; Secure" : ""
    }`;
  }

  /** Makes the next wrong token of an address slower. @throws {HttpProblem} when too many wait already */
  async #slowDown(address: string): Promise<void> {
    const now = this.#clock.now();
    const known = this.#tries.get(address);
    const tries = known && now - known.last < FORGET_MS ? known : { failed: 0, waiting: 0, last: now };
    this.#tries.delete(address);
    this.#tries.set(address, tries); // the one that was seen last stands last
    if (this.#tries.size > MOST_ADDRESSES) this.#tries.delete(this.#tries.keys().next().value!);
    if (tries.waiting >= MOST_WAITING) {
      throw new HttpProblem("too-many", "Too many wrong tokens from this address", { "retry-after": "10" });
    }
    tries.last = now;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries.failed);
    tries.failed = Math.min(tries.failed + 1, 30);
    tries.waiting += 1;
    await this.#clock.sleep(waitMs);
    tries.waiting -= 1;
  }
}

const NO_TOKEN =
  "A token is needed: open the address that the server printed, or send Authorization: Bearer TOKEN";
const WRONG_TOKEN = "This token is not valid: the server prints the address with a valid one when it starts";
const CHALLENGE = { "www-authenticate": 'Bearer realm="queuectl"' };

function bearerOf(request: Request): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/** Browsers do not tell the ports of a host apart, but two dashboards on one have two tokens. */
function cookieName({ url }: Request): string {
  const { port, protocol } = new URL(url);
  return `queuectl_${port || (protocol === "https:" ? 443 : 80)}`;
}

function cookieOf(request: Request): string | undefined {
  const name = cookieName(request);
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return undefined;
}

/** Compares digests: they have the same length, and where they differ says nothing of the token. */
async function isSame(given: string, token: string | null): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(given), sha256(token ?? "")]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0 && token !== null;
}
