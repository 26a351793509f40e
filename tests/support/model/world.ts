/**
 * One state of the model: a document, two managers, two servers, two proxies with a client each, what is
 * late, and what an observer knows.
 *
 * A message arrives at once or, at the cost of the scenario's budget, late or never. So an exchange is
 * one step, and every order of events that a late message can make is another path.
 *
 * Invariant: a world is changed only before it is handed to the search; parts that are shared between
 * worlds (documents, works, transfers, messages) are never changed.
 *
 * @module
 */

import type { FenceState } from "../../../core/topology/slot_fences.ts";
import type { SlotEvent, SlotWork } from "../../../core/topology/slot_machine.ts";
import type { FenceOrder, FenceRole } from "../../../server/slots/fence_decision.ts";
import type { Doc } from "./documents.ts";

/** A key of the model. Keys of one unit move together, as those of one tag do. */
export interface KeySpec {
  readonly name: string;
  readonly slot: number;
  readonly unit: number;
}

/** What a client asks: one operation on keys of one slot. */
export interface ClientCommand {
  readonly operation: "get" | "set" | "del";
  /** Numbers of keys. */
  readonly keys: readonly number[];
}

/** A manager. */
export interface ManagerState {
  /** It works as a leader: it may not know yet that it is none any more. */
  leads: boolean;
  /** What it claimed; 0 before it ever did. */
  leaderEpoch: number;
  doc: Doc;
  works: SlotWork[];
}

/** Keys on their way. */
export interface ModelTransfer {
  readonly slot: number;
  readonly slotEpoch: number;
  readonly seq: number;
  readonly unit: number;
  /** By number of the key. */
  readonly values: readonly (readonly [key: number, value: number])[];
}

/** A slot at a server. */
export interface ServerSlot {
  state: FenceState;
  slotEpoch: number;
  /** Outlives the process, as the next two do. */
  floorEpoch: number;
  role: FenceRole;
  purges: number;
  /** By number of the key; 0: absent. */
  data: number[];
  /** Bits of keys. */
  claimed: number;
  moved: number;
  sum: number;
  /** Highest number applied, by slot epoch. */
  applied: (readonly [slotEpoch: number, seq: number])[];
  /** The start of the other server that it gives the slot to; null: it gives nothing. */
  peerBoot: string | null;
  pumping: boolean;
  seq: number;
  outstanding: ModelTransfer[];
}

/** A server. */
export interface ServerState {
  starts: number;
  leaderEpoch: number;
  slots: ServerSlot[];
}

/** What a proxy sends to a server. */
export type Frame =
  | { readonly kind: "route"; readonly slot: number; readonly epoch: number }
  | { readonly kind: "asking"; readonly slot: number; readonly epoch: number }
  | { readonly kind: "command"; readonly request: number };

/** A reply to a command: null is a value, else the text of an error. */
export interface Answer {
  readonly request: number;
  readonly error: string | null;
}

/** A connection of a proxy to a server, with what the server knows of it. */
export interface ConnectionState {
  /** The start of the server it leads to. */
  boot: string;
  /** Route epochs by slot that the proxy sent; -1: none. */
  told: number[];
  frames: Frame[];
  answers: Answer[];
  /** Route epochs by slot that the server read; -1: none. */
  announced: number[];
  /** Bits of slots that the server refuses here. */
  refused: number;
  /** The token before the next command. */
  asking: { readonly slot: number; readonly epoch: number } | null;
}

/** How a request stands: not asked, kept by the proxy, at a server, answered, or answered "unknown". */
export type RequestStage = "new" | "held" | "sent" | "done" | "unknown";

/** A proxy and its one client. */
export interface ProxyState {
  /** The newest document it read. */
  doc: Doc;
  /** The document whose route is in force, by slot. */
  routes: Doc[];
  stages: RequestStage[];
  /** Bits of slots that a refusal closed. */
  closed: number;
  /** Sent and refused, in order; then never sent, in order. By slot. */
  refused: number[][];
  admitted: number[][];
  /** By server. */
  connections: (ConnectionState | null)[];
  /** The newest request executed, by key; -1: none. */
  ran: number[];
}

/** Something that arrives late. `text` says all about it. */
export type LateMessage =
  & { readonly text: string }
  & (
    | { readonly kind: "fence"; readonly server: number; readonly order: FenceOrder }
    | {
      readonly kind: "claims";
      readonly server: number;
      readonly order: FenceOrder;
      readonly claims: ReadonlyMap<number, number>;
    }
    | {
      readonly kind: "news";
      readonly manager: number;
      readonly slots: readonly number[];
      readonly event: SlotEvent;
    }
    | { readonly kind: "write"; readonly seen: Doc; readonly next: Doc }
    | {
      readonly kind: "connection";
      readonly server: number;
      readonly proxy: number;
      readonly connection: ConnectionState;
    }
    | {
      readonly kind: "transfer";
      readonly server: number;
      readonly toBoot: string;
      readonly transfer: ModelTransfer;
    }
    | {
      readonly kind: "transferred";
      readonly server: number;
      readonly byBoot: string;
      readonly transfer: ModelTransfer;
      readonly reply: "done" | "never" | "later";
    }
  );

/** What the observer knows of a key. */
export interface Fact {
  /** What a command may find; more than one value after a restart. */
  acceptable: number[];
  /** The server that has it, or says that it is absent. */
  place: number;
}

/** How often each fault may still happen. */
export interface Budget {
  /** Answers that get lost. */
  lost: number;
  /** Messages that come late. */
  delayed: number;
  /** By server: restarts. */
  restarts: number[];
  /** Managers that take the lead while another has it. */
  claims: number;
  cancels: number;
}

/** One state. */
export interface World {
  doc: Doc;
  /** The operator wants the job's slots back. */
  cancelling: boolean;
  managers: ManagerState[];
  servers: ServerState[];
  proxies: ProxyState[];
  late: LateMessage[];
  facts: Fact[];
  left: Budget;
}

/** A broken promise. */
export class ProtocolViolation extends Error {
  override name = "ProtocolViolation";
}

/** Returns the start of a server that it runs in now. */
export function bootOf(server: number, { starts }: ServerState): string {
  return `s${server + 1}.${starts}`;
}

/** Whether the client of a proxy has every answer. */
export function isIdle({ stages }: ProxyState): boolean {
  return stages.every((stage) => stage === "done" || stage === "unknown");
}

/** Returns a copy that may be changed. */
export function cloneWorld(world: World): World {
  return {
    doc: world.doc,
    cancelling: world.cancelling,
    managers: world.managers.map((manager) => ({ ...manager, works: manager.works.slice() })),
    servers: world.servers.map(({ starts, leaderEpoch, slots }) => ({
      starts,
      leaderEpoch,
      slots: slots.map(cloneSlot),
    })),
    proxies: world.proxies.map(cloneProxy),
    late: world.late.slice(),
    facts: world.facts.map(({ acceptable, place }) => ({ acceptable, place })),
    left: { ...world.left, restarts: world.left.restarts.slice() },
  };
}

/** Returns a copy of a connection that may be changed. */
export function cloneConnection(connection: ConnectionState): ConnectionState {
  return {
    ...connection,
    told: connection.told.slice(),
    frames: connection.frames.slice(),
    answers: connection.answers.slice(),
    announced: connection.announced.slice(),
  };
}

function cloneSlot(slot: ServerSlot): ServerSlot {
  return {
    ...slot,
    data: slot.data.slice(),
    applied: slot.applied.slice(),
    outstanding: slot.outstanding.slice(),
  };
}

function cloneProxy(proxy: ProxyState): ProxyState {
  return {
    doc: proxy.doc,
    routes: proxy.routes.slice(),
    stages: proxy.stages.slice(),
    closed: proxy.closed,
    refused: proxy.refused.map((list) => list.slice()),
    admitted: proxy.admitted.map((list) => list.slice()),
    connections: proxy.connections.map((connection) => connection && cloneConnection(connection)),
    ran: proxy.ran.slice(),
  };
}
