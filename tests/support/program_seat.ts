/**
 * A place where one of our programs runs, again and again with the same flags at the same port.
 *
 * Invariant: at most one process has the seat, and none once it is disposed.
 *
 * @module
 */

import { type StartedProgram, startProgram } from "./programs.ts";

/** One seat; empty until {@linkcode ProgramSeat.start}. */
export class ProgramSeat implements AsyncDisposable {
  /** What it is called in messages. */
  readonly name: string;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly #args: readonly string[];
  #program: StartedProgram | null = null;
  #starting: Promise<void> | null = null;
  #isDisposed = false;

  /** `args` are the command line, port included. */
  constructor(name: string, port: number, args: readonly string[]) {
    this.name = name;
    this.port = port;
    this.#args = args;
  }

  /** Starts the next process, and waits until it is ready. */
  start(): Promise<void> {
    if (this.#isDisposed) throw new Error(`${this.name}: its scene is over`);
    return this.#starting = this.#start();
  }

  /** Ends the process with SIGKILL. */
  async kill(): Promise<void> {
    const program = this.#program;
    this.#program = null;
    program?.signal("SIGKILL");
    await program?.ended;
  }

  /** Stops the process in its tracks: its connections stay open, nothing is answered. */
  pause(): void {
    this.#program?.signal("SIGSTOP");
  }

  /** Ends {@linkcode ProgramSeat.pause}. */
  resume(): void {
    this.#program?.signal("SIGCONT");
  }

  /** What the process has written to standard error. */
  get stderr(): string {
    return this.#program?.stderr ?? "";
  }

  /** How many descriptors it has open: sockets, files, pipes. */
  descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.#program!.pid}/fd`)].length;
  }

  /** Ends it, and with it the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#starting?.catch(() => {});
    this.resume();
    await this.#program?.[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    this.#program = await startProgram(this.#args);
  }
}
