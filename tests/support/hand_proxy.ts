/**
 * A client that follows a server's refusals by hand, as a proxy does for one client: one command at a
 * time, to the slot's giver first.
 *
 * @module
 */

import type { FencedServer } from "./fenced_server.ts";
import { type Argument, type Reply, ReplyError, type RespClient } from "./resp_client.ts";

/** Who is asked about a slot; a test changes it as a leader changes the document. */
export interface HandRoute {
  first: FencedServer;
  /** Where tokens are taken to. */
  second?: FencedServer;
}

const ATTEMPTS_MAX = 2000;

/** One client's way to the servers. */
export class HandProxy implements AsyncDisposable {
  /** Refusals met, by their code. */
  readonly refusals: Record<string, number> = {};
  readonly #route: HandRoute;
  readonly #connections = new Map<number, RespClient>();

  constructor(route: HandRoute) {
    this.#route = route;
  }

  /** Sends a command until it is executed. */
  async send(...words: readonly Argument[]): Promise<Reply> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { first, second } = this.#route;
      const reply = await this.#at(first, [words]);
      const refusal = refusalIn(reply);
      if (refusal === undefined) return reply;
      this.#count(refusal.code);
      await this.#at(first, [["SLOTSROUTE", refusal.slot, refusal.epoch]]);
      if (refusal.code === "SLOTASK" && second !== undefined) {
        const asking = ["SLOTSASKING", refusal.slot, refusal.epoch];
        const asked = await this.#at(second, [asking, words]);
        const again = refusalIn(asked);
        if (again === undefined) return asked;
        this.#count(again.code);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`${words.join(" ")} was refused ${ATTEMPTS_MAX} times`);
  }

  /** Ends its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) await connection.close();
  }

  /** Sends commands to a server and returns the last reply. */
  async #at(server: FencedServer, commands: readonly (readonly Argument[])[]): Promise<Reply> {
    let connection = this.#connections.get(server.port);
    if (connection === undefined || connection.closed) {
      connection = await server.connect();
      this.#connections.set(server.port, connection);
    }
    return (await connection.pipeline(commands)).at(-1)!;
  }

  #count(code: string): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }
}

function refusalIn(reply: Reply): { code: string; slot: number; epoch: number } | undefined {
  const match = reply instanceof ReplyError
    ? /^(SLOTASK|SLOTBUSY|SLOTSTALE) (\d+) (\d+)$/.exec(reply.message)
    : null;
  if (match === null) return undefined;
  return { code: match[1]!, slot: Number(match[2]), epoch: Number(match[3]) };
}
