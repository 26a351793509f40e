/**
 * The topology as text: strict in what it reads, canonical in what it writes.
 *
 * Invariant: `formatTopology(parseTopology(text))` is `text` for every text this program wrote.
 *
 * @module
 */

import { z } from "zod";
import { SLOT_COUNT } from "../slots.ts";
import { REDIRECT_TIMEOUT_MS_MAX } from "./edit_settings.ts";
import { canonicalEntry } from "./slot_table.ts";
import {
  type Capabilities,
  type Group,
  GROUP_ID_MAX,
  participantsOf,
  type SlotRange,
  type Topology,
  TOPOLOGY_SCHEMA_VERSION,
  TopologyError,
} from "./topology.ts";

const epoch = z.int().min(0);
const groupId = z.int().min(1).max(GROUP_ID_MAX);
const slot = z.int().min(0).max(SLOT_COUNT - 1);
const range = z.tuple([slot, slot]).readonly();
const method = z.enum(["keys", "dump"]);
const migration = z.strictObject({ id: z.string().min(1), from: groupId, to: groupId, method });
const receipt = z.strictObject({ moved: z.int().min(0), sum: z.string().regex(/^[0-9a-f]+$/) });
const closing = z.strictObject({
  id: z.string().min(1),
  group: groupId,
  receipt: receipt.exactOptional(),
});

const slotRange = z.discriminatedUnion("phase", [
  z.strictObject({
    range,
    phase: z.literal("stable"),
    epoch,
    owner: groupId,
    closing: closing.exactOptional(),
  }),
  z.strictObject({
    range,
    phase: z.literal("preparing"),
    epoch,
    holding: z.literal(true).exactOptional(),
    migration,
  }),
  z.strictObject({ range, phase: z.literal("migrating"), epoch, opened: z.boolean(), migration }),
  z.strictObject({ range, phase: z.literal("returning"), epoch, migration }),
]);

const server = z.strictObject({
  id: z.string().min(1),
  addr: z.string().regex(/^.+:\d{1,5}$/, "want host:port"),
  boot: z.string().min(1).nullable(),
});

const group = z.strictObject({
  servers: z.array(server),
  caps: z.strictObject({
    fence: z.boolean(),
    methods: z.array(method),
    acl: z.boolean().exactOptional(),
    version: z.string().min(1).exactOptional(),
  }),
});

const topologySchema = z.strictObject({
  schemaVersion: z.literal(TOPOLOGY_SCHEMA_VERSION),
  epoch: z.int().min(1),
  leader: z.strictObject({ epoch, id: z.string() }),
  groups: z.record(z.string().regex(/^[1-9]\d{0,3}$/), group),
  slots: z.array(slotRange),
  settings: z.strictObject({
    emptyTag: z.enum(["hash-empty", "hash-key"]),
    redirectTimeoutMs: z.int().min(0).max(REDIRECT_TIMEOUT_MS_MAX),
  }),
  lastChange: z.strictObject({ id: z.string().min(1), actor: z.string(), reason: z.string() }),
});

/**
 * Returns the topology that `text` holds.
 *
 * @throws {TopologyError} naming the field, if it is not one or contradicts itself.
 */
export function parseTopology(text: string): Topology {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TopologyError(`Cannot read the topology: ${(error as Error).message}`, {
      cause: error,
    });
  }
  checkSchemaVersion(value);
  const parsed = topologySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw fieldError(pathText(issue.path), issue.message);
  }
  checkSlots(parsed.data);
  return parsed.data;
}

/** Returns the one text of a topology. */
export function formatTopology(topology: Topology): string {
  const { schemaVersion, leader, settings, lastChange } = topology;
  return JSON.stringify({
    schemaVersion,
    epoch: topology.epoch,
    leader: { epoch: leader.epoch, id: leader.id },
    // Keys that are integers always come in ascending order: no sorting is needed.
    groups: mapValues(topology.groups, canonicalGroup),
    slots: topology.slots.map(({ range, ...entry }) => ({ range, ...canonicalEntry(entry) })),
    settings: {
      emptyTag: settings.emptyTag,
      redirectTimeoutMs: settings.redirectTimeoutMs,
    },
    lastChange: { id: lastChange.id, actor: lastChange.actor, reason: lastChange.reason },
  });
}

function checkSchemaVersion(value: unknown): void {
  const found = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof found === "number" && found > TOPOLOGY_SCHEMA_VERSION) {
    throw new TopologyError(
      `Cannot read the topology: its schema version is ${found}, this program knows ` +
        `${TOPOLOGY_SCHEMA_VERSION}. Start the newer program that wrote it`,
    );
  }
}

function checkSlots(topology: Topology): void {
  let free = 0;
  topology.slots.forEach((entry, index) => {
    const field = `slots[${index}]`;
    const [first, last] = entry.range;
    if (first > last || first < free) {
      throw fieldError(`${field}.range`, "want ascending ranges that do not overlap");
    }
    free = last + 1;
    checkEntry(topology, entry, field);
  });
}

function checkEntry(topology: Topology, entry: SlotRange, field: string): void {
  if (entry.epoch > topology.epoch) {
    throw fieldError(`${field}.epoch`, `it is newer than the document's, ${topology.epoch}`);
  }
  const groups = participantsOf(entry);
  for (const id of groups) {
    if (!Object.hasOwn(topology.groups, id)) throw fieldError(field, `there is no group ${id}`);
  }
  if (groups.length === 2 && groups[0] === groups[1]) {
    throw fieldError(field, `group ${groups[0]} is on both sides`);
  }
}

function fieldError(field: string, message: string): TopologyError {
  return new TopologyError(`Cannot read the topology: ${field}: ${message}`);
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "document";
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`)
    .join("").replace(/^\./, "");
}

function canonicalGroup({ servers, caps }: Group): Group {
  return {
    servers: servers.map(({ id, addr, boot }) => ({ id, addr, boot })),
    caps: canonicalCaps(caps),
  };
}

function canonicalCaps({ fence, methods, acl, version }: Capabilities): Capabilities {
  return {
    fence,
    methods,
    ...acl !== undefined && { acl },
    ...version !== undefined && { version },
  };
}

function mapValues<T, R>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
