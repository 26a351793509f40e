/**
 * Decides for each command of a client whether it may run: PROTOCOL rule 8, for reads and writes alike,
 * and whatever the proxy believes.
 *
 * A refusal on a connection is sticky for its slot: had the server refused one command and then, because
 * a fence came in between, run the next one of the same pipeline, the proxy's second attempt at the first
 * would come after it. `SLOTSROUTE` ends that. Proxies that announced the slot's current epoch send one
 * command of a client at a time, so `-SLOTASK` and `-SLOTBUSY` to them are not sticky; neither is
 * anything behind `SLOTSASKING`.
 *
 * Invariant: a command that was refused has changed nothing.
 *
 * @module
 */

import {
  firstKeyOf,
  FLAG_MOVABLEKEYS,
  flagsOf,
  lastKeyOf,
} from "../../core/commands/command_index.ts";
import { keysOf } from "../../core/commands/keys_of.ts";
import { SLOT_PROTOCOL_COMMANDS } from "../../core/commands/slots.ts";
import { commandId, COMMANDS } from "../../core/commands/table.ts";
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Call } from "../call.ts";
import type { SlotGate } from "../data_server.ts";
import type { KeysInTransit } from "../keys_in_transit.ts";
import { askedKeysMax } from "../memory_limit.ts";
import { SlotConversation } from "../session.ts";
import { type FenceTable, GIVING, IMPORTING, OWN } from "./fence_table.ts";
import {
  isSticky,
  isTokenGood,
  type SlotVerdict,
  verdictAfterRefusals,
  verdictOf,
} from "./slot_verdict.ts";
import type { TransferSource } from "./transfer_source.ts";
import type { TransferTarget } from "./transfer_target.ts";

/** Commands that are obeyed in any state of a slot. */
const IS_PROTOCOL = Uint8Array.from(COMMANDS, ({ name }) => Number(name in SLOT_PROTOCOL_COMMANDS));
/** Commands whose one key is always the same argument. */
const HAS_ONE_KEY = Uint8Array.from(COMMANDS, ({ id, name, keys }) => {
  const single = keys?.length === 1 && keys[0]!.use !== "not_key" && firstKeyOf[id]! > 0;
  const plain = lastKeyOf[id] === firstKeyOf[id] && (flagsOf[id]! & FLAG_MOVABLEKEYS) === 0;
  return Number(single && plain && IS_PROTOCOL[id] === 0 && name !== "move");
});

/** Commands that would take keys out of database 0, and so out of their slot. */
const MOVE = commandId("move");
const SWAPDB = commandId("swapdb");
/** The refusal of what reaches into another database where slots are managed. */
export const WRONG_DATABASE = "ERR a server whose slots are managed serves database 0 only";

const TOO_MANY_ASKED =
  "OOM too many names were asked for in slots that are arriving here; try again when they have arrived";

const REFUSALS = { ask: "SLOTASK", busy: "SLOTBUSY", stale: "SLOTSTALE" } as const;

/** What the gate looks at. */
export interface GateParts {
  readonly table: FenceTable;
  readonly source: TransferSource;
  readonly target: TransferTarget;
  /** Keys that the commands of the original codis-server are moving. */
  readonly transit: KeysInTransit;
  /** What decides as long as no leader manages the slots. */
  readonly standalone: SlotGate;
}

/** The gate of a server whose slots a leader may manage. */
export class FenceGate implements SlotGate {
  readonly #parts: GateParts;
  readonly #table: FenceTable;
  readonly #state: Uint8Array;
  readonly #transit: KeysInTransit;
  #keys = new Int32Array(64);
  #keySlots = new Int32Array(64);
  /** The slots of the command being looked at. */
  readonly #slots: number[] = [];
  /** Its number, where a slot belongs to it. */
  readonly #seen = new Int32Array(SLOT_COUNT);
  #round = 0;
  /** By slot, of the command's keys: how many are here, are not, and are on their way. */
  readonly #here = new Int32Array(SLOT_COUNT);
  readonly #absent = new Int32Array(SLOT_COUNT);
  readonly #moving = new Int32Array(SLOT_COUNT);

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#table = parts.table;
    this.#state = parts.table.state;
    this.#transit = parts.transit;
  }

  get active(): boolean {
    return this.#table.managed || this.#parts.standalone.active;
  }

  admit(call: Call): boolean {
    if (!this.#table.managed) return this.#parts.standalone.admit(call);
    const { session, command } = call;
    const { database } = session;
    const talk = session.slots;
    if (
      HAS_ONE_KEY[command] === 1 && (talk === undefined || talk.isQuiet) &&
      this.#transit.size === 0 && database.number === 0
    ) {
      const at = 2 * firstKeyOf[command]!;
      const slot = database.slotOf(call.bytes, call.args[at]!, call.args[at + 1]!);
      if (this.#state[slot] === OWN) return true;
    }
    return this.#examine(call, talk);
  }

  /** Of a transaction that was admitted: refuses what reaches into another database, as SELECT lets it. */
  isElsewhere(call: Call): boolean {
    if (!this.#table.managed) return false;
    const { command, session } = call;
    const moves = command === MOVE || command === SWAPDB;
    if (!moves && (session.database.number === 0 || this.#findKeys(call) <= 0)) return false;
    return !refuse(call, WRONG_DATABASE);
  }

  #examine(call: Call, talk: SlotConversation | undefined): boolean {
    const askingSlot = talk?.askingSlot ?? -1;
    if (talk !== undefined) talk.askingSlot = -1;
    call.keyspace.database(0).forgetKey();
    if (IS_PROTOCOL[call.command] === 1) return true;
    if (call.command === MOVE || call.command === SWAPDB) return refuse(call, WRONG_DATABASE);
    const count = this.#findKeys(call);
    if (count <= 0) return true;
    if (call.session.database.number !== 0) return refuse(call, WRONG_DATABASE);
    this.#look(call, count);
    for (const slot of this.#slots) {
      const verdict = this.#judge(slot, talk, askingSlot);
      if (verdict === "admit") continue;
      if (verdict === "busy") this.#pull(call, count, slot);
      if (askingSlot < 0) this.#remember(call, slot, verdict);
      return refuse(call, `${REFUSALS[verdict]} ${slot} ${this.#table.slotEpoch[slot]}`);
    }
    return askingSlot < 0 || this.#claim(call, count) || refuse(call, TOO_MANY_ASKED);
  }

  #findKeys({ command, args, argumentCount, bytes }: Call): number {
    if (this.#keys.length < argumentCount) {
      this.#keys = new Int32Array(2 * argumentCount);
      this.#keySlots = new Int32Array(2 * argumentCount);
    }
    return keysOf(command, args, argumentCount, bytes, this.#keys);
  }

  #judge(slot: number, talk: SlotConversation | undefined, askingSlot: number): SlotVerdict {
    const isAsked = slot === askingSlot &&
      isTokenGood(talk!.askingEpoch, this.#table.slotEpoch[slot]!);
    const verdict = verdictOf(
      this.#state[slot]!,
      isAsked,
      this.#here[slot]!,
      this.#absent[slot]!,
      this.#moving[slot]!,
    );
    return verdictAfterRefusals(verdict, isAsked, talk?.refused.has(slot) === true);
  }

  /** Finds the command's slots, and where its keys are if they may be elsewhere. */
  #look(call: Call, count: number): void {
    const { database } = call.session;
    const { source } = this.#parts;
    this.#slots.length = 0;
    this.#round = this.#round + 1 | 0;
    for (let i = 0; i < count; i++) {
      const index = this.#keys[i]!;
      const start = call.start(index);
      const end = call.end(index);
      const slot = database.slotOf(call.bytes, start, end);
      this.#keySlots[i] = slot;
      if (this.#seen[slot] !== this.#round) this.#meet(slot);
      const isGiving = this.#state[slot] === GIVING;
      if (
        this.#transit.has(call.bytes, start, end) ||
        (isGiving && source.isInTransit(slot, call.bytes, start, end))
      ) this.#moving[slot]!++;
      else if (isGiving) {
        if (database.find(call.bytes, start, end) !== 0) this.#here[slot]!++;
        else this.#absent[slot]!++;
      }
    }
  }

  #meet(slot: number): void {
    this.#seen[slot] = this.#round;
    this.#slots.push(slot);
    this.#here[slot] = 0;
    this.#absent[slot] = 0;
    this.#moving[slot] = 0;
  }

  /** Some keys of the command are here, others may be at the other server: these follow them. */
  #pull(call: Call, count: number, slot: number): void {
    if (this.#here[slot] === 0 || this.#state[slot] !== GIVING) return;
    for (let i = 0; i < count; i++) {
      if (this.#keySlots[i] !== slot) continue;
      const ref = call.find(this.#keys[i]!);
      if (ref !== 0) this.#parts.source.pull(slot, ref);
    }
  }

  /** Refuses the command's slots on this connection from now on. */
  #remember(call: Call, refusedSlot: number, verdict: SlotVerdict): void {
    const talk = call.session.slots ??= new SlotConversation();
    for (const slot of this.#slots) {
      const isKnown = talk.announced.get(slot) === this.#table.slotEpoch[slot];
      const own = slot === refusedSlot ? verdict : "admit";
      if (isSticky(own, this.#state[slot]!, isKnown)) talk.refused.add(slot);
    }
  }

  /** False if there is no memory for another key that may never come. */
  #claim(call: Call, count: number): boolean {
    const { target } = this.#parts;
    target.askedMax = askedKeysMax(call.server);
    for (let i = 0; i < count; i++) {
      const slot = this.#keySlots[i]!;
      if (this.#state[slot] !== IMPORTING) continue;
      const index = this.#keys[i]!;
      if (!target.claim(slot, call.bytes, call.start(index), call.end(index))) return false;
    }
    return true;
  }
}

function refuse(call: Call, text: string): false {
  call.server.countError(text);
  call.reply.error(text);
  return false;
}
