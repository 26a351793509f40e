/**
 * The REST API as the dashboard asks it: in the name of the browser that asks the dashboard.
 *
 * Invariant: the browser's own credentials go with every question, so a page shows and does nothing
 * that its reader may not see or do.
 *
 * @module
 */

import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Answers a request to the REST API without a connection. */
export type Api = (request: Request) => Promise<Response>;

/** A change for the REST API. */
export interface ApiChange {
  readonly method: "POST" | "PUT" | "DELETE";
  /** Below the API's path, `/groups/3`. */
  readonly path: string;
  /** The body; null: none. */
  readonly body: object | null;
}

/** Where the API is. */
export const API_PATH = "/api/v1";

const ACTOR = "dashboard";

/** The API refused, or could not answer. */
export class ApiError extends Error {
  /** Tells it from other errors in logs. */
  override name = "ApiError";
  /** The HTTP status. */
  readonly status: ContentfulStatusCode;
  /** What to do about it. */
  readonly hint: string | null;

  constructor(status: ContentfulStatusCode, message: string, hint: string | null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** Asks the API for one browser's request. */
export class ApiReader {
  /** Scheme, host and port, as the browser knows them. */
  readonly origin: string;
  /** Whether the browser had to log in. */
  readonly hasLogin: boolean;
  readonly #api: Api;
  readonly #headers: Headers;

  constructor(api: Api, request: Request) {
    const host = request.headers.get("host") ?? "";
    const login = request.headers.get("authorization");
    this.origin = `${new URL(request.url).protocol}//${host}`;
    this.hasLogin = login !== null;
    this.#api = api;
    this.#headers = new Headers({ host, "x-codis-actor": actorOf(login) });
    if (login !== null) this.#headers.set("authorization", login);
  }

  /** Reads. @throws {ApiError} */
  get<T>(path: string): Promise<T> {
    return this.#ask(path, { headers: this.#headers });
  }

  /** Changes. @throws {ApiError} */
  change<T>({ method, path, body }: ApiChange): Promise<T> {
    const headers = new Headers(this.#headers);
    headers.set("content-type", "application/json");
    return this.#ask(path, { method, headers, body: JSON.stringify(body ?? {}) });
  }

  async #ask<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.#api(new Request(`${this.origin}${API_PATH}${path}`, init));
    const answer = await response.json();
    if (response.ok) return answer;
    throw new ApiError(
      response.status as ContentfulStatusCode,
      answer.error.message,
      answer.error.hint,
    );
  }
}

/** Who is recorded: the name that the browser's user logged in with, if there is one. */
function actorOf(login: string | null): string {
  const [scheme, value] = (login ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || value === undefined) return ACTOR;
  try {
    const name = atob(value).split(":")[0]!.replace(/[^\x20-\x7e]/g, "");
    return name === "" ? ACTOR : `${ACTOR}: ${name}`;
  } catch {
    return ACTOR;
  }
}
