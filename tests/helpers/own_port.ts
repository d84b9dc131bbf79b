/**
 * @module
 * A port that stays a test's own while its server is away.
 */

/** A port that nobody listens at, and that no system gives to those who ask for any. */
export function ownPort(): number {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
