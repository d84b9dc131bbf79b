/**
 * @module
 * The pages take the same names for secrets as the server.
 */
import assert from "node:assert/strict";
import { MASK, soundsSecret, withoutPasswords } from "../../src/domain/secrets.ts";

Deno.test("pages and server take the same names for secrets", async () => {
  const pages = await import(new URL("../../web/secrets.js", import.meta.url).href);
  assert.equal(pages.MASK, MASK);
  const names = [
    "API_TOKEN",
    "PGPASSWORD",
    "SSH_KEY",
    "AUTHOR",
    "KEYBOARD",
    "api-key",
    "COOKIE",
    "x.auth",
    "HOME",
  ];
  assert.deepEqual(names.map(pages.soundsSecret), names.map(soundsSecret));
  for (
    const text of ["postgres://app:s3cret@db/x", "see https://a.example:8080/x and amqp://u:p@h", "a:b@c"]
  ) {
    assert.equal(pages.withoutPasswords(text), withoutPasswords(text));
  }
  assert.equal(pages.masked("DATABASE_URL", "postgres://app:s3cret@db"), `postgres://app:${MASK}@db`);
});
