/**
 * @module
 * From anything thrown to the problem document that a client gets (RFC 9457), with the sentence that the command line
 * would print.
 */
import { BadInput, NoSuch, Refused, StoreFull, StoreUnusable, UserError } from "../domain/errors.ts";

/** A problem document. */
export interface ProblemJson {
  /** What kind of problem it is, within this API. */
  type: string;
  /** The same in words, without the case at hand. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** The case at hand: one sentence. */
  detail: string;
}

/** The kinds: their statuses and titles. */
export const PROBLEMS = {
  "bad-input": { status: 400, title: "Wrong usage or bad input; nothing was changed" },
  "not-authenticated": { status: 401, title: "A token is needed" },
  "not-allowed": { status: 403, title: "This may not be done" },
  "not-found": { status: 404, title: "There is no such thing" },
  "wrong-method": { status: 405, title: "This cannot be done to that" },
  "slow-request": { status: 408, title: "The request took too long to arrive" },
  "refused": { status: 409, title: "The state of things does not allow it" },
  "gone": { status: 410, title: "It was there and is gone" },
  "too-large": { status: 413, title: "The request is too large" },
  "wrong-type": { status: 415, title: "The request is not JSON" },
  "wrong-host": { status: 421, title: "This server has another name" },
  "too-many": { status: 429, title: "Too many at once" },
  "defect": { status: 500, title: "A defect of queuectl" },
  "store-unusable": { status: 503, title: "The store cannot be used" },
  "store-full": { status: 507, title: "There is no room left" },
} as const satisfies Record<string, { status: number; title: string }>;

/** A kind of problem. */
export type ProblemKind = keyof typeof PROBLEMS;

/** An error that has its kind with it: thrown where the kind is known. */
export class HttpProblem extends Error {
  /** Its kind. */
  readonly kind: ProblemKind;
  /** Further headers of the response. */
  readonly headers: Readonly<Record<string, string>>;

  /** `message` is the sentence. */
  constructor(kind: ProblemKind, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.kind = kind;
    this.headers = headers;
  }
}

/** The response for anything that was thrown. */
export function problemResponse(error: unknown): Response {
  const kind = error instanceof HttpProblem ? error.kind : kindOf(error);
  const { status, title } = PROBLEMS[kind];
  const known = error instanceof HttpProblem || error instanceof UserError;
  // What a defect says may be about files and code: it is for the one who runs the server.
  const detail = known ? error.message : "This is a defect of queuectl; its server has printed more";
  const document: ProblemJson = { type: `/problems/${kind}`, title, status, detail };
  return new Response(JSON.stringify(document), {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(error instanceof HttpProblem ? error.headers : {}),
    },
  });
}

function kindOf(error: unknown): ProblemKind {
  if (error instanceof BadInput) return "bad-input";
  if (error instanceof NoSuch) return "not-found";
  if (error instanceof Refused) return "refused";
  if (error instanceof StoreFull) return "store-full";
  if (error instanceof StoreUnusable) return "store-unusable";
  return "defect";
}
