/**
 * What holds for the whole product: the rule of empty tags, and how long proxies hold commands.
 *
 * @module
 */

import { type EmptyTag, slotOf } from "../core/slots.ts";
import { changeSettings } from "../core/topology/edit_settings.ts";
import type { Settings } from "../core/topology/topology.ts";
import { askServer } from "./ask_server.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { ManagerError } from "./manager_error.ts";

const EMPTY_TAGGED = "{}a";

/** Returns the settings. */
export function getSettings(plane: ControlPlane): Settings {
  return plane.store.topology.settings;
}

/**
 * Changes settings; proxies follow with the topology.
 *
 * @throws {ManagerError} if a server of the product hashes empty tags by another rule than `emptyTag`.
 */
export async function setSettings(
  plane: ControlPlane,
  wanted: Partial<Settings>,
  asker: Asker,
): Promise<Settings> {
  const { emptyTag } = wanted;
  if (emptyTag !== undefined) {
    const groups = Object.values(plane.store.topology.groups).filter(({ caps }) => caps.fence);
    const servers = groups.flatMap(({ servers }) => servers);
    await Promise.all(servers.map(({ addr }) => requireEmptyTag(plane, { addr, emptyTag })));
  }
  const names = Object.entries(wanted).map(([name, value]) => `${name} to ${value}`);
  const topology = await plane.store.change(
    { ...asker, reason: `set ${names.join(", ")}` },
    (topology, change) => changeSettings(topology, wanted, change),
  );
  return topology.settings;
}

/**
 * Makes sure that a codis-server finds the slot of a key by the product's rule: commands on such keys
 * would be refused for ever otherwise.
 *
 * @throws {ManagerError} naming the server's flag.
 */
export async function requireEmptyTag(
  plane: ControlPlane,
  place: { readonly addr: string; readonly emptyTag: EmptyTag },
): Promise<void> {
  const { addr, emptyTag } = place;
  const question = { addr, credentials: plane.credentials };
  const reply = await askServer(question, ["SLOTSHASHKEY", EMPTY_TAGGED]);
  const key = new TextEncoder().encode(EMPTY_TAGGED);
  // One that cannot say has no rule of its own to contradict.
  if (!Array.isArray(reply) || Number(reply[0]) === slotOf(key, 0, key.length, emptyTag)) return;
  throw new ManagerError(
    "conflict",
    `Cannot use ${addr} with emptyTag ${emptyTag}: it finds the slot of "${EMPTY_TAGGED}" by another rule`,
    `Start it with --empty-tag ${emptyTag}`,
  );
}
