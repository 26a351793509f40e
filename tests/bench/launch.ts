/**
 * Child processes of a bench: started on a free port, ready when they answer PING, stopped by pid.
 *
 * Invariant: a process that `launch` started is gone when its owner was disposed, also when it never
 * became ready.
 *
 * @module
 */

import { eventually } from "../support/eventually.ts";
import { BenchError } from "./bench.ts";
import { ping } from "./probe.ts";

/** Generous: a cold TypeScript cache takes a few seconds on a busy machine. */
const READY_TIMEOUT_MS = 30_000;
/** After SIGTERM and this long comes SIGKILL. */
const STOP_TIMEOUT_MS = 5_000;
/** Characters of output kept for the error message of a process that dies. */
const TAIL_LENGTH = 4_000;

/** A program to start, and the port on which it will answer. */
export interface Program {
  /** Name in tables and messages. */
  name: string;
  /** Executable. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** Port on 127.0.0.1 that the arguments name. */
  port: number;
}

/** A running program. */
export class Launched implements AsyncDisposable {
  /** Name in tables and messages. */
  readonly name: string;
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #outputs: Promise<void>[];
  #tail = "";
  #status: Deno.CommandStatus | undefined;

  /** Starts the program; `launch` also waits until it answers. */
  constructor(program: Program) {
    this.name = program.name;
    this.port = program.port;
    this.#process = new Deno.Command(program.command, {
      args: program.args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process.status.then((status) => this.#status = status);
    this.#outputs = [this.#process.stdout, this.#process.stderr].map((out) => this.#follow(out));
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Whether the process is gone. */
  get hasEnded(): boolean {
    return this.#status !== undefined;
  }

  /** Throws what the process last said if it has ended. */
  async throwIfEnded(): Promise<void> {
    if (this.#status === undefined) return;
    await Promise.all(this.#outputs);
    const how = this.#status.signal ?? `exit code ${this.#status.code}`;
    throw new BenchError(`${this.name} ended by itself (${how}):\n${this.tail}`);
  }

  /** The last lines it printed. */
  get tail(): string {
    return this.#tail.trim();
  }

  /** Stops the process and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#process.status;
    clearTimeout(timer);
    await Promise.all(this.#outputs);
  }

  #signal(name: Deno.Signal): void {
    if (this.#status === undefined) this.#process.kill(name);
  }

  /** Output must be drained even when nobody wants it, or a talkative process blocks. */
  async #follow(output: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of output.pipeThrough(new TextDecoderStream())) {
      this.#tail = (this.#tail + text).slice(-TAIL_LENGTH);
    }
  }
}

/** Starts `program` and returns when it answers PING. */
export async function launch(program: Program, signal: AbortSignal): Promise<Launched> {
  signal.throwIfAborted();
  const launched = new Launched(program);
  try {
    await untilAnswering(launched, signal);
    return launched;
  } catch (error) {
    await launched[Symbol.asyncDispose]();
    throw error;
  }
}

async function untilAnswering(launched: Launched, signal: AbortSignal): Promise<void> {
  const pingWhileItMatters = async () => {
    if (!launched.hasEnded && !signal.aborted) await ping(launched.port);
  };
  try {
    await eventually(pingWhileItMatters, { timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    throw new BenchError(
      `${launched.name} did not answer PING on port ${launched.port} within ` +
        `${READY_TIMEOUT_MS} ms (${error}); it printed:\n${launched.tail}`,
    );
  }
  signal.throwIfAborted();
  await launched.throwIfEnded();
}

/** A port nobody listens on now; the next listener on it wins. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
