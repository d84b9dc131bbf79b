/**
 * @module
 * What of a text looks like a secret.
 */
import assert from "node:assert/strict";
import { soundsSecret, withoutSecrets } from "../../src/domain/secrets.ts";

Deno.test("soundsSecret() knows the names that people give to secrets, and leaves others", () => {
  for (
    const name of [
      "API_TOKEN",
      "db_password",
      "AWS_SECRET_ACCESS_KEY",
      "SSH_KEY",
      "api-key",
      "AUTH",
      "PGPASSWORD",
    ]
  ) {
    assert.ok(soundsSecret(name), name);
  }
  for (const name of ["KEYBOARD", "AUTHOR", "PATH", "MONKEY", "COMPASS", "HOME", "PASSENGERS"]) {
    assert.ok(!soundsSecret(name), name);
  }
});

Deno.test("withoutSecrets() masks passwords in addresses, and values of secret-looking names", () => {
  const cases: [string, string][] = [
    ["psql postgres://app:hunter2@db/app", "psql postgres://app:••••••@db/app"],
    ["x amqp://a:p@ss@h:1/v y", "x amqp://a:••••••@h:1/v y"],
    ["curl https://:hunter2@host/", "curl https://:••••••@host/"],
    ["API_TOKEN=abc ./run --to x", "API_TOKEN=•••••• ./run --to x"],
    ["API_TOKEN='a b' ./run", "API_TOKEN=•••••• ./run"],
    ['export DB_PASSWORD="a \\" b"; run', "export DB_PASSWORD=••••••; run"],
    ["mysql --password=abc --host h", "mysql --password=•••••• --host h"],
    ["login --token abc --host h", "login --token •••••• --host h"],
    ["curl -H 'Authorization: Bearer abcdefgh' x", "curl -H 'Authorization: Bearer ••••••' x"],
  ];
  for (const [text, shown] of cases) assert.equal(withoutSecrets(text), shown);
});

Deno.test("withoutSecrets() leaves what is no secret", () => {
  for (
    const text of [
      "ssh user@host token list",
      "git clone https://github.com/x/y.git@v1",
      "scp a:b user@host:c",
      "./run --token --host h",
      "make KEYBOARD=de",
      "echo http://host:8080/x@y",
      "password",
    ]
  ) assert.equal(withoutSecrets(text), text);
});

Deno.test("withoutSecrets() is soon done, whatever the text", () => {
  const start = performance.now();
  for (
    const text of [
      "a=".repeat(50_000),
      "--token ".repeat(20_000),
      "://".repeat(50_000),
      `x://${"a".repeat(100_000)}`,
      `K="${"\\".repeat(50_000)}`,
      "'".repeat(99_999),
    ]
  ) {
    withoutSecrets(text);
  }
  assert.ok(performance.now() - start < 3000, `${performance.now() - start}`);
});
