/**
 * Two keys on one tag, `…{tag}:a` and `…{tag}:b`, as one object. Invariant: the state is both texts
 * at one instant, so that a half-done MSET, and an MGET that mixes two instants, are refused.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, bulkOf, IMPOSSIBLE, type Model, unmodelled } from "./models_step.ts";
import type { Reply } from "./resp_client_reader.ts";

type Pair = readonly [a: string, b: string];

/** MSET, MGET, DEL and GET of the two keys, in any order and number. */
export const pairModel: Model = {
  step(state: string, operation: Operation): readonly string[] {
    const pair = pairOf(state);
    const [name, ...words] = operation.command;
    switch (name) {
      case "MSET":
        return after(stateOf(written(pair, words)), operation, "OK");
      case "MGET":
        return sameTexts(operation.reply, words.map((key) => bulkOf(textOf(pair, key))))
          ? [state]
          : IMPOSSIBLE;
      case "GET":
        return after(state, operation, bulkOf(textOf(pair, words[0]!)));
      case "DEL": {
        const there = words.filter((key) => textOf(pair, key) !== "").length;
        return after(stateOf(deleted(pair, words)), operation, there);
      }
      default:
        throw unmodelled(operation);
    }
  },

  isRead({ command, reply }: Operation): boolean {
    return command[0] === "MGET" || command[0] === "GET" || (command[0] === "DEL" && reply === 0);
  },

  writtenText({ command }: Operation): string | undefined {
    const [name, first, text, second, other] = command;
    return name === "MSET" && first !== second && text === other ? text : undefined;
  },

  describe(state: string): string {
    const [a, b] = pairOf(state);
    return `a=${JSON.stringify(bulkOf(a))} b=${JSON.stringify(bulkOf(b))}`;
  },
};

function pairOf(state: string): Pair {
  const cut = state.indexOf("\n");
  return cut < 0 ? ["", ""] : [state.slice(0, cut), state.slice(cut + 1)];
}

function stateOf([a, b]: Pair): string {
  return a === "" && b === "" ? "" : `${a}\n${b}`;
}

function textOf([a, b]: Pair, key: string): string {
  return key.endsWith("a") ? a : b;
}

function written(pair: Pair, words: readonly string[]): Pair {
  let [a, b] = pair;
  for (let i = 0; i < words.length; i += 2) {
    if (words[i]!.endsWith("a")) a = words[i + 1]!;
    else b = words[i + 1]!;
  }
  return [a, b];
}

function deleted([a, b]: Pair, keys: readonly string[]): Pair {
  return [
    keys.some((key) => key.endsWith("a")) ? "" : a,
    keys.some((key) => key.endsWith("b")) ? "" : b,
  ];
}

function sameTexts(reply: Reply | undefined, texts: readonly (string | null)[]): boolean {
  if (reply === undefined) return true;
  return Array.isArray(reply) && reply.length === texts.length &&
    texts.every((text, i) => reply[i] === text);
}
