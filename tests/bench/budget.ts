/**
 * The CPU budgets: how much of a peer's CPU per request the project may use.
 *
 * `must` is the line a change may not cross, `aim` where the work is going. The figures hold for one
 * peer each; against another peer there is no budget.
 *
 * @module
 */

import type { Spread } from "./summary.ts";

/** How the data plane does its input and output. */
export type Transport = "native" | "portable";

/** Limits of one ratio, both inclusive. */
export interface Budget {
  /** Exceeding it fails `--check`. */
  must: number;
  /** The goal. */
  aim: number;
}

/** A comparison that has budgets. */
export interface Budgets {
  /** The peer the ratios refer to. */
  peer: "nutcracker" | "redis-server";
  /** By transport, then by pipeline depth. */
  limits: Partial<Record<Transport, Record<number, Budget>>>;
}

/** Proxy CPU against twemproxy. */
export const PROXY_BUDGETS: Budgets = {
  peer: "nutcracker",
  limits: {
    native: {
      1: { must: 0.80, aim: 0.72 },
      16: { must: 0.42, aim: 0.33 },
      64: { must: 0.25, aim: 0.18 },
    },
    portable: {
      1: { must: 1.25, aim: 1.15 },
      16: { must: 0.55, aim: 0.42 },
      64: { must: 0.33, aim: 0.22 },
    },
  },
};

/** Server CPU against redis-server without persistence. */
export const SERVER_BUDGETS: Budgets = {
  peer: "redis-server",
  limits: {
    native: {
      1: { must: 0.95, aim: 0.88 },
      16: { must: 0.72, aim: 0.58 },
      64: { must: 0.65, aim: 0.48 },
    },
  },
};

/** What a measured ratio makes of its budget: the median decides. */
export type Verdict = "aim met" | "must met" | "MISSED";

/** Compares a ratio with its budget. */
export function verdictOf(ratio: Spread, budget: Budget): Verdict {
  if (ratio.median <= budget.aim) return "aim met";
  return ratio.median <= budget.must ? "must met" : "MISSED";
}
