/**
 * Asks the other workers of this proxy what each of them knows of its own clients.
 *
 * Invariant: each question ends exactly once, with the answers that came within
 * {@linkcode ANSWER_TIMEOUT_MS}; a worker that is being replaced is left out.
 *
 * @module
 */

import type { Reactor } from "../core/transport/reactor.ts";
import type { WorkerAnswer, WorkerQuestion } from "./worker_question.ts";

const ANSWER_TIMEOUT_MS = 1000;
/** Questions of one worker at a time; clients that ask more wait. */
const OPEN_MAX = 64;

interface OpenQuestion {
  readonly answers: WorkerAnswer[];
  end(): void;
}

/** The other workers, as one of them sees them. */
export class WorkerPeers {
  readonly #reactor: Reactor;
  readonly #count: number;
  readonly #send: (ticket: number, question: WorkerQuestion) => void;
  readonly #open = new Map<number, OpenQuestion>();
  #ticket = 0;

  /** There are `count` others; `send` asks all of them. */
  constructor(
    reactor: Reactor,
    count: number,
    send: (ticket: number, question: WorkerQuestion) => void,
  ) {
    this.#reactor = reactor;
    this.#count = count;
    this.#send = send;
  }

  /** There are none. */
  get isAlone(): boolean {
    return this.#count === 0;
  }

  /** No more questions can be asked until one has ended. */
  get isFull(): boolean {
    return this.#open.size >= OPEN_MAX;
  }

  /** Asks all others; `done` gets their answers in a later turn. */
  ask(question: WorkerQuestion, done: (answers: readonly WorkerAnswer[]) => void): void {
    const ticket = ++this.#ticket;
    const answers: WorkerAnswer[] = [];
    const end = () => {
      this.#reactor.clearTimer(timer);
      this.#open.delete(ticket);
      done(answers);
    };
    const timer = this.#reactor.setTimer(ANSWER_TIMEOUT_MS, end);
    this.#open.set(ticket, { answers, end });
    this.#send(ticket, question);
  }

  /** One of them has answered. */
  onAnswer(ticket: number, answer: WorkerAnswer): void {
    const question = this.#open.get(ticket);
    if (question === undefined) return;
    question.answers.push(answer);
    if (question.answers.length === this.#count) question.end();
  }
}
