/**
 * @module
 * The API's document (OpenAPI 3.1), made from the routes. Pure.
 */
import { VERSION } from "../system/version.ts";
import type { JsonSchema } from "./inputs.ts";
import { type ProblemKind, PROBLEMS } from "./problem.ts";
import type { Route } from "./route.ts";
import { PROBLEM } from "./schemas.ts";

/** What may come of any request. */
const ALWAYS: readonly ProblemKind[] = [
  "bad-input",
  "not-authenticated",
  "wrong-host",
  "too-many",
  "store-unusable",
];
/** What may come of any request that changes something. */
const OF_CHANGES: readonly ProblemKind[] = [
  "not-allowed",
  "slow-request",
  "too-large",
  "wrong-type",
  "store-full",
];

/** The document for routes below `root`. */
export function openApiDocument(routes: readonly Route[], root: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const path = root + route.url.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "queuectl",
      version: VERSION,
      description: "A background job queue for shell commands. Whoever may enqueue can run commands.",
      license: { name: "MIT", identifier: "MIT" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    security: [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "queuectl_5000", description: "with the port" },
      },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operation(route: Route): JsonSchema {
  const { method, url, summary, tag, path = {}, query = {}, headers = {}, body } = route;
  return {
    operationId: `${method.toLowerCase()}${
      url.replaceAll(/[/:]+(\w)/g, (_, letter) => letter.toUpperCase())
    }`,
    summary,
    tags: [tag],
    parameters: [
      ...Object.entries(path).map(([name, { schema, brief }]) => ({
        ...{ name, in: "path", required: true, schema, description: brief },
      })),
      ...Object.entries(query).map(([name, { schema, brief, required = false }]) => ({
        ...{ name, in: "query", required, schema, description: brief },
      })),
      ...Object.entries(headers).map(([name, { schema, brief }]) => ({
        ...{ name, in: "header", required: false, schema, description: brief },
      })),
    ],
    ...(body
      ? { requestBody: { required: true, content: { "application/json": { schema: body.schema } } } }
      : {}),
    responses: responses(route),
  };
}

function responses({ method, answer, problems = [] }: Route): JsonSchema {
  const { status = 200, description, schema, type = "application/json" } = answer;
  const content = schema || answer.type ? { content: { [type]: schema ? { schema } : {} } } : {};
  const kinds = new Set([...ALWAYS, ...(method === "GET" ? [] : OF_CHANGES), ...problems]);
  const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return {
    [status]: { description, ...content },
    ...Object.fromEntries(
      Array.from(
        kinds,
        (kind) => [PROBLEMS[kind].status, { description: PROBLEMS[kind].title, content: problem }],
      ),
    ),
  };
}
