/**
 * A real redis-server on a free port, for the tests that compare with it.
 *
 * @module
 */

/** A running redis-server; disposing kills it. */
export interface RedisServer extends AsyncDisposable {
  /** The port on 127.0.0.1. */
  port: number;
}

const START_ATTEMPTS = 5;
const CONNECT_ATTEMPTS = 200;

/**
 * Starts redis-server without persistence; `options` are further command-line options.
 *
 * @throws {Error} if it does not accept connections
 */
export async function startRedisServer(options: readonly string[] = []): Promise<RedisServer> {
  // Another process may take the port between the look and the start: then another one is tried.
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const port = freePort();
    const directory = await Deno.makeTempDir({ prefix: "codis_redis_" });
    const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory];
    const child = new Deno.Command("redis-server", {
      args: [...fixed, ...options],
      // SORT compares texts as the locale says.
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let exited = false;
    const exit = child.status.then(() => exited = true);
    const stop = async () => {
      if (!exited) child.kill("SIGKILL");
      await exit;
      await Deno.remove(directory, { recursive: true });
    };
    if (await accepts(port, () => exited)) return { port, [Symbol.asyncDispose]: stop };
    await stop();
  }
  throw new Error(`Cannot start redis-server: ${START_ATTEMPTS} ports tried, none answered`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function accepts(port: number, exited: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < CONNECT_ATTEMPTS && !exited(); attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch {
      // Not listening yet; the attempts are limited.
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return false;
}
