/**
 * What the commands of one server share besides the keyspace.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { Reactor } from "../core/transport/reactor.ts";
import type { Session } from "./session.ts";

/** Settings of a server that commands read. */
export interface ServerSettings {
  /** Password of the user `default`; empty: none. */
  requirePassword: string;
  /** Clients at a time. */
  maxClients: number;
  /** Close clients silent for so many seconds; 0 never. */
  timeoutSeconds: number;
  /** Bytes of data above which writes are refused; 0: no limit. */
  maxMemoryBytes: number;
}

/** Writes the reply that a parked session waits for; later calls, or for a client gone, do nothing. */
export type FinishReply = (write: (reply: ReplyWriter) => void) => void;

/** Counters and facts of a running server. */
export class ServerState {
  /** Identifies this start of the process: 40 hex digits. */
  readonly runId: string;
  /** Wall clock milliseconds of the start. */
  readonly startedAtMs: number;
  /** Where it listens. */
  port = 0;
  readonly settings: ServerSettings;
  readonly reactor: Reactor;
  /** Sessions by connection number. */
  readonly sessions: (Session | undefined)[] = [];
  /** Clients connected now. */
  clientCount = 0;
  /** Since the start or CONFIG RESETSTAT. */
  connectionsReceived = 0;
  connectionsRejected = 0;
  commandsProcessed = 0;
  expiredKeys = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  errorReplies = 0;
  /** Calls by command id. */
  readonly calls: Float64Array = new Float64Array(nameOf.length);
  /** Failed calls by command id. */
  readonly failedCalls: Float64Array = new Float64Array(nameOf.length);
  /**
   * Lets a command answer later, outside of any command: its session runs nothing more until then. Set
   * by the data server.
   */
  park!: (session: Session) => FinishReply;
  /** The process is ending: nothing more is accepted. */
  draining = false;

  constructor(
    options: { runId: string; startedAtMs: number; settings: ServerSettings; reactor: Reactor },
  ) {
    this.runId = options.runId;
    this.startedAtMs = options.startedAtMs;
    this.settings = options.settings;
    this.reactor = options.reactor;
  }
}
