/**
 * @module
 * Requests made up from the API's own document, half of them wrong: none may find a defect, get an answer that the
 * document does not foresee, or change anything without a right to it.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { ApiClient, READ_TOKEN, startDashboard } from "../helpers/dashboard.ts";
import { testStore } from "../helpers/worker.ts";

const RUNS = 600;

/** A request to be sent. */
interface Request {
  method: string;
  path: string;
  body: unknown;
}

// deno-lint-ignore no-explicit-any -- a document of a standard's own shape
type Schema = any;

/** Values that a schema allows, mostly. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  const fitting = fittingValues(schema);
  return fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 1, arbitrary: fc.jsonValue() });
}

function fittingValues(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.oneOf) return fc.oneof(...schema.oneOf.map(fittingValues));
  const [type] = [schema.type].flat();
  switch (type) {
    case "integer":
      return fc.integer({
        min: Math.max(schema.minimum ?? -1000, -1e9),
        max: Math.min(schema.maximum ?? 1000, 1e9),
      });
    case "number":
      return fc.double({ min: 0, max: 1000, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valuesOf(schema.items), { minLength: 1, maxLength: 4 });
    case "object": {
      const properties = Object.entries<Schema>(schema.properties ?? {});
      return fc.record(
        Object.fromEntries(properties.map(([name, inner]) => [name, valuesOf(inner)])),
        { requiredKeys: schema.required ?? [] },
      );
    }
    default:
      return fc.oneof(
        fc.constantFrom("default", "j1", "j2", "named", "2030-01-01T00:00:00Z", "10m", "true"),
        fc.string({ maxLength: 20 }),
        fc.string({ unit: "binary", maxLength: 20 }),
      );
  }
}

/** Requests for every operation of a document. */
function requestsOf(document: Schema): fc.Arbitrary<Request> {
  const operations = Object.entries<Schema>(document.paths).flatMap(([url, methods]) =>
    Object.entries<Schema>(methods)
      // streams do not end
      .filter(() => !url.endsWith("/events"))
      .map(([method, operation]) => requestOf(url.replace("/api/v1", ""), method.toUpperCase(), operation))
  );
  return fc.oneof(...operations);
}

function requestOf(url: string, method: string, { parameters, requestBody }: Schema): fc.Arbitrary<Request> {
  const query = parameters.filter((one: Schema) => one.in === "query");
  const body = requestBody?.content["application/json"].schema;
  return fc.record({
    ids: fc.array(fc.constantFrom("j1", "j2", "named", "default", "nobody", "%00", "..%2f..", "<b>"), {
      minLength: 2,
      maxLength: 2,
    }),
    query: fc.record(Object.fromEntries(query.map((one: Schema) => [one.name, valuesOf(one.schema)])), {
      requiredKeys: [],
    }),
    body: body ? valuesOf(body) : fc.constantFrom(undefined, {}, { x: 1 }),
  }).map(({ ids, query, body }) => {
    let n = 0;
    const path = url.replaceAll(/\{\w+\}/g, () => ids[n++]!);
    const pairs = Object.entries(query).map((
      [name, value],
    ): [string, string] => [
      name,
      (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
    ]);
    return {
      method,
      path: pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path,
      body: method === "GET" ? undefined : body,
    };
  });
}

Deno.test("requests made up from the document find no defect", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  await test.enqueue("true", { id: "named" });
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(requestsOf(api.document), async ({ method, path, body }) => {
      const { status, text } = await api.send(method, path, { body });
      assert.ok(status < 500, `${method} ${path} ${JSON.stringify(body)} gave ${status}: ${text}`);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }),
    { numRuns: RUNS },
  );
  // It would prove little if hardly any of them were understood.
  assert.ok((seen.get(200) ?? 0) + (seen.get(201) ?? 0) > RUNS / 10, JSON.stringify([...seen]));
  assert.ok((seen.get(400) ?? 0) > RUNS / 20, JSON.stringify([...seen]));
  assert.deepEqual(await test.store.recount(), []);
  assert.deepEqual(await test.store.care.check!(), []);
});

Deno.test("requests made up from the document change nothing with a token that only reads", async () => {
  using test = await testStore();
  await using server = await startDashboard(test.home);
  const api = await ApiClient.of(server);
  for (const id of ["named", null]) await test.enqueue("true", { id });
  const before = JSON.stringify([await test.store.list({ limit: 100 }), await test.store.queues()]);
  await fc.assert(
    fc.asyncProperty(requestsOf(api.document), async ({ method, path, body }) => {
      const { status } = await api.send(method, path, { body, token: READ_TOKEN });
      assert.ok(
        method === "GET" ? status < 500 : status === 403 || status === 404,
        `${method} ${path}: ${status}`,
      );
    }),
    { numRuns: RUNS / 2 },
  );
  const settings = await test.store.settings();
  assert.equal(JSON.stringify([await test.store.list({ limit: 100 }), await test.store.queues()]), before);
  assert.equal(settings.size, 0);
});
