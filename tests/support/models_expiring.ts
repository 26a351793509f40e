/**
 * A key with a time to live. Invariant: the state is the text and the interval in which its deadline
 * lies. The server reads its clock somewhere between the invocation and the return of the SET, so
 * the deadline is known no better than that, widened by the tolerance. Inside the interval the key
 * may be there or gone; before it, it must be there; after it, it must be gone.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, bulkOf, IMPOSSIBLE, type Model, unmodelled } from "./models_step.ts";

interface Expiring {
  readonly text: string;
  /** Earliest and latest deadline in milliseconds; both `Infinity` for a key that persists. */
  readonly earliestMs: number;
  readonly latestMs: number;
}

const GONE: Expiring = { text: "", earliestMs: Infinity, latestMs: Infinity };

/** SET (with or without EX or PX), GET, PTTL, PERSIST and DEL of one key. */
export function expiringModel(toleranceMs: number): Model {
  return {
    step(state: string, operation: Operation): readonly string[] {
      const held = expiringOf(state);
      const next: string[] = [];
      if (held.text === "" || operation.invokedAtMs <= held.latestMs + toleranceMs) {
        next.push(...stepOf(held, operation, toleranceMs));
      }
      if (held.text !== "" && operation.returnedAtMs >= held.earliestMs - toleranceMs) {
        next.push(...stepOf(GONE, operation, toleranceMs).filter((to) => !next.includes(to)));
      }
      return next;
    },

    isRead({ command, reply }: Operation): boolean {
      const name = command[0];
      return name === "GET" || name === "PTTL" ||
        ((name === "PERSIST" || name === "DEL") && reply === 0);
    },

    describe(state: string): string {
      const { text, earliestMs, latestMs } = expiringOf(state);
      if (text === "" || earliestMs === Infinity) return JSON.stringify(bulkOf(text));
      return `${JSON.stringify(text)} until ${earliestMs.toFixed(0)}–${latestMs.toFixed(0)} ms`;
    },
  };
}

/** The step of a key that is there, or of one that is gone; expiry itself is the caller's choice. */
function stepOf(held: Expiring, operation: Operation, toleranceMs: number): readonly string[] {
  const there = held.text !== "";
  switch (operation.command[0]) {
    case "SET":
      return after(stateOf(written(operation)), operation, "OK");
    case "GET":
      return after(stateOf(held), operation, bulkOf(held.text));
    case "PTTL":
      return fitsPttl(held, operation, toleranceMs) ? [stateOf(held)] : IMPOSSIBLE;
    case "PERSIST":
      return there && held.earliestMs !== Infinity
        ? after(stateOf({ ...GONE, text: held.text }), operation, 1)
        : after(stateOf(held), operation, 0);
    case "DEL":
      return after("", operation, there ? 1 : 0);
    default:
      throw unmodelled(operation);
  }
}

function written({ command, invokedAtMs, returnedAtMs }: Operation): Expiring {
  const text = command[2]!;
  if (command.length === 3) return { ...GONE, text };
  const ttlMs = Number(command[4]) * (command[3] === "EX" ? 1000 : 1);
  return { text, earliestMs: invokedAtMs + ttlMs, latestMs: returnedAtMs + ttlMs };
}

function fitsPttl(held: Expiring, operation: Operation, toleranceMs: number): boolean {
  const { reply, invokedAtMs, returnedAtMs } = operation;
  if (reply === undefined) return true;
  if (held.text === "") return reply === -2;
  if (held.earliestMs === Infinity) return reply === -1;
  return typeof reply === "number" && reply >= 0 &&
    invokedAtMs + reply <= held.latestMs + toleranceMs &&
    returnedAtMs + reply >= held.earliestMs - toleranceMs;
}

function expiringOf(state: string): Expiring {
  if (state === "") return GONE;
  const [earliest, latest, text] = state.split(" ");
  return { text: text!, earliestMs: Number(earliest), latestMs: Number(latest) };
}

function stateOf({ text, earliestMs, latestMs }: Expiring): string {
  return text === "" ? "" : `${earliestMs} ${latestMs} ${text}`;
}
