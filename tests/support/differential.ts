/**
 * The same commands to redis-server and to our server, and what must be the same about the replies.
 *
 * Invariant: replies are compared byte for byte, but for moments, which pass while a test runs, and for the order of keys,
 * which is not promised.
 *
 * @module
 */

import { type Command, RawClient, textOf } from "./raw_client.ts";
import { startRedisServer } from "./redis_server.ts";
import { startServerWorker } from "./server_worker.ts";

/** Both servers, and a connection to each. */
export interface ServerPair extends AsyncDisposable {
  readonly redis: RawClient;
  readonly ours: RawClient;
  /** Runs commands on both and fails at the first whose replies differ. */
  compare(commands: readonly Command[]): Promise<void>;
  /** Runs commands on both and returns where their replies differ first, if they do. */
  firstDifference(commands: readonly Command[]): Promise<Difference | undefined>;
}

/** Where the replies of both servers differ. */
export interface Difference {
  readonly index: number;
  readonly redis: string;
  readonly ours: string;
}

/** Replies that are moments, with how far they may differ. */
const MOMENT_TOLERANCE: Readonly<Record<string, number>> = {
  ttl: 2,
  expiretime: 2,
  pttl: 2000,
  pexpiretime: 2000,
};
const UNORDERED: ReadonlySet<string> = new Set(
  ["keys", "hgetall", "hkeys", "hvals", "smembers", "sinter", "sunion", "sdiff", "spop"],
);
const BATCH_COMMANDS = 5000;
const SHOWN_COMMANDS = 20;
const SHOWN_CHARACTERS = 300;

/** Starts both servers; `protocol` is the RESP version spoken to both. */
export async function startServerPair(protocol: 2 | 3 = 2): Promise<ServerPair> {
  await using starting = new AsyncDisposableStack();
  const redisServer = starting.use(await startRedisServer());
  const oursServer = starting.use(await startServerWorker());
  const redis = starting.use(await RawClient.connect(redisServer.port));
  const ours = starting.use(await RawClient.connect(oursServer.port));
  for (const client of [redis, ours]) await client.exchange([["HELLO", protocol]]);
  const running = starting.move();
  const firstDifference = (commands: readonly Command[]) => runBoth(redis, ours, commands);
  return {
    redis,
    ours,
    firstDifference,
    compare: async (commands) => {
      const difference = await firstDifference(commands);
      if (difference !== undefined) throw new Error(describe(commands, difference));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Says what differs, and the last few of the commands that led there; long words and replies cut. */
export function describe(commands: readonly Command[], { index, redis, ours }: Difference): string {
  const shown = commands.slice(Math.max(0, index - SHOWN_COMMANDS), index + 1);
  return `${listed(shown)}\n  redis: ${quoted(redis)}\n  ours:  ${quoted(ours)}`;
}

/** Commands as lines; long words cut. */
export function listed(commands: readonly Command[]): string {
  return commands.map((command) =>
    command.map((word) => quoted(word instanceof Uint8Array ? textOf(word) : String(word))).join(
      " ",
    )
  ).join("\n");
}

function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(shown);
}

async function runBoth(
  redis: RawClient,
  ours: RawClient,
  commands: readonly Command[],
): Promise<Difference | undefined> {
  for (let from = 0; from < commands.length; from += BATCH_COMMANDS) {
    const batch = commands.slice(from, from + BATCH_COMMANDS);
    const [theirs, own] = await Promise.all([redis.exchange(batch), ours.exchange(batch)]);
    for (const [index, command] of batch.entries()) {
      if (areAlike(command, theirs[index]!, own[index]!)) continue;
      return { index: from + index, redis: theirs[index]!, ours: own[index]! };
    }
  }
  return undefined;
}

function areAlike(command: Command, redis: string, ours: string): boolean {
  if (redis === ours) return true;
  const name = String(command[0]).toLowerCase();
  const tolerance = MOMENT_TOLERANCE[name];
  if (tolerance !== undefined && redis[0] === ":" && ours[0] === ":") {
    const a = Number(redis.slice(1));
    const b = Number(ours.slice(1));
    // Moments beyond 2^53 are kept to the nearest double.
    return a >= 0 && b >= 0 && Math.abs(a - b) <= tolerance + Math.abs(a) * 2 ** -52;
  }
  return UNORDERED.has(name) && sortedLines(redis) === sortedLines(ours);
}

function sortedLines(reply: string): string {
  return reply.split("\r\n").sort().join();
}
