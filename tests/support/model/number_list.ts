/**
 * A long list of 32-bit integers in one typed array.
 *
 * @module
 */

/** Grows at its end. */
export class NumberList {
  #numbers = new Int32Array(1024);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds one. */
  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const grown = new Int32Array(2 * this.#length);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length++] = number;
  }

  /** Returns one that is there. */
  at(index: number): number {
    return this.#numbers[index]!;
  }
}
