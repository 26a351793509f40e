/**
 * A proxy in a process of its own whose coordinator is in the test's: it can be stopped and continued
 * like any process, while its session lives on.
 *
 * What it asks of the coordinator goes over its standard output, a JSON line each, and the answers come
 * over its standard input. Run as a program, this file is that proxy.
 *
 * @module
 */

import type {
  Coordinator,
  CoordinatorNode,
  CoordinatorSource,
  ReadOptions,
  SessionState,
  Watch,
} from "../../core/coordinator/coordinator.ts";
import { LevelWatch } from "../../core/coordinator/level_watch.ts";
import { Log } from "../../core/log.ts";
import { startProxy } from "../../proxy/proxy.ts";

/** What a proxy asks of its coordinator. */
type Question =
  | { readonly ask: "get" | "list"; readonly id: number; readonly path: string }
  | { readonly ask: "put"; readonly id: number; readonly path: string; readonly data: string }
  | { readonly ask: "watch"; readonly id: number; readonly path: string }
  | { readonly ask: "ready"; readonly id: number; readonly port: number };

/** An answer, or the news of a watch. */
interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const SELF = new URL(import.meta.url);
const encoder = new TextEncoder();

/** The process, seen from the test; disposing continues and ends it. */
export class BridgedProxy implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #session: Coordinator;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ready = Promise.withResolvers<number>();
  readonly #loops: Promise<unknown>[] = [];
  readonly #ending = new AbortController();

  private constructor(child: Deno.ChildProcess, session: Coordinator) {
    this.#child = child;
    this.#session = session;
    this.#input = child.stdin.getWriter();
    this.#loops.push(this.#listen());
  }

  /** Starts it, and resolves when it serves; with the port for clients. */
  static async start(
    source: CoordinatorSource,
    product: string,
  ): Promise<{ proxy: BridgedProxy; port: number }> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", SELF.pathname, product],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const proxy = new BridgedProxy(child, await source.connect());
    return { proxy, port: await proxy.#ready.promise };
  }

  /** Signals it. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await this.#child.status;
    this.#ending.abort();
    await this.#session.close();
    await Promise.allSettled(this.#loops);
    await this.#input.close().catch(() => {});
  }

  async #listen(): Promise<void> {
    for await (const question of linesOf<Question>(this.#child.stdout)) {
      this.#loops.push(this.#answer(question));
    }
    this.#ready.reject(new Error("the proxy ended before it was ready"));
  }

  async #answer(question: Question): Promise<void> {
    const { id } = question;
    try {
      switch (question.ask) {
        case "ready":
          return this.#ready.resolve(question.port);
        case "get":
          return await this.#say({ id, value: await this.#session.get(question.path, SYNC) });
        case "list":
          return await this.#say({ id, value: await this.#session.list(question.path, SYNC) });
        case "put": {
          const { path, data } = question;
          return await this.#say({ id, value: await this.#session.putEphemeral(path, data) });
        }
        case "watch": {
          using watch = this.#session.watch(question.path);
          for (;;) {
            await watch.changed(this.#ending.signal);
            await this.#say({ id });
          }
        }
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) await this.#say({ id, error: `${error}` });
    }
  }

  async #say(answer: Answer): Promise<void> {
    await this.#input.write(encoder.encode(`${JSON.stringify(answer)}\n`));
  }
}

const SYNC: ReadOptions = { sync: true };

/** The coordinator, seen from the proxy: what a proxy uses of it. */
class BridgedCoordinator implements Coordinator {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #watches = new Map<number, LevelWatch>();
  #lastId = 0;

  /** Takes answers until the test's end of the bridge is gone. */
  async listen(): Promise<void> {
    for await (const { id, value, error } of linesOf<Answer>(Deno.stdin.readable)) {
      this.#watches.get(id)?.notify();
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    }
  }

  /** Says where clients connect. */
  sayReady(port: number): void {
    this.#say({ ask: "ready", id: ++this.#lastId, port });
  }

  session(): SessionState {
    return { kind: "connected", id: "bridge" };
  }

  watchSession(): Watch {
    return new LevelWatch(() => {});
  }

  async get(path: string): Promise<CoordinatorNode | null> {
    return await this.#ask({ ask: "get", path }) as CoordinatorNode | null;
  }

  async list(path: string): Promise<string[]> {
    return await this.#ask({ ask: "list", path }) as string[];
  }

  async putEphemeral(path: string, data: string): Promise<CoordinatorNode> {
    return await this.#ask({ ask: "put", path, data }) as CoordinatorNode;
  }

  watch(path: string): Watch {
    const id = ++this.#lastId;
    const watch = new LevelWatch(() => this.#watches.delete(id));
    this.#watches.set(id, watch);
    this.#say({ ask: "watch", id, path });
    return watch;
  }

  createIfAbsent(): Promise<CoordinatorNode> {
    throw new Error("a proxy creates nothing that stays");
  }

  putIfVersion(): Promise<CoordinatorNode> {
    throw new Error("a proxy changes nothing that stays");
  }

  deleteIfVersion(): Promise<void> {
    throw new Error("a proxy removes nothing");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask(
    question: { ask: "get" | "list"; path: string } | { ask: "put"; path: string; data: string },
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#say({ ...question, id });
    return waiting.promise;
  }

  #say(question: Question): void {
    Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(question)}\n`));
  }
}

async function* linesOf<T>(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<T> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

async function serveProxy(product: string): Promise<void> {
  const coordinator = new BridgedCoordinator();
  void coordinator.listen();
  const source: CoordinatorSource = {
    url: "bridge:",
    connect: () => Promise.resolve(coordinator),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const proxy = await startProxy({
    topology: { kind: "coordinator", source, product },
    listen: { host: "127.0.0.1", port: 0 },
    admin: undefined,
    id: "bridged",
    workers: 1,
    password: "",
    serverUser: "",
    serverPassword: "",
    log: new Log("bridged", { level: "error", json: false }),
    onFailure: () => Deno.exit(70),
  });
  Deno.addSignalListener("SIGTERM", async () => {
    await proxy.close(0);
    Deno.exit(0);
  });
  coordinator.sayReady(proxy.address.port);
}

if (import.meta.main) await serveProxy(Deno.args[0]!);
