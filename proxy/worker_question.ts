/**
 * What the workers of a proxy ask each other, so that a client gets to know of all of them.
 *
 * Questions and answers are plain data: they cross threads.
 *
 * @module
 */

import { formatAddress } from "../core/address.ts";
import { type ClientFilter, clientLine, isMeant } from "./client_list.ts";
import type { LocalContext } from "./local_call.ts";
import type { Session } from "./session.ts";

/** A question to each worker. */
export type WorkerQuestion =
  /** The lines of `CLIENT LIST`. */
  | { readonly kind: "client-lines"; readonly filter: ClientFilter }
  /** To end clients, but never the one with the id `spared`; 0: nobody is spared. */
  | { readonly kind: "kill-clients"; readonly filter: ClientFilter; readonly spared: number }
  | { readonly kind: "counters" }
  | { readonly kind: "reset-counters" };

/** What a worker counts. */
export interface WorkerCounters {
  readonly connectedClients: number;
  readonly acceptedClients: number;
  readonly requests: number;
  readonly unansweredRequests: number;
  readonly heldRequests: number;
  readonly redirectedRequests: number;
  /** Requests by command id. */
  readonly calls: Float64Array;
}

/** What one worker answers. */
export interface WorkerAnswer {
  /** To `client-lines`. */
  readonly lines?: string;
  /** To `kill-clients`: how many. */
  readonly killed?: number;
  /** To `counters`. */
  readonly counters?: WorkerCounters;
}

/** Answers for this worker. `caller`, if it is one of its clients, is ended only after its reply. */
export function answerQuestion(
  context: LocalContext,
  question: WorkerQuestion,
  caller?: Session,
): WorkerAnswer {
  switch (question.kind) {
    case "client-lines": {
      const meant = sessionsMeant(context, question.filter);
      return { lines: meant.map((session) => lineOf(context, session)).join("") };
    }
    case "kill-clients": {
      const meant = sessionsMeant(context, question.filter)
        .filter(({ id }) => id !== question.spared);
      for (const session of meant) {
        if (session === caller) session.closing = true;
        else context.reactor.close(session.connection);
      }
      return { killed: meant.length };
    }
    case "counters":
      return { counters: countersOf(context) };
    case "reset-counters":
      resetCounters(context);
      return {};
  }
}

/** The line of one client in `CLIENT LIST`. */
export function lineOf({ reactor }: LocalContext, session: Session): string {
  return clientLine(session, reactor.peerAddress(session.connection), {
    nowMs: reactor.nowMs,
    unsentBytes: reactor.pendingOutput(session.connection),
  });
}

/** Adds up what the workers count. */
export function sumOfCounters(answers: readonly WorkerAnswer[]): WorkerCounters {
  const all = answers.flatMap(({ counters }) => counters ?? []);
  const sum = (field: Exclude<keyof WorkerCounters, "calls">) =>
    all.reduce((total, counters) => total + counters[field], 0);
  const calls = new Float64Array(all[0]?.calls.length ?? 0);
  for (const counters of all) counters.calls.forEach((count, id) => calls[id]! += count);
  return {
    connectedClients: sum("connectedClients"),
    acceptedClients: sum("acceptedClients"),
    requests: sum("requests"),
    unansweredRequests: sum("unansweredRequests"),
    heldRequests: sum("heldRequests"),
    redirectedRequests: sum("redirectedRequests"),
    calls,
  };
}

function sessionsMeant({ plane, reactor }: LocalContext, filter: ClientFilter): Session[] {
  return plane.delivery.sessions.filter((session) =>
    session !== undefined &&
    isMeant(session, formatAddress(reactor.peerAddress(session.connection)), filter)
  ) as Session[];
}

function countersOf({ plane }: LocalContext): WorkerCounters {
  const { dispatcher, pending, redirector, sessions } = plane;
  return {
    connectedClients: sessions.count,
    acceptedClients: sessions.accepted,
    requests: sessions.requests,
    unansweredRequests: pending.count,
    heldRequests: redirector.heldCount,
    redirectedRequests: redirector.redirected,
    calls: dispatcher.calls,
  };
}

function resetCounters({ plane }: LocalContext): void {
  plane.dispatcher.calls.fill(0);
  plane.sessions.requests = 0;
  plane.sessions.accepted = 0;
  plane.redirector.redirected = 0;
}
