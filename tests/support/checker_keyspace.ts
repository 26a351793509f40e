/**
 * Where the keys of a product really lie, asked of its servers one by one. Invariant: between two
 * migrations each key is on exactly one server, and that server owns its slot.
 *
 * @module
 */

import { RespClient } from "./resp_client.ts";
import { slotOfKey } from "./workload_slots.ts";

/** A server and the slots it should hold. */
export interface PlacementExpectation {
  /** The server's own port, not a proxy's. */
  port: number;
  /** Whether it owns the slot now. */
  owns(slot: number): boolean;
}

/** What was found. */
export interface Placement {
  /** Keys of all servers together, by full SCAN; equal to `dbsize` when nothing else runs. */
  readonly keys: number;
  /** Sum of DBSIZE. */
  readonly dbsize: number;
  /** Keys on a server that does not own their slot: a source slot that is not empty. */
  readonly misplaced: readonly string[];
  /** Keys on more than one server. */
  readonly duplicated: readonly string[];
}

const SCAN_COUNT = "1000";

/** Reads the keys of every server; for a product at rest. */
export async function placementOf(servers: readonly PlacementExpectation[]): Promise<Placement> {
  const seen = new Set<string>();
  const misplaced: string[] = [];
  const duplicated: string[] = [];
  let dbsize = 0;
  for (const { port, owns } of servers) {
    await using client = await RespClient.connect({ port });
    dbsize += Number(await client.send("DBSIZE"));
    for (const key of await scanAll(client)) {
      if (seen.has(key)) duplicated.push(key);
      seen.add(key);
      if (!owns(slotOfKey(key))) misplaced.push(key);
    }
  }
  return { keys: seen.size, dbsize, misplaced, duplicated };
}

async function scanAll(client: RespClient): Promise<Set<string>> {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const reply = await client.send("SCAN", cursor, "COUNT", SCAN_COUNT);
    if (!Array.isArray(reply)) throw new Error(`Cannot scan: ${JSON.stringify(reply)}`);
    cursor = String(reply[0]);
    for (const key of reply[1] as string[]) keys.add(key);
  } while (cursor !== "0");
  return keys;
}
