/**
 * @module
 * A process that hands on what arrives at an address to a socket of this machine, within whichever network it is started.
 * Its arguments are the address and the socket's path; it prints the port.
 */

const [hostname, path] = Deno.args as [string, string];
const listener = Deno.listen({ hostname, port: 0 });
console.log(listener.addr.port);
for await (const client of listener) {
  join(client).catch(() => {}); // whoever was on one side has gone
}

async function join(client: Deno.Conn): Promise<void> {
  using _client = client;
  using server = await Deno.connect({ transport: "unix", path });
  await Promise.allSettled([
    client.readable.pipeTo(server.writable),
    server.readable.pipeTo(client.writable),
  ]);
}
