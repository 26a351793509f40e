/**
 * An action as commands for a terminal: what the dashboard asks of the REST API, for whoever wants to
 * script it.
 *
 * @module
 */

import { API_PATH, type ApiChange } from "../api_reader.ts";

/** The address that the command line asks by itself. */
const MANAGER_DEFAULT = "http://127.0.0.1:18087";

/** Returns the `curl` line of a change. */
export function curlLine(
  change: ApiChange,
  manager: { readonly origin: string; readonly hasLogin: boolean },
): string {
  const { method, path, body } = change;
  return [
    "curl",
    ...(method === "POST" && body !== null ? [] : [`-X ${method}`]),
    quoted(`${manager.origin}${API_PATH}${path}`),
    "-H 'content-type: application/json'",
    ...(manager.hasLogin ? ['-H "authorization: Bearer $CODIS_TOKEN"'] : []),
    ...(body === null ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
  ].join(" ");
}

/** Returns the line for the manager's command line. */
export function cliLine(words: string, manager: { readonly origin: string }): string {
  const where = manager.origin === MANAGER_DEFAULT ? "" : ` --manager ${quoted(manager.origin)}`;
  return `deno task manager ${words}${where}`;
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w:/.=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
