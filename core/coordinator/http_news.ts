/**
 * The watches of one session over HTTP: one stream of server-sent events serves them all.
 *
 * A stream tells what changed since a position, at the paths it was opened for. Whenever it breaks, or a
 * watch needs a further path, it is opened again from the last position that was read.
 *
 * Invariant: the position only moves past a change when every watch on it was told.
 *
 * @module
 */

import type { Watch } from "./coordinator.ts";
import { delay } from "../delay.ts";
import { EventStream, type StreamEvent } from "./event_stream.ts";
import type { NewsEvent } from "./http_protocol.ts";
import { LevelWatch } from "./level_watch.ts";
import { checkedPath, isWatched } from "./node_rules.ts";

/** Pauses before a stream that broke is opened again, milliseconds; they grow while none tells anything. */
const REOPEN_MS = { min: 50, max: 2000 };

/** Options of {@linkcode HttpNews}. */
export interface HttpNewsOptions {
  /** Where the news of the session begins. */
  readonly position: string;
  /** A stream that is silent for so long is given up. */
  readonly silenceMs: number;
  /** Opens a stream. */
  open(paths: string[], position: string, signal: AbortSignal): Promise<ReadableStream<string>>;
  /** Told when a stream broke: the manager may be away. */
  onBroken(): void;
}

/** Keeps the stream open while anything is watched and the manager is there. */
export class HttpNews {
  readonly #options: HttpNewsOptions;
  readonly #watches = new Map<LevelWatch, string>();
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;
  #position: string;
  #attached = true;
  /** Aborted when the stream under way is no longer the right one. */
  #turn = new AbortController();
  #streamed = new Set<string>();
  /** How many were read. */
  #events = 0;

  /** Starts; a stream is opened with the first watch. */
  constructor(options: HttpNewsOptions) {
    this.#options = options;
    this.#position = options.position;
    this.#loop = this.#follow();
  }

  /** Adds a watch. @throws {TypeError} if it cannot be a node's path. */
  watch(path: string): Watch {
    const watch = new LevelWatch((closed) => this.#watches.delete(closed));
    this.#watches.set(watch, checkedPath(path));
    if (!this.#streamed.has(path)) this.#turn.abort();
    return watch;
  }

  /** The manager is away: no stream is opened until it is back. */
  detach(): void {
    this.#attached = false;
    this.#turn.abort();
  }

  /** The manager is back. With a position a new session begins there: whatever was missed is told. */
  attach(position?: string): void {
    this.#attached = true;
    if (position !== undefined) {
      this.#position = position;
      this.#notifyAll();
    }
    this.#turn.abort();
  }

  /** Ends every watch for `reason`. */
  async close(reason: Error): Promise<void> {
    for (const watch of this.#watches.keys()) watch.fail(reason);
    this.#watches.clear();
    this.#ending.abort();
    this.#turn.abort();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    let pauseMs = REOPEN_MS.min;
    while (!this.#ending.signal.aborted) {
      const turn = this.#turn = new AbortController();
      this.#streamed = new Set(this.#attached ? this.#watches.values() : []);
      if (this.#streamed.size === 0) {
        await aborted(turn.signal);
        continue;
      }
      const before = this.#events;
      try {
        await this.#read([...this.#streamed], turn);
      } catch {
        // However it broke, the same is to be done; the session finds out whether the manager is away.
      }
      if (turn.signal.aborted) continue;
      this.#options.onBroken();
      pauseMs = before === this.#events ? Math.min(2 * pauseMs, REOPEN_MS.max) : REOPEN_MS.min;
      await delay(pauseMs, turn.signal);
    }
  }

  async #read(paths: string[], turn: AbortController): Promise<void> {
    const opening = new AbortController();
    let reader: ReadableStreamDefaultReader<string> | null = null;
    const stop = () => {
      opening.abort();
      // The abort alone may be noticed only when the next piece arrives.
      reader?.cancel().catch(() => {});
    };
    const watchdog = new Watchdog(this.#options.silenceMs, stop);
    turn.signal.addEventListener("abort", stop);
    try {
      const stream = await this.#options.open(paths, this.#position, opening.signal);
      reader = stream.getReader();
      const events = new EventStream();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || turn.signal.aborted) return;
        watchdog.calm();
        for (const event of events.take(value)) this.#take(event);
      }
    } finally {
      watchdog.close();
      stop();
    }
  }

  #take({ event, data, id }: StreamEvent): void {
    if (event === "missed" satisfies NewsEvent) this.#notifyAll();
    if (event === "changed" satisfies NewsEvent) {
      for (const path of JSON.parse(data) as string[]) this.#notify(path);
    }
    this.#position = id;
    this.#events++;
  }

  #notify(path: string): void {
    for (const [watch, watched] of this.#watches) if (isWatched(path, watched)) watch.notify();
  }

  #notifyAll(): void {
    for (const watch of this.#watches.keys()) watch.notify();
  }
}

/** Barks once after `limitMs` without a sign of life. */
class Watchdog {
  readonly #limitMs: number;
  readonly #bark: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(limitMs: number, bark: () => void) {
    this.#limitMs = limitMs;
    this.#bark = bark;
    this.#timer = setTimeout(bark, limitMs);
  }

  calm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#bark, this.#limitMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
