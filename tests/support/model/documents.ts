/**
 * The documents of a model run: each distinct topology once, with what the actors derive from it, and
 * the writes between them.
 *
 * A write goes through the product's `saveTopology` to a coordinator in memory: once with its answer,
 * once with the answer lost, which must come to the same. Edits and writes are functions of the
 * documents alone, so each is made once and remembered.
 *
 * Invariant: two documents that say the same are the same object, whoever wrote them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ConflictError } from "../../../core/coordinator/coordinator_error.ts";
import type { LocalSession } from "../../../core/coordinator/local_session.ts";
import { MemoryCoordinator } from "../../../core/coordinator/memory_coordinator.ts";
import { historyPath, pathsOf } from "../../../core/coordinator/paths.ts";
import type { SlotWork } from "../../../core/topology/slot_machine.ts";
import { entryOf, expandSlots, type SlotTable } from "../../../core/topology/slot_table.ts";
import type { Change, SlotEntry, Topology } from "../../../core/topology/topology.ts";
import { TopologyError } from "../../../core/topology/topology.ts";
import { formatTopology } from "../../../core/topology/topology_text.ts";
import { expandRoutes, type Route } from "../../../proxy/routes.ts";
import type { ModelRules } from "./rules.ts";

const PRODUCT = "model";
const SAME_CHANGE: Change = { id: "", actor: "", reason: "" };

/** A document, and what follows from it. */
export interface Doc {
  /** Names it in this run. */
  readonly id: number;
  readonly topology: Topology;
  readonly table: SlotTable;
  /** By slot of the model. */
  readonly entries: readonly SlotEntry[];
  /** What a leader knows that read only this. */
  readonly works: readonly SlotWork[];
  /** Where proxies send, by slot of the model. */
  readonly routes: readonly Route[];
  /** Names the routes: documents with equal routes are one to a proxy. */
  readonly routeIds: readonly number[];
}

/** An edit of the document, by a name that says all about it. */
export interface Edit {
  readonly name: string;
  readonly apply: (topology: Topology, change: Change) => Topology;
}

/** Every document of a run. */
export class Documents {
  readonly #rules: ModelRules;
  readonly #slotCount: number;
  readonly #docs = new Map<string, Doc>();
  readonly #routes = new Map<string, number>();
  readonly #edits = new Map<string, Doc | null>();
  readonly #writes = new Map<string, boolean>();

  constructor(rules: ModelRules, slotCount: number) {
    this.#rules = rules;
    this.#slotCount = slotCount;
  }

  /** How many writes were made at the coordinator. */
  get writeCount(): number {
    return this.#writes.size;
  }

  /** Returns the document that says what `topology` does. */
  of(topology: Topology): Doc {
    const text = formatTopology({ ...topology, lastChange: SAME_CHANGE });
    let doc = this.#docs.get(text);
    if (doc === undefined) {
      const slots = Array.from({ length: this.#slotCount }, (_, slot) => slot);
      const routes = expandRoutes(this.#rules.routeDocumentOf(topology)).slice(0, slots.length);
      doc = {
        id: this.#docs.size,
        topology,
        table: expandSlots(topology),
        entries: slots.map((slot) => entryOf(topology, slot)),
        works: slots.map((slot) => this.#rules.slotWorkOf(topology, slot)),
        routes,
        routeIds: routes.map((route) => this.#routeId(JSON.stringify(route))),
      };
      this.#docs.set(text, doc);
    }
    return doc;
  }

  /** Returns what `edit` makes of a document; null if the topology does not allow it. */
  edited(doc: Doc, edit: Edit): Doc | null {
    const key = `${doc.id} ${edit.name}`;
    let next = this.#edits.get(key);
    if (next !== undefined) return next;
    try {
      const change = { id: key, actor: "model", reason: edit.name };
      next = this.of(edit.apply(doc.topology, change));
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error;
      next = null;
    }
    this.#edits.set(key, next);
    return next;
  }

  /** Whether `next`, made from `seen`, is written while `current` is there. */
  write(current: Doc, seen: Doc, next: Doc): boolean | Promise<boolean> {
    const key = `${current.id} ${seen.id} ${next.id}`;
    return this.#writes.get(key) ?? this.#writeOnce(key, { current, seen, next });
  }

  #routeId(text: string): number {
    const known = this.#routes.get(text);
    if (known === undefined) this.#routes.set(text, this.#routes.size);
    return known ?? this.#routes.size - 1;
  }

  async #writeOnce(
    key: string,
    docs: { current: Doc; seen: Doc; next: Doc },
  ): Promise<boolean> {
    const written = await this.#tryWrite(docs, "answered");
    assertEquals(await this.#tryWrite(docs, "lost"), written);
    this.#writes.set(key, written);
    return written;
  }

  async #tryWrite(
    { current, seen, next }: { current: Doc; seen: Doc; next: Doc },
    answer: "answered" | "lost",
  ): Promise<boolean> {
    await using coordinator = new MemoryCoordinator();
    const session = await coordinator.connect();
    const { topology: path } = pathsOf(PRODUCT);
    let { version } = await session.createIfAbsent(path, formatTopology(seen.topology));
    const seenVersion = version;
    if (current !== seen) {
      const text = formatTopology(current.topology);
      ({ version } = await session.putIfVersion(path, text, { version }));
    }
    if (answer === "lost") await loseTopologyAnswer(session, current);
    try {
      await this.#rules.saveTopology(session, PRODUCT, {
        next: next.topology,
        version: seenVersion,
      });
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
    const stored = await session.get(path);
    assertEquals(stored?.data, formatTopology(next.topology));
    const kept = await session.get(historyPath(PRODUCT, current.topology.epoch));
    assertEquals(kept?.data, formatTopology(current.topology));
    return true;
  }
}

/** Makes the answer to the next write of the document be lost: the history has its copy already. */
async function loseTopologyAnswer(session: LocalSession, current: Doc): Promise<void> {
  const { epoch } = current.topology;
  await session.createIfAbsent(historyPath(PRODUCT, epoch), formatTopology(current.topology));
  session.loseNextAnswer();
}
