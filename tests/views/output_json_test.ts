/**
 * @module
 * What an attempt printed, as JSON: text wherever it is text, and never a byte lost or changed.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { outputJson, type Span } from "../../src/views/output_json.ts";

const utf8 = new TextEncoder();

function spansOf(...chunks: (string | number[])[]): Span[] {
  let start = 0;
  const pieces = chunks.map((chunk, piece) => {
    const bytes = typeof chunk === "string" ? utf8.encode(chunk) : Uint8Array.from(chunk);
    const stored = { piece, stream: "stdout" as const, start, bytes, seenAt: null };
    start += bytes.length;
    return stored;
  });
  return outputJson(pieces, ["stdout"]).stdout!;
}

Deno.test("a character that two pieces share is text", () => {
  assert.deepEqual(spansOf("a", [0xe2, 0x82], [0xac], "b"), [{ start: 0, text: "a€b" }]);
});

Deno.test("one bad byte makes only itself base64", () => {
  const long = "x".repeat(100_000);
  assert.deepEqual(spansOf(long, [0xff], long), [
    { start: 0, text: long },
    { start: 100_000, base64: "/w==" },
    { start: 100_001, text: long },
  ]);
});

Deno.test("a character that was cut off at a hole leaves the rest text", () => {
  const bytes = utf8.encode("eins€");
  const pieces = [
    { piece: 1, stream: "stdout" as const, start: 0, bytes: bytes.subarray(0, -1), seenAt: null },
    {
      piece: 2,
      stream: "stdout" as const,
      start: 1000,
      bytes: Uint8Array.of(0xac, ...utf8.encode("zwei")),
      seenAt: 5,
    },
  ];
  assert.deepEqual(outputJson(pieces, ["stdout"]).stdout, [
    { start: 0, text: "eins" },
    { start: 4, base64: "4oI=" },
    { start: 1000, base64: "rA==" },
    { start: 1001, text: "zwei" },
  ]);
});

Deno.test("the parts together are the bytes, and text is what the platform takes for UTF-8", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 12 }).map((bytes) => [...bytes]),
    fc.constantFrom("a", "ß€", "𝄞", "\ufeff", "\ud7ff\ue000", "twelve bytes"),
  );
  fc.assert(fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
    const whole = chunks.flatMap((one) => typeof one === "string" ? [...utf8.encode(one)] : one);
    const spans = spansOf(...chunks);
    const bytes = spans.map((span) =>
      "text" in span ? utf8.encode(span.text) : Uint8Array.from(atob(span.base64), (c) => c.charCodeAt(0))
    );
    assert.deepEqual(bytes.flatMap((one) => [...one]), whole);
    let isText = true;
    try {
      fatal.decode(Uint8Array.from(whole));
    } catch {
      isText = false;
    }
    assert.equal(spans.every((span) => "text" in span), isText);
  }));
});
