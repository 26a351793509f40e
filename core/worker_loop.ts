/**
 * The worker's side of {@linkcode WorkerHost}: runs a reactor until it is told to stop.
 *
 * Invariant: messages from the main thread are handled between two turns, in order.
 *
 * @module
 */

import { receiveMessageOnPort } from "node:worker_threads";
import type { Reactor } from "./transport/reactor.ts";
import type { FromWorkerLoop, ToWorkerLoop, WorkerSignal, WorkerStart } from "./worker_host.ts";

/** What a worker makes of its start message. */
export interface WorkerPlane<ToWorker> {
  readonly reactor: Reactor;
  /** Handles a message from the main thread. */
  onMessage(message: ToWorker): void;
  /** Frees what the plane holds; the reactor is shut down afterwards. */
  close(): void;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: WorkerSignal): void;
  close(): void;
}

/** Runs `setup` with the start message, then the reactor it returns, until the main thread says stop. */
export function serveWorker<Init, ToWorker, FromWorker>(
  setup: (init: Init, post: (message: FromWorker) => void) => WorkerPlane<ToWorker>,
): void {
  const scope = self as unknown as WorkerScope;
  scope.onmessage = async (event) => {
    const { init, port } = event.data as WorkerStart<Init>;
    let plane: WorkerPlane<ToWorker>;
    try {
      plane = setup(init, (message) => send(port, { kind: "message", message }));
    } catch (error) {
      scope.postMessage({ signal: "failed", error: String(error) });
      scope.close();
      return;
    }
    scope.postMessage({ signal: "ready", wakeDescriptor: plane.reactor.wakeDescriptor });
    try {
      await run(plane, port);
      scope.postMessage({ signal: "closed" });
    } catch (error) {
      // Nobody else can close its sockets: clients would hang on them.
      plane.reactor.shutdown();
      scope.postMessage({ signal: "died", error: describe(error) });
    }
    scope.close();
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function send<FromWorker>(port: MessagePort, envelope: FromWorkerLoop<FromWorker>): void {
  port.postMessage(envelope);
}

async function run<ToWorker>(plane: WorkerPlane<ToWorker>, port: MessagePort): Promise<void> {
  const { reactor } = plane;
  let isStopped = false;
  const lookups = new Map<number, (address: string | undefined) => void>();
  let ticket = 0;
  reactor.hostLookup = (host, done) => {
    lookups.set(++ticket, done);
    send(port, { kind: "look-up", ticket, host });
  };
  const receive = receiverOf<ToWorkerLoop<ToWorker>>(port, reactor);
  const drain = () => {
    for (let next; (next = receive()) !== undefined;) {
      if (next.kind === "message") plane.onMessage(next.message);
      else if (next.kind === "stop") isStopped = true;
      else {
        lookups.get(next.ticket)?.(next.address);
        lookups.delete(next.ticket);
      }
    }
  };
  reactor.onWake = drain;
  drain();
  await reactor.run(() => isStopped);
  plane.close();
  reactor.shutdown();
  port.close();
}

/**
 * A function that takes the next message of a port. A reactor that blocks the thread is woken from
 * outside and looks into the port; one that leaves the thread to its event loop is woken by the message.
 */
function receiverOf<T>(port: MessagePort, reactor: Reactor): () => T | undefined {
  if (reactor.wakeDescriptor >= 0) {
    // deno-lint-ignore no-explicit-any -- node's type of a port is not the web's
    return () => receiveMessageOnPort(port as any)?.message as T | undefined;
  }
  const inbox: T[] = [];
  port.onmessage = ({ data }) => {
    inbox.push(data as T);
    reactor.wake();
  };
  return () => inbox.shift();
}
