/**
 * A codis-server in this process that a test fences by hand, as a leader would.
 *
 * @module
 */

import { startServer } from "../../server/server.ts";
import { type Argument, type Reply, ReplyError, RespClient } from "./resp_client.ts";

/** What `SLOTSFENCE` says besides the boot, which the server's own is. */
export interface Fence {
  leaderEpoch?: number;
  boot?: string;
  slotEpoch: number;
  state: "own" | "giving" | "importing" | "hold" | "closed";
  fresh?: boolean;
  peer?: { readonly addr: string; readonly boot: string };
  slots: readonly number[];
}

/** One slot of a `SLOTSRECEIPT`. */
export interface SlotReceipt {
  slot: number;
  slotEpoch: number;
  state: string;
  keys: number;
  inDoubt: number;
  moved: number;
  sum: string;
}

/** A server that can be started again at its port. */
export class FencedServer implements AsyncDisposable {
  port = 0;
  boot = "";
  /** A connection that a leader might have. */
  leader!: RespClient;
  readonly #options: { slots: "standalone" | "managed"; dir: string | undefined };
  #stop: () => Promise<unknown> = () => Promise.resolve();

  private constructor(options: { slots: "standalone" | "managed"; dir: string | undefined }) {
    this.#options = options;
  }

  /** Starts one; without a directory it forgets its fences with its process. */
  static async start(
    options: { slots?: "standalone" | "managed"; dir?: string } = {},
  ): Promise<FencedServer> {
    const { slots = "managed", dir } = options;
    const server = new FencedServer({ slots, dir });
    await server.resume();
    return server;
  }

  /** `host:port`. */
  get addr(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends the process, as far as others can tell; what it held in memory is gone. */
  async stop(): Promise<void> {
    await this.leader.close();
    await this.#stop();
    this.#stop = () => Promise.resolve();
  }

  /** Starts it at the port it had. */
  async resume(): Promise<void> {
    const failed = Promise.withResolvers<never>();
    const server = await startServer({
      ...this.#options,
      listen: { host: "127.0.0.1", port: this.port },
      settings: {},
      emptyTag: "hash-empty",
      onFailure: (error) => failed.reject(new Error(error)),
      onShutdown: () => {},
    });
    this.#stop = () => Promise.race([server.close(0), failed.promise]);
    this.port = server.address.port;
    this.leader = await this.connect();
    this.boot = String((await this.leader.send("SLOTSBOOT") as Reply[])[0]);
  }

  /** Another connection. */
  connect(): Promise<RespClient> {
    return RespClient.connect({ port: this.port });
  }

  /** Sends a fence, by default for this start. */
  fence(fence: Fence): Promise<Reply> {
    return this.leader.send(...fenceWords(this, fence));
  }

  /** What the server says of slots. */
  async receipts(slots: readonly number[]): Promise<SlotReceipt[]> {
    const reply = await this.leader.send("SLOTSRECEIPT", 0, ...slots);
    if (reply instanceof ReplyError) throw reply;
    return (reply as Reply[]).slice(2).map((row) => {
      const words = String(row).split(" ");
      const [slot, slotEpoch, , keys, inDoubt, moved] = words.map(Number);
      return {
        slot: slot!,
        slotEpoch: slotEpoch!,
        state: words[2]!,
        keys: keys!,
        inDoubt: inDoubt!,
        moved: moved!,
        sum: words[6]!,
      };
    });
  }

  /** Ends it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The words of a fence. */
export function fenceWords(server: FencedServer, fence: Fence): Argument[] {
  const { leaderEpoch = 1, boot = server.boot, slotEpoch, state, fresh = false, peer } = fence;
  const { addr, boot: peerBoot } = peer ?? { addr: "-", boot: "-" };
  const freshWord = fresh ? 1 : 0;
  const words = ["SLOTSFENCE", leaderEpoch, boot, slotEpoch, state, freshWord, addr, peerBoot];
  return [...words, ...fence.slots];
}
