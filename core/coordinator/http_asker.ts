/**
 * One request to a manager that serves its coordinator, and what became of it.
 *
 * Invariant: a request that ends without an answer says whether it may have been executed.
 *
 * @module
 */

import { CoordinatorUnavailableError } from "./coordinator_error.ts";
import { ATTACHMENT_HEADER, COORDINATOR_PATH, type RefusalBody } from "./http_protocol.ts";

/** The manager answered, and refused. */
export class HttpRefusal extends Error {
  /** The class's name. */
  override name = "HttpRefusal";
  /** The HTTP status. */
  readonly status: number;
  /** What it said. */
  readonly body: RefusalBody;

  /** Says what was asked and what came back. */
  constructor(manager: string, status: number, body: RefusalBody) {
    const { message, hint } = body.error;
    super(`The manager at ${manager} says: ${message}${hint ? `. ${hint}` : ""}`);
    this.status = status;
    this.body = body;
  }

  /** Whether the session is over. */
  get isGone(): boolean {
    return this.body.error.code === "gone";
  }
}

/** What is asked. */
export interface HttpQuestion {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below {@linkcode COORDINATOR_PATH}. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: object;
  /** Null before there is a session. */
  readonly attachment: number | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks managers at one token. */
export class HttpAsker {
  readonly #token: string | undefined;

  /** `token` is what the managers want to be brought. */
  constructor(token: string | undefined) {
    this.#token = token;
  }

  /**
   * Returns the answer of `manager` (`http://host:port`) as JSON.
   *
   * @throws {HttpRefusal} if it refused.
   * @throws {CoordinatorUnavailableError} if it did not answer within `timeoutMs`.
   * @throws the signal's reason when it aborts.
   */
  async ask<T>(
    manager: string,
    question: HttpQuestion,
    wait: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), wait.timeoutMs);
    try {
      const signal = AbortSignal.any([wait.signal, timeout.signal]);
      const response = await this.#send(manager, question, signal);
      return await response.json() as T;
    } catch (error) {
      wait.signal.throwIfAborted();
      if (error instanceof HttpRefusal) throw error;
      const why = timeout.signal.aborted
        ? `no answer within ${wait.timeoutMs} ms`
        : (error as Error).message;
      throw unavailable(manager, question, { why, cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Returns the stream of text that `manager` answers with; it ends when `signal` aborts.
   *
   * @throws {HttpRefusal} if it refused.
   * @throws {CoordinatorUnavailableError} if it cannot be reached.
   */
  async stream(
    manager: string,
    question: HttpQuestion,
    signal: AbortSignal,
  ): Promise<ReadableStream<string>> {
    try {
      const response = await this.#send(manager, question, signal);
      return response.body!.pipeThrough(new TextDecoderStream());
    } catch (error) {
      if (error instanceof HttpRefusal) throw error;
      throw unavailable(manager, question, { why: (error as Error).message, cause: error });
    }
  }

  async #send(manager: string, question: HttpQuestion, signal: AbortSignal): Promise<Response> {
    const { method, path, query = [], body, attachment } = question;
    const headers = new Headers(question.headers);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    if (attachment !== null) headers.set(ATTACHMENT_HEADER, String(attachment));
    if (method !== "GET") headers.set("content-type", "application/json");
    const url = new URL(COORDINATOR_PATH + path, manager);
    for (const [name, value] of query) url.searchParams.append(name, value);
    const response = await fetch(url, {
      method,
      headers,
      body: method === "GET" ? null : JSON.stringify(body ?? {}),
      redirect: "error",
      signal,
    });
    if (response.ok) return response;
    throw new HttpRefusal(manager, response.status, await refusalOf(response));
  }
}

/** What a refusal says; what no manager said becomes one, too, for another server may be there. */
async function refusalOf(response: Response): Promise<RefusalBody> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Partial<RefusalBody> | null;
    if (typeof body?.error?.message === "string") return body as RefusalBody;
  } catch {
    // Not JSON: said below.
  }
  const message = `HTTP status ${response.status}, which is no answer of a manager`;
  return { error: { code: "unknown", message } };
}

function unavailable(
  manager: string,
  { method, path }: HttpQuestion,
  found: { readonly why: string; readonly cause: unknown },
): CoordinatorUnavailableError {
  // The client's own words for a connection that never came to be: nothing was sent then.
  const unsent = /\(Connect\)/.test(found.why);
  return new CoordinatorUnavailableError(
    `Cannot ask the manager at ${manager} (${method} ${path}): ${found.why}`,
    { outcomeUnknown: method !== "GET" && !unsent, cause: found.cause },
  );
}
