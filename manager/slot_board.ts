/**
 * The leader's mind about all slots: one {@linkcode SlotWork} each, and what is due because of them, by
 * who has to be told. No I/O: the document and the servers' answers come in, effects are asked for.
 *
 * Invariant: what is due is always derived from the latest document the board was shown.
 *
 * @module
 */

import { SLOT_COUNT } from "../core/slots.ts";
import type { Advance } from "../core/topology/advance_slots.ts";
import type { BarrierEffect, DumpEffect } from "../core/topology/dump_machine.ts";
import { type FenceEffect, joinSlots } from "../core/topology/slot_fences.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEffect,
  type SlotEvent,
  type SlotWork,
  slotWorkOf,
  type Verdict,
} from "../core/topology/slot_machine.ts";
import { expandSlots, sameEntry, type SlotTable } from "../core/topology/slot_table.ts";
import type { SlotEntry, Topology } from "../core/topology/topology.ts";
import type { ReceiptEffect } from "./server_wire.ts";

/** What a server is to be sent. */
export type ServerEffect = FenceEffect | ReceiptEffect;

/** A start of a server that the document does not know yet. */
export interface Admission {
  readonly group: number;
  readonly server: string;
  readonly boot: string;
}

/** Every slot's work. */
export class SlotBoard {
  #topology: Topology;
  #table: SlotTable;
  readonly #works: SlotWork[];
  readonly #due: (readonly SlotEffect[])[];
  /** What is due, by who has to be told; null after a change, until somebody asks. */
  #dueByServer: ReadonlyMap<string, ServerEffect[]> | null = null;
  readonly #cancels = new Map<number, Advance>();
  readonly #mismatches = new Set<number>();
  #outrankedBy: number | null = null;

  /** Knows nothing but the document: everything in it is due. */
  constructor(topology: Topology) {
    this.#topology = topology;
    this.#table = expandSlots(topology);
    this.#works = this.#table.map((entry, slot) =>
      slotWorkOf(onlySlot(topology, slot, entry), slot)
    );
    this.#due = this.#works.map(dueEffects);
  }

  /** The document that was shown last. */
  get topology(): Topology {
    return this.#topology;
  }

  /** Its slots. */
  get table(): SlotTable {
    return this.#table;
  }

  /** The epoch of a newer leader, once a server told of one. */
  get outrankedBy(): number | null {
    return this.#outrankedBy;
  }

  /** The slots whose sides disagree on what moved; they stay where they are. */
  get mismatches(): ReadonlySet<number> {
    return this.#mismatches;
  }

  /** Takes in a newer document. */
  adopt(topology: Topology): void {
    const isAbout = changesBetween(this.#topology, topology);
    this.#topology = topology;
    this.#table = expandSlots(topology);
    this.#dueByServer = null;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!isAbout(this.#works[slot]!.entry, this.#table[slot]!)) continue;
      const adopted = adoptTopology(
        this.#works[slot]!,
        onlySlot(topology, slot, this.#table[slot]!),
      );
      this.#works[slot] = adopted;
      this.#due[slot] = dueEffects(adopted);
      const { entry } = adopted;
      const cancel = this.#cancels.get(slot);
      const moved = entry.phase === "offline" || cancel?.slotEpoch !== entry.epoch;
      if (cancel !== undefined && moved) this.#cancels.delete(slot);
      if (entry.phase !== "migrating") this.#mismatches.delete(slot);
    }
  }

  /** Takes in news of a slot. */
  hear(slot: number, event: SlotEvent): Verdict {
    const { work, effects, verdict } = next(this.#works[slot]!, event);
    this.#works[slot] = work;
    this.#dueByServer = null;
    this.#due[slot] = dueEffects(work);
    this.#mismatches.delete(slot);
    for (const effect of effects) {
      if (effect.kind === "resign") this.#outrankedBy = effect.leaderEpoch;
      else if (effect.kind === "report-mismatch") this.#mismatches.add(slot);
      else if (effect.kind === "advance" && event.kind === "cancel") {
        this.#cancels.set(slot, effect.advance);
      }
    }
    return verdict;
  }

  /** What the server is to be sent now, in the order of the slots; one effect for equal orders. */
  dueAt(server: string): ServerEffect[] {
    this.#dueByServer ??= this.#gatherDue();
    return this.#dueByServer.get(server) ?? [];
  }

  #gatherDue(): Map<string, ServerEffect[]> {
    const due = new Map<string, ServerEffect[]>();
    for (const effects of this.#due) {
      for (const effect of effects) {
        if (effect.kind !== "fence" && effect.kind !== "ask-receipt") continue;
        const known = due.get(effect.at.server);
        if (known === undefined) due.set(effect.at.server, [effect]);
        else known.push(effect);
      }
    }
    for (const [server, effects] of due) due.set(server, joinSlots<ServerEffect>(effects));
    return due;
  }

  /** What stock servers are to have done, and the barriers to be had; one for equal orders. */
  dueByDump(): (DumpEffect | BarrierEffect)[] {
    return joinSlots(this.#due.flatMap((effects) => effects.filter(isByDump)));
  }

  /** The steps that the document is to take, at most one per slot. */
  advances(): Advance[] {
    const advances: Advance[] = [];
    this.#due.forEach((effects, slot) => {
      const cancel = this.#cancels.get(slot);
      if (cancel !== undefined) advances.push(cancel);
      else {for (const effect of effects) {
          if (effect.kind === "advance") advances.push(effect.advance);
        }}
    });
    return advances;
  }

  /** Whether the document is to take any step. */
  hasAdvances(): boolean {
    return this.#cancels.size > 0 ||
      this.#due.some((effects) => effects.some(({ kind }) => kind === "advance"));
  }

  /** Says that what told of a newer leader was wrong; it may be told again. */
  forgetOutranked(): void {
    this.#outrankedBy = null;
  }

  /** Whether some slot waits for a server, and may have a step to add later. */
  waitsForServers(): boolean {
    return this.#due.some((effects) =>
      effects.some((effect) =>
        effect.kind === "fence" || effect.kind === "ask-receipt" || isByDump(effect)
      )
    );
  }
}

function isByDump(effect: SlotEffect): effect is DumpEffect | BarrierEffect {
  return effect.kind === "dump" || effect.kind === "barrier";
}

/**
 * Tells of which slots a newer document says anything new, by their entries in both. Slots of one range
 * share an entry, so few pairs are compared.
 */
function changesBetween(
  old: Topology,
  topology: Topology,
): (before: SlotEntry, after: SlotEntry) => boolean {
  if (topology.groups !== old.groups || topology.leader.epoch !== old.leader.epoch) {
    return () => true;
  }
  let pair: readonly [SlotEntry, SlotEntry] | null = null;
  let isSame = false;
  return (before, after) => {
    if (pair === null || pair[0] !== before || pair[1] !== after) {
      pair = [before, after];
      isSame = sameEntry(before, after);
    }
    return !isSame;
  };
}

/** The document with one slot in it: what the functions of one slot look at, found at once. */
function onlySlot(topology: Topology, slot: number, entry: SlotEntry): Topology {
  const slots = entry.phase === "offline" ? [] : [{ range: [slot, slot] as const, ...entry }];
  return { ...topology, slots };
}
