/**
 * Shows a violation to a person: the operations around it as bars over time, and the writes that
 * the reader will want to see. Invariant: a report is bounded, however long the history.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import type { Verdict } from "./linearizability.ts";
import type { Model } from "./models_step.ts";
import { type Reply, ReplyError } from "./resp_client_reader.ts";

/** A history that no correct product could have produced. */
export type Violation = Extract<Verdict, { kind: "violation" }>;

const LINES_MAX = 24;
const STATES_MAX = 6;
const TEXT_MAX = 60;
const BAR_WIDTH = 32;

/** A report of some lines: what cannot be, what was possible, and the window of the history. */
export function timelineOf(
  object: string,
  { failed, states, window }: Violation,
  { model, operations }: { model: Model; operations: readonly Operation[] },
): string {
  const shown = window.slice(-LINES_MAX);
  const described = states.slice(0, STATES_MAX)
    .map((state) => model.describe?.(state) ?? JSON.stringify(state === "" ? null : state));
  const related = relatedTo(failed, operations).filter((o) => !shown.includes(o)).slice(-6);
  return [
    `${object}: no order of the operations explains ${sentenceOf(failed)}`,
    `  the object can only have been ${described.join(" or ")}${
      states.length > STATES_MAX ? ` or ${states.length - STATES_MAX} more` : ""
    }`,
    ...related.map((o) => `  earlier  ${lineOf(o)}`),
    ...window.length > shown.length ? [`  … ${window.length - shown.length} more`] : [],
    ...shown.map((o) => `  ${barOf(o, shown)} ${lineOf(o)}${o === failed ? "   <== here" : ""}`),
  ].join("\n");
}

/** Operations that wrote or read the text which the failed operation returned. */
function relatedTo(failed: Operation, operations: readonly Operation[]): Operation[] {
  const texts = [failed.reply].flat().filter((text) => typeof text === "string" && text !== "OK");
  return operations.filter((o) =>
    o !== failed && o.invoked < failed.returned &&
    texts.some((text) => o.command.slice(1).includes(String(text)))
  );
}

function sentenceOf({ command, reply }: Operation): string {
  return `${shorten(command.join(" "))} -> ${shorten(replyText(reply))}`;
}

function lineOf(operation: Operation): string {
  const { client, invokedAtMs, returnedAtMs } = operation;
  const to = returnedAtMs === Infinity ? "?" : returnedAtMs.toFixed(3);
  return `${invokedAtMs.toFixed(3)}–${to} ms  client ${client}  ${sentenceOf(operation)}`;
}

/** A bar in the order of events, not to the scale of time: overlaps matter, lengths do not. */
function barOf({ invoked, returned }: Operation, shown: readonly Operation[]): string {
  const events = shown.flatMap((o) => [o.invoked, o.returned]).filter((at) => at !== Infinity)
    .sort((a, b) => a - b);
  const column = (at: number): number =>
    Math.floor(events.indexOf(at) / Math.max(1, events.length - 1) * (BAR_WIDTH - 1));
  const from = column(invoked);
  const to = returned === Infinity ? BAR_WIDTH - 1 : Math.max(from, column(returned));
  const end = returned === Infinity ? "?" : "]";
  const bar = to === from ? "|" : `[${"=".repeat(to - from - 1)}${end}`;
  return (" ".repeat(from) + bar).padEnd(BAR_WIDTH);
}

function replyText(reply: Reply | undefined): string {
  if (reply === undefined) return "unknown";
  if (reply instanceof ReplyError) return `error ${reply.message}`;
  return JSON.stringify(reply);
}

function shorten(text: string): string {
  return text.length <= TEXT_MAX
    ? text
    : `${text.slice(0, TEXT_MAX / 2)}…${text.slice(-TEXT_MAX / 2)}`;
}
