/**
 * The REST API as the command line asks it.
 *
 * @module
 */

import type { ErrorBody } from "./api_errors.ts";

const TIMEOUT_MS = 30_000;

/** The API refused, or could not be reached. */
export class ApiError extends Error {
  override name = "ApiError";
  /** The API's code; null if it was not reached. */
  readonly code: string | null;
  /** What to do about it. */
  readonly hint: string | null;

  /** Says what was found. */
  constructor(message: string, code: string | null, hint: string | null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Options of {@linkcode ApiClient}. */
export interface ApiClientOptions {
  /** Base address, `http://host:port`. */
  readonly manager: string;
  readonly token?: string | undefined;
  /** Recorded with every change. */
  readonly actor: string;
}

/** Asks one manager. */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Returns the answer to `GET`. @throws {ApiError} */
  get<T>(path: string): Promise<T> {
    return this.#ask("GET", path);
  }

  /** Asks for a change and returns the answer. @throws {ApiError} */
  change<T>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body: unknown = {},
  ): Promise<T> {
    return this.#ask(method, path, JSON.stringify(body));
  }

  async #ask<T>(method: string, path: string, body?: string): Promise<T> {
    const { manager, token, actor } = this.#options;
    const headers = new Headers({ "x-codis-actor": actor });
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    const url = new URL(`/api/v1${path}`, manager);
    let response: Response;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      response = await fetch(url, { method, headers, signal, body: body ?? null });
    } catch (error) {
      throw new ApiError(
        `Cannot reach the manager at ${manager}: ${(error as Error).message}`,
        null,
        "Start one with `deno task manager`, or name it with --manager URL",
      );
    }
    const answer = await readJson(response, url);
    if (response.ok) return answer as T;
    const { error } = answer as Partial<ErrorBody>;
    if (error === undefined) throw notOurs(response, url);
    throw new ApiError(error.message, error.code, error.hint);
  }
}

async function readJson(response: Response, url: URL): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw notOurs(response, url);
  }
}

function notOurs(response: Response, url: URL): ApiError {
  return new ApiError(
    `Cannot use the answer of ${url.origin}: HTTP status ${response.status}, and no answer of a manager`,
    null,
    "Check --manager",
  );
}
