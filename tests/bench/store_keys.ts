/**
 * Loads keys through one connection.
 *
 * @module
 */

import { RespClient } from "../support/resp_client.ts";

/** Requests on the way at a time. */
const PIPELINE = 1000;

/** Sets every key to `value`. @throws {Error} if any of it is refused. */
export async function storeKeys(
  port: number,
  keys: readonly string[],
  value: string,
): Promise<void> {
  await using client = await RespClient.connect({ port });
  for (let first = 0; first < keys.length; first += PIPELINE) {
    const part = keys.slice(first, first + PIPELINE);
    const replies = await client.pipeline(part.map((key) => ["SET", key, value]));
    const refused = replies.find((reply) => reply !== "OK");
    if (refused !== undefined) throw new Error(`Cannot store keys on port ${port}: ${refused}`);
  }
}
