/**
 * Who may talk to the REST API: a browser page of another site must not, however it got the address.
 *
 * - `Host` must be a name of this manager: a foreign name that was made to point here (DNS rebinding)
 *   is refused.
 * - A change of the API needs `Content-Type: application/json`, and no sign of another site in
 *   `Origin` or `Sec-Fetch-Site`: a form or a script elsewhere cannot send one without asking first.
 * - A form is for pages, never for the API. It comes from a browser, so that must say that the form is
 *   on a page of ours.
 * - With a token, every request needs it: `Authorization: Bearer TOKEN`, or the password of Basic
 *   authentication, so that a browser can ask its user.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { ManagerError } from "./manager_error.ts";

/** What the guard knows. */
export interface GuardRules {
  /** Host names without port, lower case. */
  readonly hosts: ReadonlySet<string>;
  /** Null: none is needed. */
  readonly token: string | null;
}

const encoder = new TextEncoder();

/** What a browser sends a form as. */
const FORM_TYPE = "application/x-www-form-urlencoded";

/** Below this path are no pages. */
const APIS_PATH = "/api/";

/** Names under which a loopback listener is always reached. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** Returns the host names of a manager that listens at `hostname`. */
export function allowedHosts(hostname: string, more: readonly string[] = []): Set<string> {
  const own = hostname.includes(":") ? `[${hostname}]` : hostname;
  return new Set([...LOOPBACK_NAMES, own, ...more].map((name) => name.toLowerCase()));
}

/** Lets a request pass. @throws {ManagerError} with the reason why it does not. */
export function checkRequest(request: Request, rules: GuardRules): void {
  const host = request.headers.get("host") ?? "";
  if (!rules.hosts.has(hostName(host))) {
    throw new ManagerError(
      "forbidden",
      `Cannot serve host "${host}": it is no name of this manager`,
      "Name it with --allow-host when the manager is started",
    );
  }
  if (rules.token !== null && !hasToken(request, rules.token)) {
    throw new ManagerError(
      "unauthorized",
      "Cannot serve the request without the token",
      "Send it as `Authorization: Bearer TOKEN`; the command line reads CODIS_TOKEN",
    );
  }
  if (request.method !== "GET" && request.method !== "HEAD") checkChange(request, host);
}

function checkChange(request: Request, host: string): void {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isForm = type === FORM_TYPE && !new URL(request.url).pathname.startsWith(APIS_PATH);
  if (!isForm && type !== "application/json") {
    throw new ManagerError(
      "unsupported-media-type",
      `Cannot read a change of type "${type ?? "none"}": want application/json`,
    );
  }
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const foreign = origin !== null && originHost(origin) !== host.toLowerCase();
  const unsaid = isForm && origin === null && site !== "same-origin";
  if (foreign || unsaid || (site !== null && site !== "same-origin" && site !== "none")) {
    throw new ManagerError(
      "forbidden",
      `Cannot take a change from another site (${origin ?? site ?? "not named"})`,
    );
  }
}

function hasToken(request: Request, token: string): boolean {
  const [scheme, value] = (request.headers.get("authorization") ?? "").split(" ");
  if (value === undefined) return false;
  if (scheme?.toLowerCase() === "bearer") return sameText(value, token);
  if (scheme?.toLowerCase() !== "basic") return false;
  try {
    const pair = atob(value);
    return sameText(pair.slice(pair.indexOf(":") + 1), token);
  } catch {
    return false;
  }
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
