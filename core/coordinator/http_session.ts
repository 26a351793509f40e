/**
 * A session with a coordinator that a manager serves over HTTP.
 *
 * ```text
 *               no answer                       the session is over
 * connected ───────────────→ suspended ───────────────────────────────→ connected, another id
 *     ↑                          │
 *     └── heartbeat answered, ───┘
 *         under a new attachment
 * ```
 *
 * Invariant: while it is connected, every request of an earlier attachment has been executed or never
 * will be. So what is read then tells what became of a write whose answer was lost.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type {
  Coordinator,
  CoordinatorNode,
  ReadOptions,
  SessionState,
  VersionOptions,
  WaitOptions,
  Watch,
} from "./coordinator.ts";
import {
  ConflictError,
  CoordinatorClosedError,
  CoordinatorUnavailableError,
} from "./coordinator_error.ts";
import { type HttpAsker, type HttpQuestion, HttpRefusal } from "./http_asker.ts";
import { HttpNews } from "./http_news.ts";
import type { SessionGrant } from "./http_protocol.ts";
import { LevelWatch } from "./level_watch.ts";
import { checkedBytes, checkedPath } from "./node_rules.ts";

const BEGIN_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 1000;

/** Pauses between attempts to find a manager again, milliseconds; at most that between heartbeats. */
const RETRY_MS = { min: 50, max: 1000 };

/** Heartbeats within a session's time to live: two may be lost. */
const HEARTBEATS_PER_TTL = 3;

/** An operation that takes a good part of the time to live is given up while the session can be saved. */
const OPERATIONS_PER_TTL = 2;

/** What a session needs to know of where it is. */
export interface HttpSessionOptions {
  readonly asker: HttpAsker;
  /** Base addresses of the managers that may serve the coordinator; asked in turn. */
  readonly managers: readonly string[];
  /** Which of them granted the session. */
  readonly at: number;
  readonly grant: SessionGrant;
  /** Told when the session was closed. */
  onClose(session: HttpSession): void;
}

/** Asks `manager` for a session. @throws what {@linkcode HttpAsker.ask} throws. */
export function beginSession(
  asker: HttpAsker,
  manager: string,
  wanted: { readonly ttlMs: number; readonly signal: AbortSignal },
): Promise<SessionGrant> {
  const { ttlMs, signal } = wanted;
  const question = {
    method: "POST",
    path: "/sessions",
    body: { ttlMs },
    attachment: null,
  } as const;
  return asker.ask(manager, question, { signal, timeoutMs: BEGIN_TIMEOUT_MS });
}

/** One session; made by the source. */
export class HttpSession implements Coordinator {
  readonly #options: HttpSessionOptions;
  readonly #news: HttpNews;
  readonly #sessionWatches = new Set<LevelWatch>();
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;
  #state: SessionState;
  #at: number;
  #attachment = 1;
  /** Aborted when the attachment ends: what it asked and did not get is answered no more. */
  #asking = new AbortController();
  /** When the newest request that was answered was sent: the manager counts from later. */
  #heardAtMs = performance.now();
  /** Why the manager could not be asked last. */
  #trouble = "";
  /** Aborted when the next heartbeat must not wait. */
  #rest = new AbortController();
  #closing: Promise<void> | null = null;

  /** Takes over a session that was granted just now. */
  constructor(options: HttpSessionOptions) {
    const { grant, at } = options;
    this.#options = options;
    this.#at = at;
    this.#state = { kind: "connected", id: grant.id };
    this.#news = new HttpNews({
      position: grant.position,
      silenceMs: grant.ttlMs,
      open: (paths, position, signal) => this.#openNews(paths, position, signal),
      onBroken: () => this.#rest.abort(),
    });
    this.#loop = this.#keepAlive();
  }

  session(): SessionState {
    return this.#state;
  }

  watchSession(): Watch {
    const watch = new LevelWatch((closed) => this.#sessionWatches.delete(closed));
    if (this.#state.kind === "closed") watch.fail(closedError());
    else this.#sessionWatches.add(watch);
    return watch;
  }

  watch(path: string): Watch {
    if (this.#state.kind !== "closed") return this.#news.watch(path);
    const watch = new LevelWatch(() => {});
    watch.fail(closedError());
    return watch;
  }

  /** One process has the nodes, so each read sees every write that was finished: `sync` costs nothing. */
  async get(path: string, options: ReadOptions = {}): Promise<CoordinatorNode | null> {
    const query = [["path", checkedPath(path)]] as const;
    const { node } = await this.#ask<{ node: CoordinatorNode | null }>(
      { method: "GET", path: "/node", query },
      options,
    );
    return node;
  }

  async list(path: string, options: ReadOptions = {}): Promise<string[]> {
    const query = [["path", checkedPath(path)]] as const;
    const { names } = await this.#ask<{ names: string[] }>(
      { method: "GET", path: "/children", query },
      options,
    );
    return names;
  }

  createIfAbsent(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write("POST", "/node", { path, data }, options);
  }

  putIfVersion(path: string, data: string, options: VersionOptions): Promise<CoordinatorNode> {
    const { version } = options;
    return this.#write("PUT", "/node", { path, data, version }, options);
  }

  async deleteIfVersion(path: string, options: VersionOptions): Promise<void> {
    const body = { path: checkedPath(path), version: options.version };
    await this.#ask({ method: "DELETE", path: "/node", body }, options);
  }

  putEphemeral(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write("PUT", "/ephemeral", { path, data }, options);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const last = this.#state;
    const attachment = this.#attachment;
    const reason = closedError();
    this.#state = { kind: "closed" };
    for (const watch of this.#sessionWatches) watch.fail(reason);
    this.#sessionWatches.clear();
    this.#ending.abort(reason);
    this.#rest.abort();
    await Promise.all([this.#news.close(reason), this.#loop]);
    if (last.kind === "connected") {
      const question = { method: "DELETE", path: `/sessions/${last.id}`, attachment } as const;
      const wait = { signal: new AbortController().signal, timeoutMs: CLOSE_TIMEOUT_MS };
      // A manager that does not hear of the end finds out by the silence.
      await this.#options.asker.ask(this.#manager(), question, wait).catch(() => {});
    }
    this.#options.onClose(this);
  }

  #manager(): string {
    return this.#options.managers[this.#at]!;
  }

  async #write(
    method: "POST" | "PUT",
    to: string,
    body: { path: string; data: string; version?: number },
    options: WaitOptions,
  ): Promise<CoordinatorNode> {
    checkedPath(body.path);
    checkedBytes(body.path, body.data);
    const { node } = await this.#ask<{ node: CoordinatorNode }>(
      { method, path: to, body },
      options,
    );
    return node;
  }

  async #ask<T>(question: Omit<HttpQuestion, "attachment">, options: WaitOptions): Promise<T> {
    options.signal?.throwIfAborted();
    if (this.#state.kind === "closed") throw closedError();
    if (this.#state.kind === "suspended") throw this.#away({ outcomeUnknown: false });
    const attachment = this.#attachment;
    const path = `/sessions/${this.#state.id}${question.path}`;
    const given = this.#asking.signal;
    const own = [given, this.#ending.signal];
    const signal = AbortSignal.any(options.signal === undefined ? own : [options.signal, ...own]);
    const sentAtMs = performance.now();
    try {
      const wait = { signal, timeoutMs: this.#options.grant.ttlMs / OPERATIONS_PER_TTL };
      const asked = { ...question, path, attachment };
      const answer = await this.#options.asker.ask<T>(this.#manager(), asked, wait);
      this.#heard(sentAtMs);
      return answer;
    } catch (error) {
      if (error instanceof HttpRefusal) throw this.#refused(error, question, attachment);
      if (error === given.reason) throw this.#away({ outcomeUnknown: question.method !== "GET" });
      if (error instanceof CoordinatorUnavailableError) this.#suspend(error, attachment);
      throw error;
    }
  }

  /** What a refusal means to the caller. */
  #refused(
    refusal: HttpRefusal,
    question: Omit<HttpQuestion, "attachment">,
    attachment: number,
  ): Error {
    if (refusal.isGone) this.#suspend(refusal, attachment);
    const { conflict } = refusal.body;
    if (conflict !== undefined) {
      return new ConflictError((question.body as { path: string }).path, conflict);
    }
    const { message } = refusal;
    return new CoordinatorUnavailableError(message, { outcomeUnknown: false, cause: refusal });
  }

  /** Heartbeats while connected; looks for a manager while suspended. */
  async #keepAlive(): Promise<void> {
    const { signal } = this.#ending;
    const intervalMs = this.#options.grant.ttlMs / HEARTBEATS_PER_TTL;
    let retryMs = RETRY_MS.min;
    while (!signal.aborted) {
      const rest = this.#rest = new AbortController();
      if (this.#state.kind === "connected") {
        retryMs = RETRY_MS.min;
        await delay(intervalMs, rest.signal);
      } else {
        // Every program that used the manager comes back at the same time.
        await delay(retryMs * (0.5 + Math.random() / 2), signal);
        retryMs = Math.min(2 * retryMs, RETRY_MS.max, intervalMs);
      }
      if (!signal.aborted) await this.#renew(intervalMs);
    }
  }

  async #renew(timeoutMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind === "closed") return;
    const attachment = state.kind === "connected" ? this.#attachment : ++this.#attachment;
    const { signal } = this.#ending;
    const sentAtMs = performance.now();
    const path = `/sessions/${state.id}/heartbeat`;
    try {
      const question = { method: "POST", path, attachment } as const;
      await this.#options.asker.ask(this.#manager(), question, { signal, timeoutMs });
      this.#heard(sentAtMs);
      // An operation may have failed meanwhile; then this answer is one of an earlier attachment.
      if (this.#state === state && state.kind === "suspended") this.#resume();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HttpRefusal && error.isGone) await this.#beginAgain();
      else this.#lookElsewhere(error as Error, attachment);
    }
  }

  async #beginAgain(): Promise<void> {
    const { asker, grant: { ttlMs } } = this.#options;
    const { signal } = this.#ending;
    const sentAtMs = performance.now();
    try {
      const grant = await beginSession(asker, this.#manager(), { ttlMs, signal });
      if (signal.aborted) return;
      this.#heard(sentAtMs);
      this.#attachment = 1;
      this.#enter({ kind: "connected", id: grant.id });
      this.#news.attach(grant.position);
    } catch (error) {
      if (!signal.aborted) this.#lookElsewhere(error as Error, this.#attachment);
    }
  }

  /** Suspends; or, if that did not help already, goes on to the next manager. */
  #lookElsewhere(error: Error, attachment: number): void {
    if (this.#state.kind === "suspended") {
      this.#trouble = error.message;
      this.#at = (this.#at + 1) % this.#options.managers.length;
    } else this.#suspend(error, attachment);
  }

  #suspend(error: Error, attachment: number): void {
    // What an earlier attachment did not get answered says nothing of this one.
    if (this.#state.kind !== "connected" || attachment !== this.#attachment) return;
    this.#trouble = error.message;
    const { grant: { ttlMs: timeoutMs } } = this.#options;
    const { id } = this.#state;
    this.#enter({ kind: "suspended", id, sinceMs: this.#heardAtMs, timeoutMs });
    this.#news.detach();
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#rest.abort();
  }

  #resume(): void {
    if (this.#state.kind !== "suspended") return;
    this.#enter({ kind: "connected", id: this.#state.id });
    this.#news.attach();
  }

  #enter(state: SessionState): void {
    this.#state = state;
    for (const watch of this.#sessionWatches) watch.notify();
  }

  #heard(sentAtMs: number): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
  }

  #openNews(
    paths: string[],
    position: string,
    signal: AbortSignal,
  ): Promise<ReadableStream<string>> {
    if (this.#state.kind === "closed") throw closedError();
    const question: HttpQuestion = {
      method: "GET",
      path: `/sessions/${this.#state.id}/news`,
      query: paths.map((path) => ["path", path] as const),
      headers: { "last-event-id": position },
      attachment: this.#attachment,
    };
    return this.#options.asker.stream(this.#manager(), question, signal);
  }

  #away(options: { outcomeUnknown: boolean }): CoordinatorUnavailableError {
    return new CoordinatorUnavailableError(
      `Cannot reach the coordinator: the session is suspended (${this.#trouble})`,
      options,
    );
  }
}

function closedError(): CoordinatorClosedError {
  return new CoordinatorClosedError("Cannot use the coordinator: it is closed");
}
