/**
 * The manager's REST API as the tests ask it.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Manager } from "../../manager/manager.ts";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { eventually } from "./eventually.ts";

const MIGRATION_TIMEOUT_MS = 60_000;

/** A manager, in this process or in another. */
export type Address = Pick<Manager, "address">;

/** A change that was refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Returns the answer to a read. */
export async function get<T>(manager: Address, path: string): Promise<T> {
  const response = await fetch(`http://${manager.address}/api/v1${path}`);
  return await response.json();
}

/** Asks for a change, which must succeed, and returns the answer. */
export async function change<T>(
  manager: Address,
  method: string,
  path: string,
  body: unknown = {},
): Promise<T> {
  const response = await send(manager, method, path, body);
  const answer = await response.json();
  assert(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Asks for a change that must not succeed. */
export async function refusal(
  manager: Address,
  method: string,
  path: string,
  body: unknown = {},
): Promise<Refusal> {
  const response = await send(manager, method, path, body);
  const answer = await response.json();
  assert(!response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return { status: response.status, message: answer.error.message };
}

/** Queues a migration and returns its id. */
export async function migrate(
  manager: Address,
  order: { readonly range: readonly [number, number]; readonly to: number },
): Promise<string> {
  return (await change<MigrationView>(manager, "POST", "/migrations", order)).id;
}

/** Waits until a migration has finished. */
export async function finished(manager: Address, id: string): Promise<MigrationView> {
  return await eventually(async () => {
    const view = await get<MigrationView>(manager, `/migrations/${id}`);
    assert(view.finishedAt !== null, JSON.stringify(view));
    return view;
  }, { timeoutMs: MIGRATION_TIMEOUT_MS });
}

function send(manager: Address, method: string, path: string, body: unknown): Promise<Response> {
  return fetch(`http://${manager.address}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", "x-codis-actor": "test" },
    body: JSON.stringify(body),
  });
}
