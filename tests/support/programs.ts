/**
 * Our programs as users run them: processes with flags, output, signals and exit codes.
 *
 * Invariant: a process started here is gone when its owner was disposed, and only processes started
 * here are ever signalled, by their pid.
 *
 * @module
 */

import { fixedTopologyText } from "./fixed_topology.ts";

/** How a process ended, and what it said. */
export interface ProgramResult {
  /** Exit code; a death by signal has 128 and its number. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
/** Generous: the first start on a busy machine fills the cache of compiled modules. */
const READY_TIMEOUT_MS = 30_000;
/** Below the ports that systems give to outgoing connections. */
const KEPT_PORTS = { first: 20_000, last: 32_000 };
/** After SIGTERM and this long comes SIGKILL, and the disposal fails. */
const STOP_TIMEOUT_MS = 10_000;

/** A running program; disposing stops it. */
export class StartedProgram implements AsyncDisposable {
  /** Resolves at its end. */
  readonly ended: Promise<ProgramResult>;
  readonly #child: Deno.ChildProcess;
  readonly #ready = Promise.withResolvers<string>();
  #readyLine = "";
  #stdout = "";
  #stderr = "";
  #hasEnded = false;

  /** Starts it with permissions; {@linkcode startProgram} also waits until it is ready. */
  constructor(args: readonly string[], permissions: readonly string[] = ["-A"]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, MAIN, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#follow();
  }

  /** What it said when it was ready. */
  get readyLine(): string {
    return this.#readyLine;
  }

  /** The first port that the ready line names. */
  get port(): number {
    return Number(/:(\d+)/.exec(this.#readyLine)![1]);
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it has written to standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Waits for the first line on standard output. @throws {Error} showing its errors if it ends first. */
  async untilReady(): Promise<void> {
    const timer = setTimeout(
      () => this.#ready.reject(new Error(`not ready after ${READY_TIMEOUT_MS} ms:${this.#stderr}`)),
      READY_TIMEOUT_MS,
    );
    try {
      this.#readyLine = await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Signals it, if it still runs. */
  signal(name: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(name);
  }

  /** Bytes of memory it holds. */
  async residentBytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  /** Stops it with SIGTERM. @throws {Error} if it had to be killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.signal("SIGKILL");
    }, STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
    if (killed) throw new Error(`it did not end ${STOP_TIMEOUT_MS} ms after SIGTERM`);
  }

  async #follow(): Promise<ProgramResult> {
    const reading = [
      drain(this.#child.stdout, (text) => {
        this.#stdout += text;
        const line = this.#stdout.indexOf("\n");
        if (line >= 0) this.#ready.resolve(this.#stdout.slice(0, line));
      }),
      drain(this.#child.stderr, (text) => this.#stderr += text),
    ];
    const { code } = await this.#child.status;
    this.#hasEnded = true;
    await Promise.all(reading);
    // Nobody may be waiting: a program that is expected to fail is only awaited to its end.
    this.#ready.promise.catch(() => {});
    this.#ready.reject(
      new Error(`it ended with code ${code} before it was ready: ${this.#stderr}`),
    );
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** Starts our program `args[0]` and resolves when it serves. */
export async function startProgram(
  args: readonly string[],
  permissions?: readonly string[],
): Promise<StartedProgram> {
  const program = new StartedProgram(args, permissions);
  try {
    await program.untilReady();
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** Runs a command line of ours that is expected to end by itself. */
export function runToEnd(
  args: readonly string[],
  permissions?: readonly string[],
): Promise<ProgramResult> {
  return new StartedProgram(args, permissions).ended;
}

/** Starts our server on a free port. */
export function startServerProgram(flags: readonly string[] = []): Promise<StartedProgram> {
  return startProgram(["server", "--port", "0", ...flags]);
}

/** Starts our proxy on a free port, in front of servers on `serverPorts` with equal shares of slots. */
export async function startProxyProgram(
  serverPorts: readonly number[],
  flags: readonly string[] = [],
): Promise<StartedProgram> {
  const topologyFile = await Deno.makeTempFile({ prefix: "codis_topology_", suffix: ".json" });
  try {
    await Deno.writeTextFile(topologyFile, fixedTopologyText(serverPorts));
    const listen = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    return await startProgram(["proxy", "--topology", topologyFile, ...listen, ...flags]);
  } finally {
    await Deno.remove(topologyFile);
  }
}

/** A port of 127.0.0.1 that nobody listens on now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * A port that nobody uses, and that no outgoing connection will take: it stays free while what listens on
 * it is started again.
 */
export function unusedPort(): number {
  for (;;) {
    const port = KEPT_PORTS.first +
      Math.floor(Math.random() * (KEPT_PORTS.last - KEPT_PORTS.first));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

async function drain(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (text: string) => void,
): Promise<void> {
  for await (const text of output.pipeThrough(new TextDecoderStream())) take(text);
}
