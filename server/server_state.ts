/**
 * What the commands of one server share besides the keyspace.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { EmptyTag } from "../core/slots.ts";
import type { Reactor } from "../core/transport/reactor.ts";
import { BlockedClients } from "./blocked_clients.ts";
import type { Handler } from "./call.ts";
import { CommandRate } from "./command_rate.ts";
import { KeysInTransit } from "./keys_in_transit.ts";
import { PeerLinks } from "./peer_links.ts";
import { SlowLog } from "./slow_log.ts";
import type { Session } from "./session.ts";
import type { SlotKeeper } from "./slots/slot_keeper.ts";
import type { ValueLimits } from "./values/value_limits.ts";
import { Watches } from "./watches.ts";

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

/** What INFO tells of the slots of a server. */
export interface SlotStanding {
  readonly mode: "standalone" | "managed";
  /** Identifies this start to the leader. */
  readonly boot: string;
  /** The highest that sent a fence; 0: none has. */
  readonly leaderEpoch: number;
}

/** Codes beyond are not counted apart: some quote what a client sent. */
const ERROR_CODES_MAX = 128;

/** Counters and facts of a running server. */
export class ServerState {
  /** Identifies this start of the process: 40 hex digits. */
  readonly runId: string;
  /** Wall clock milliseconds of the start. */
  readonly startedAtMs: number;
  /** Where it listens. */
  host = "";
  port = 0;
  readonly settings: ServerSettings;
  /** What an empty tag in a key means. */
  readonly emptyTag: EmptyTag;
  readonly reactor: Reactor;
  /** Connections to other servers. */
  readonly peers: PeerLinks;
  /** Keys that are being moved to another server. */
  readonly transit: KeysInTransit = new KeysInTransit();
  /** Keys that clients watch for their transactions. */
  readonly watches: Watches = new Watches();
  /** Clients that wait for keys. */
  readonly blocked: BlockedClients = new BlockedClients();
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
  /** Error replies by their code, as many codes as {@linkcode ERROR_CODES_MAX}. */
  readonly errorCounts: Map<string, number> = new Map();
  /** Commands that took long. */
  readonly slowLog: SlowLog = new SlowLog();
  /** Commands a second just now. */
  readonly commandRate: CommandRate = new CommandRate();
  /** The most memory that INFO has seen in use. */
  peakMemoryBytes = 0;
  /** How this server stands to the leader of its product; absent: it has none. */
  slotStanding: SlotStanding | undefined = undefined;
  /** Calls by command id. */
  readonly calls: Float64Array = new Float64Array(nameOf.length);
  /** Failed calls by command id. */
  readonly failedCalls: Float64Array = new Float64Array(nameOf.length);
  /**
   * Lets a command answer later, outside of any command: its session runs nothing more until then. Set
   * by the data server.
   */
  park!: (session: Session) => FinishReply;
  /**
   * Lets the command being run wait without having done anything: its session is read no further until
   * the returned function is called, and then runs the command from its start. Set by the data server.
   */
  defer!: (session: Session) => () => void;
  /** Runs the command that the call was changed to, within the one being run. Set by the data server. */
  runQueued!: (handler: Handler) => void;
  /** Whether there is a handler for a command id. Set by the data server. */
  isServed!: (id: number) => boolean;
  /** Up to where values stay packed; set by the worker. */
  valueLimits!: ValueLimits;
  /** What it does about its slots; set by the worker. */
  slots!: SlotKeeper;
  /** Asks the process to end; set by the worker. */
  shutDown: () => void = () => {};
  /** The process is ending: nothing more is accepted. */
  draining = false;

  constructor(
    options: {
      runId: string;
      startedAtMs: number;
      settings: ServerSettings;
      emptyTag: EmptyTag;
      reactor: Reactor;
    },
  ) {
    this.runId = options.runId;
    this.startedAtMs = options.startedAtMs;
    this.settings = options.settings;
    this.emptyTag = options.emptyTag;
    this.reactor = options.reactor;
    this.peers = new PeerLinks(options.reactor, () => options.settings.requirePassword);
  }

  /** Counts an error reply. */
  countError(text: string): void {
    this.errorReplies++;
    const space = text.indexOf(" ");
    const code = space < 0 ? text : text.slice(0, space);
    const count = this.errorCounts.get(code) ?? 0;
    if (count > 0 || this.errorCounts.size < ERROR_CODES_MAX) this.errorCounts.set(code, count + 1);
  }
}
