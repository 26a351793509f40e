/**
 * The main thread's side of a data-plane worker: starts it, talks to it, stops it.
 *
 * A worker with the native reactor blocks in it, so it cannot be reached by `postMessage` alone: a
 * message goes to a port that its loop reads, and then an eventfd wakes it.
 *
 * It also looks names up for its worker, which could not wait for an answer.
 *
 * Invariant: a worker that was started ends by its own word, by its death, or with the process;
 * `terminate` would not end a blocked one.
 *
 * @module
 */

import { lookUpHost } from "./host_lookup.ts";
import { type Libc, openLibc } from "./transport/libc.ts";

/** What a worker is started with. */
export interface WorkerStart<Init> {
  /** Passed on to the worker's setup. */
  readonly init: Init;
  /** Where the main thread's messages arrive. */
  readonly port: MessagePort;
}

/** What the worker's scaffolding says by itself. */
export type WorkerSignal =
  | { readonly signal: "ready"; readonly wakeDescriptor: number }
  | { readonly signal: "failed"; readonly error: string }
  /** Its loop threw; its sockets are closed. */
  | { readonly signal: "died"; readonly error: string }
  | { readonly signal: "closed" };

/** What goes to a worker. */
export type ToWorkerLoop<ToWorker> =
  | { readonly kind: "message"; readonly message: ToWorker }
  /** The answer to `look-up`. */
  | { readonly kind: "found"; readonly ticket: number; readonly address: string | undefined }
  | { readonly kind: "stop" };

/** What comes from a worker. */
export type FromWorkerLoop<FromWorker> =
  | { readonly kind: "message"; readonly message: FromWorker }
  /** Asks for the address of a host. */
  | { readonly kind: "look-up"; readonly ticket: number; readonly host: string };

/** Options of {@linkcode WorkerHost.start}. */
export interface WorkerHostOptions<Init, FromWorker> {
  /** The worker's entry module. */
  readonly module: URL;
  readonly name: string;
  readonly init: Init;
  /** A message of the worker's own. */
  onMessage(message: FromWorker): void;
  /** The worker ended without being asked to. */
  onDeath(error: string): void;
}

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** A running worker. */
export class WorkerHost<Init, ToWorker, FromWorker> {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** For waking it, where that takes an eventfd. */
  #libc: Libc | undefined = undefined;
  readonly #closed = Promise.withResolvers<void>();
  #wakeDescriptor = -1;
  #alive = true;
  #released = false;

  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker;
    this.#port = port;
  }

  /**
   * Starts a worker and waits until its setup is done.
   *
   * @throws {Error} with the worker's own message if its setup fails.
   */
  static async start<Init, ToWorker, FromWorker>(
    options: WorkerHostOptions<Init, FromWorker>,
  ): Promise<WorkerHost<Init, ToWorker, FromWorker>> {
    const worker = new Worker(options.module, { type: "module", name: options.name });
    const { port1, port2 } = new MessageChannel();
    const host = new WorkerHost<Init, ToWorker, FromWorker>(worker, port1);
    const ready = Promise.withResolvers<void>();
    worker.onmessage = (event) => {
      const signal = event.data as WorkerSignal;
      if (signal.signal === "ready") {
        host.#wakeDescriptor = signal.wakeDescriptor;
        if (signal.wakeDescriptor >= 0) host.#libc = openLibc();
        ready.resolve();
      } else if (signal.signal === "failed") ready.reject(new Error(signal.error));
      else if (signal.signal === "died") died(signal.error);
      else host.#closed.resolve();
    };
    const died = (error: string) => {
      host.#alive = false;
      host.#closed.resolve();
      ready.reject(new Error(error));
      host.#release();
      options.onDeath(error);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      died(event.message);
    };
    port1.onmessage = (event) => {
      const sent = event.data as FromWorkerLoop<FromWorker>;
      if (sent.kind === "message") options.onMessage(sent.message);
      else host.#lookUp(sent.ticket, sent.host);
    };
    const start: WorkerStart<Init> = { init: options.init, port: port2 };
    worker.postMessage(start, [port2]);
    try {
      await ready.promise;
    } catch (error) {
      host.#release();
      throw error;
    }
    return host;
  }

  /** Sends a message; the worker handles it between two turns. */
  post(message: ToWorker): void {
    if (this.#alive) this.#send({ kind: "message", message });
  }

  /**
   * Asks the worker to end and waits at most `timeoutMs`. False if it did not end: the process must
   * then be ended by `Deno.exit`.
   */
  async close(timeoutMs: number): Promise<boolean> {
    if (this.#alive) {
      this.#send({ kind: "stop" });
      // From here on the worker may close its descriptor, and the number may come to mean another.
      this.#alive = false;
    }
    const timer = Promise.withResolvers<void>();
    const id = setTimeout(timer.resolve, timeoutMs);
    const ended = await Promise.race([
      this.#closed.promise.then(() => true),
      timer.promise.then(() => false),
    ]);
    clearTimeout(id);
    this.#release();
    return ended;
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#port.close();
    this.#worker.terminate();
    this.#libc?.close();
  }

  async #lookUp(ticket: number, host: string): Promise<void> {
    const address = await lookUpHost(host);
    if (this.#alive) this.#send({ kind: "found", ticket, address });
  }

  #send(envelope: ToWorkerLoop<ToWorker>): void {
    this.#port.postMessage(envelope);
    this.#libc?.functions.write(this.#wakeDescriptor, ONE, 8);
  }
}
