/**
 * What the server knows of one client connection.
 *
 * @module
 */

import type { PartialRequest } from "../core/resp/request_parser.ts";
import type { BlockedCall } from "./blocked_clients.ts";
import type { Database } from "./keyspace/database.ts";
import type { Transaction } from "./transactions.ts";
import type { Watching } from "./watches.ts";

/** One client of the server. */
export class Session {
  /** The reactor's number of this connection. */
  readonly connection: number;
  /** CLIENT ID. */
  readonly id: number;
  /** The selected database. */
  database: Database;
  /** False until AUTH, if the server asks for a password. */
  authenticated: boolean;
  /** RESP version the client asked for. */
  protocol: 2 | 3 = 2;
  /** CLIENT SETNAME. */
  name = "";
  /** Reactor milliseconds. */
  readonly connectedAtMs: number;
  lastRequestAtMs: number;
  /** Id of the command last run, or -1. */
  lastCommand = -1;
  /** A request that has arrived only in part, if it is big. */
  partial: PartialRequest | undefined = undefined;
  /** QUIT, CLIENT KILL or a protocol error: nothing more is read. */
  closing = false;
  /** Its last command is not answered yet: nothing more of it is run. */
  parked = false;
  /** What it waits for, if a command of it waits for a key. */
  blocked: BlockedCall | undefined = undefined;
  /** Its last command was not run: it is read again when it goes on. */
  deferred = false;
  /** What came since MULTI; undefined outside of a transaction. */
  transaction: Transaction | undefined = undefined;
  /** A transaction of it is being executed: nothing may wait. */
  isExecuting = false;
  /** What it watches for its next EXEC. */
  watching: Watching | undefined = undefined;
  /** CLIENT REPLY: `skipping` swallows the reply of the next command, `skip` that of this one. */
  replies: "on" | "off" | "skip" | "skipping" = "on";
  /** CLIENT NO-EVICT. */
  noEvict = false;
  /** What the proxy on this connection was told and has said of slots; none on ordinary clients. */
  slots: SlotConversation | undefined = undefined;

  constructor(
    connection: number,
    id: number,
    database: Database,
    options: { nowMs: number; authenticated: boolean },
  ) {
    this.connection = connection;
    this.id = id;
    this.database = database;
    this.connectedAtMs = options.nowMs;
    this.lastRequestAtMs = options.nowMs;
    this.authenticated = options.authenticated;
  }
}

/** The state of slots on one proxy's connection. */
export class SlotConversation {
  /** The slot and epoch that SLOTSASKING allows the next command; -1 none. */
  askingSlot = -1;
  askingEpoch = 0;
  /** Slots refused on this connection until SLOTSROUTE names them. */
  readonly refused: Set<number> = new Set();
  /** Slot epochs that the proxy says it knows, by slot. */
  readonly announced: Map<number, number> = new Map();

  /** Nothing said here bears on the next command. */
  get isQuiet(): boolean {
    return this.askingSlot < 0 && this.refused.size === 0;
  }
}
