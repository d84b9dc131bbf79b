/**
 * @module
 * Compressing what is sent, for those who take it.
 */

/** Whether a client takes compressed answers: `gzip;q=0` says that it does not. */
export function acceptsGzip(request: Request): boolean {
  const codings = (request.headers.get("accept-encoding") ?? "").split(",");
  return codings.some((coding) =>
    /^\s*gzip\s*(?:;|$)/i.test(coding) && !/;\s*q=0(?:\.0*)?\s*$/i.test(coding)
  );
}

export async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
