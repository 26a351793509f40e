/** What an application saw: each step's value, checked at once, printed as one line at the end. */

import assert from "node:assert/strict";

export class Record {
  #steps = {};

  /** Notes a value under a name. @throws if it is not what any Redis gives. */
  check(name, actual, expected) {
    assert.deepEqual(printable(actual), printable(expected), name);
    this.#steps[name] = printable(actual);
  }

  /** Notes the message that a promise is rejected with. */
  async checkError(name, promise, expected) {
    const message = await promise.then(
      (value) => `no error, but ${JSON.stringify(value)}`,
      (error) => error.message,
    );
    this.check(name, message, expected);
  }

  /** The one line. */
  print() {
    process.stdout.write(`${JSON.stringify(this.#steps)}\n`);
  }
}

/** Bytes as hex, replies that are objects without a prototype as plain ones. */
function printable(value) {
  if (Buffer.isBuffer(value)) return `hex:${value.toString("hex")}`;
  if (value instanceof Error) return `error: ${value.message}`;
  if (Array.isArray(value)) return value.map(printable);
  return value;
}
