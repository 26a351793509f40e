/**
 * A whole product as `start` runs it, and its slots on the move.
 *
 * Invariant: the process is gone when its owner was disposed.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { eventually } from "../support/eventually.ts";
import { type StartedProgram, startProgram } from "../support/programs.ts";
import { BenchError } from "./bench.ts";

/** How one lets it choose its ports and keep nothing. */
export const START_ARGS = [
  ...["start", "--memory", "--log-level", "warn"],
  ...["--proxy-port", "0", "--manager-port", "0", "--server-ports", "0,0"],
];

const ALL_SLOTS = [0, 1023] as const;
const MOVE_TIMEOUT_MS = 120_000;
/** How often it is asked for the move; each answer costs the process under test a millisecond or two. */
const ASK_MS = 100;

/** A move that is over. */
export interface Move {
  /** From the order to the end, milliseconds; both are times of the manager. */
  durationMs: number;
  /** Keys that changed their server, by the receipt. */
  keys: number;
}

/** A running product of two groups; all slots are the first one's at the start. */
export class Product implements AsyncDisposable {
  readonly #program: StartedProgram;
  readonly #api: string;
  #owner = 1;

  private constructor(program: StartedProgram) {
    this.#program = program;
    this.#api = `${/http:\/\/[\d.:]+/.exec(program.readyLine)![0]}/api/v1`;
  }

  /** Starts one. */
  static async start(): Promise<Product> {
    const product = new Product(await startProgram(START_ARGS));
    try {
      await product.#move(ALL_SLOTS, 1);
      return product;
    } catch (error) {
      await product[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where clients connect. */
  get port(): number {
    return this.#program.port;
  }

  /** Moves slots to the group that does not have them. */
  moveAcross(range: readonly [number, number] = ALL_SLOTS): Promise<Move> {
    return this.#move(range, this.#owner = 3 - this.#owner);
  }

  /** Stops it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  async #move(range: readonly [number, number], to: number): Promise<Move> {
    const { id } = await this.#ask("/migrations", { range, to });
    const view = await eventually(async () => {
      const now = await this.#ask(`/migrations/${id}`);
      assertEquals(now.finishedAt === null, false, `not over: ${JSON.stringify(now)}`);
      return now;
    }, { timeoutMs: MOVE_TIMEOUT_MS, stepMs: ASK_MS });
    if (view.state !== "done") throw new BenchError(`the move is ${view.state}: ${view.problems}`);
    return {
      durationMs: Date.parse(view.finishedAt!) - Date.parse(view.createdAt),
      keys: view.receipt.moved,
    };
  }

  async #ask(path: string, order?: unknown): Promise<MigrationView> {
    const response = await fetch(`${this.#api}${path}`, {
      ...order !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json", "x-codis-actor": "bench" },
        body: JSON.stringify(order),
      },
    });
    const answer = await response.json();
    if (!response.ok) throw new BenchError(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
