/**
 * Writing the document: conflicts, history, lost answers.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SAMPLE_CHANGE, sampleGroups } from "../../tests/support/sample_topology.ts";
import { ConflictError, CoordinatorUnavailableError } from "../coordinator/coordinator_error.ts";
import { MemoryCoordinator } from "../coordinator/memory_coordinator.ts";
import { historyPath, pathsOf } from "../coordinator/paths.ts";
import { claimLeader } from "./advance_slots.ts";
import { addGroup } from "./edit_groups.ts";
import {
  HISTORY_COUNT_MAX,
  listHistory,
  loadHistory,
  loadTopology,
  saveTopology,
} from "./save_topology.ts";
import { type Topology, TopologyError } from "./topology.ts";

const PRODUCT = "demo";

function changed(topology: Topology, id: number): Topology {
  return addGroup(topology, { id }, { ...SAMPLE_CHANGE, id: `change-${id}` });
}

Deno.test("saveTopology() writes the first document, then keeps each predecessor", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const first = sampleGroups();
  const second = changed(first, 3);

  const stored = await saveTopology(session, PRODUCT, { next: first, version: null });
  const next = await saveTopology(session, PRODUCT, { next: second, version: stored.version });

  assertEquals(await loadTopology(session, PRODUCT), next);
  assertEquals(await listHistory(session, PRODUCT), [first.epoch]);
  assertEquals(await loadHistory(session, PRODUCT, { epoch: first.epoch }), first);
  assertEquals(await loadHistory(session, PRODUCT, { epoch: second.epoch }), null);
});

Deno.test("saveTopology() refuses an old version, and an epoch that is not the next", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const first = sampleGroups();
  const { version } = await saveTopology(session, PRODUCT, { next: first, version: null });
  const second = await saveTopology(session, PRODUCT, { next: changed(first, 3), version });

  await assertRejects(
    () => saveTopology(session, PRODUCT, { next: changed(first, 4), version }),
    ConflictError,
  );
  await assertRejects(
    () => saveTopology(session, PRODUCT, { next: changed(first, 4), version: second.version }),
    TopologyError,
  );
  await assertRejects(
    () => saveTopology(session, PRODUCT, { next: first, version: null }),
    ConflictError,
  );
  assertEquals(await loadTopology(session, PRODUCT), second);
});

Deno.test("saveTopology() goes on after a predecessor that was kept by a writer that died", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const first = sampleGroups();
  const { version } = await saveTopology(session, PRODUCT, { next: first, version: null });
  const text = (await session.get(pathsOf(PRODUCT).topology))!.data;
  await session.createIfAbsent(historyPath(PRODUCT, first.epoch), text);

  const second = await saveTopology(session, PRODUCT, { next: changed(first, 3), version });

  assertEquals(second.version, 1);
});

Deno.test("saveTopology() reads back when the answer to its first document is lost", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();

  session.loseNextAnswer();
  const stored = await saveTopology(session, PRODUCT, { next: sampleGroups(), version: null });

  assertEquals(stored, { topology: sampleGroups(), version: 0 });
});

Deno.test("saveTopology() reads back when answers to the history and the document are lost", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const first = sampleGroups();
  const { version } = await saveTopology(session, PRODUCT, { next: first, version: null });

  session.loseNextAnswer();
  session.loseNextAnswer();
  const stored = await saveTopology(session, PRODUCT, { next: changed(first, 3), version });

  assertEquals(stored, { topology: changed(first, 3), version: 1 });
  assertEquals(await listHistory(session, PRODUCT), [first.epoch]);
});

Deno.test("saveTopology() does not take another's document for its own", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const other = await source.connect();
  const first = sampleGroups();
  const { version } = await saveTopology(session, PRODUCT, { next: first, version: null });
  await saveTopology(other, PRODUCT, { next: changed(first, 4), version });

  const refused = await assertRejects(
    () => saveTopology(session, PRODUCT, { next: changed(first, 3), version }),
    ConflictError,
  );

  assertEquals([refused.expected, refused.actual], [0, 1]);
});

Deno.test("saveTopology() forgets the oldest document when the history is full", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  let topology = sampleGroups();
  const firstEpoch = topology.epoch;
  let { version } = await saveTopology(session, PRODUCT, { next: topology, version: null });

  for (let count = 0; count <= HISTORY_COUNT_MAX; count++) {
    topology = claimLeader(topology, "manager-1", { ...SAMPLE_CHANGE, id: `change-${count}` });
    ({ version } = await saveTopology(session, PRODUCT, { next: topology, version }));
  }

  const epochs = await listHistory(session, PRODUCT);
  assertEquals([epochs.length, epochs[0]], [HISTORY_COUNT_MAX, firstEpoch + 1]);
});

Deno.test("saveTopology() fails at once while the coordinator is away", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  session.suspend();

  const refused = await assertRejects(
    () => saveTopology(session, PRODUCT, { next: sampleGroups(), version: null }),
    CoordinatorUnavailableError,
  );

  assert(!refused.outcomeUnknown);
});
