/**
 * News for people who watch, by server-sent events: the state as it is, whenever it has changed.
 *
 * Invariant: an event tells the whole state, so one that was missed is made good by the next.
 *
 * @module
 */

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { ManagerError } from "./manager_error.ts";
import { pause, Wake } from "./wake.ts";

/** How many watchers there may be at once. */
const WATCHERS_MAX = 200;

/** Shortest pause between two events to one watcher, milliseconds. */
const EVENT_PAUSE_MS = 200;

/** A comment is sent after this long without an event, so that a broken connection is noticed. */
const SILENCE_MS_MAX = 15_000;

/** Tells all watchers that something changed. */
export class News {
  readonly #watchers = new Set<Wake>();
  readonly #ending = new AbortController();
  #count = 0;

  /** Aborts when the manager stops. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** Grows with every change. */
  get count(): number {
    return this.#count;
  }

  /** Says that something changed. */
  notify(): void {
    this.#count++;
    for (const watcher of this.#watchers) watcher.notify();
  }

  /** Adds a watcher. @throws {ManagerError} if there are too many. */
  join(): Wake {
    if (this.#watchers.size >= WATCHERS_MAX) {
      throw new ManagerError("unavailable", `Cannot watch: ${WATCHERS_MAX} watch already`);
    }
    const watcher = new Wake();
    this.#watchers.add(watcher);
    return watcher;
  }

  /** Removes a watcher. */
  leave(watcher: Wake): void {
    this.#watchers.delete(watcher);
  }

  /** Ends every stream of events. */
  close(): void {
    this.#ending.abort();
  }
}

/** Answers with `state()` as events of type `event`, now and after each change that it shows. */
export function sendEvents(
  context: Context,
  news: News,
  source: { readonly event: string; state(): unknown },
): Response {
  const watcher = news.join();
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const signal = AbortSignal.any([gone.signal, news.ended]);
    let sent = "";
    try {
      while (!signal.aborted) {
        const data = JSON.stringify(source.state());
        if (data !== sent) await stream.writeSSE({ event: source.event, data });
        else await stream.write(": still here\n\n");
        sent = data;
        await pause(signal, EVENT_PAUSE_MS);
        await watcher.wait(signal, SILENCE_MS_MAX);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      news.leave(watcher);
    }
  });
}
