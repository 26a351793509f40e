/**
 * Edits of what holds for the whole product.
 *
 * Invariant: the rule that says which slot a key is in never changes while some server has keys by it.
 *
 * @module
 */

import { formatSlots, slotsOfRange } from "./slot_table.ts";
import {
  type Change,
  nextTopology,
  type Settings,
  type Topology,
  TopologyError,
} from "./topology.ts";

/** The longest that a proxy may be told to hold a command. */
export const REDIRECT_TIMEOUT_MS_MAX = 600_000;

/** Changes some settings. Returns `topology` itself if they are so already. */
export function changeSettings(
  topology: Topology,
  wanted: Partial<Settings>,
  change: Change,
): Topology {
  const settings = { ...topology.settings, ...wanted };
  const { emptyTag, redirectTimeoutMs } = settings;
  const isOtherRule = emptyTag !== topology.settings.emptyTag;
  if (!isOtherRule && redirectTimeoutMs === topology.settings.redirectTimeoutMs) return topology;
  if (
    !Number.isInteger(redirectTimeoutMs) || redirectTimeoutMs < 0 ||
    redirectTimeoutMs > REDIRECT_TIMEOUT_MS_MAX
  ) {
    throw new TopologyError(
      `Cannot set redirectTimeoutMs to ${redirectTimeoutMs}: want 0 to ${REDIRECT_TIMEOUT_MS_MAX}`,
    );
  }
  if (isOtherRule && topology.slots.length > 0) {
    const slots = topology.slots.flatMap(({ range }) => slotsOfRange(...range));
    throw new TopologyError(
      `Cannot set emptyTag to ${emptyTag}: groups own slots ${
        formatSlots(slots)
      }, and keys there ` +
        "would be looked for in other slots; it can only be changed before slots are assigned",
    );
  }
  return nextTopology(topology, { settings }, change);
}
