/**
 * @module
 * The program on a terminal that is as wide as the test says. It takes Python, which makes the terminal.
 */
import { MAIN, RUN_FLAGS } from "./cli.ts";

/** Reads all that a program prints on a terminal of that many columns. */
const TERMINAL_OF = `
import fcntl, os, pty, struct, sys, termios
pid, screen = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.execvp(sys.argv[2], sys.argv[2:])
printed = b""
while True:
    try:
        piece = os.read(screen, 65536)
    except OSError:
        break
    if not piece:
        break
    printed += piece
os.waitpid(pid, 0)
sys.stdout.buffer.write(printed.replace(b"\\r\\n", b"\\n"))
`;

function hasPython(): boolean {
  try {
    return new Deno.Command("python3", { args: ["-c", "import pty"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** For tests that need it. */
export const TERMINAL: { ignore: boolean } = { ignore: !hasPython() };

/** What the program prints there to stdout, without colours. */
export async function onTerminal(
  args: readonly string[],
  { home, columns, env }: { home: string; columns: number; env?: Record<string, string> },
): Promise<string> {
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", TERMINAL_OF, String(columns), Deno.execPath(), ...RUN_FLAGS, MAIN, ...args],
    env: { QUEUECTL_HOME: home, NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
