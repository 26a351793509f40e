/**
 * Single faults for a history that was right: what the checker itself is tested with. Invariant: the
 * wrong reply differs from the right one (but may by chance be one that concurrency allows too).
 *
 * @module
 */

import type { Operation } from "./history.ts";
import type { Reply } from "./resp_client_reader.ts";
import type { SeededRandom } from "./seeded_random.ts";

/**
 * A wrong reply in place of a right one: a number off by one, a text of an earlier write or of no
 * write at all, a token lost from an appended text, one half of a pair.
 */
export function wrongReply(
  operation: Operation,
  earlierTexts: readonly string[],
  random: SeededRandom,
): Reply {
  const { command, reply } = operation;
  const stale = earlierTexts.length > 0 && random.chance(0.7)
    ? random.pick(earlierTexts)
    : "never written";
  if (typeof reply === "number") return command[0] === "PTTL" ? wrongTtl(reply) : reply + 1;
  if (Array.isArray(reply)) return [stale, reply[1] === stale ? null : reply[1]!];
  if (typeof reply === "string" && reply.includes(";")) {
    return reply.slice(0, -1).split(";").slice(1).map((token) => `${token};`).join("");
  }
  return stale === reply ? null : stale;
}

function wrongTtl(reply: number): number {
  return reply === -1 ? -2 : -1;
}
