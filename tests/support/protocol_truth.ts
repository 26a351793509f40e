/**
 * What an all-knowing observer of the model world knows: the last executed value of every key.
 *
 * Every command is checked at the moment it is executed: it must find exactly that value. So a lost
 * acknowledged write, a stale read and a ghost of a deleted key are all noticed at once. A server that
 * restarts may lose what it alone held: then both the old and the restored value are acceptable until
 * the next command has seen one of them. If its disk is lost, so is the knowledge of what others must
 * not bring back: then any value is.
 *
 * @module
 */

/** The value of an absent key. */
export const ABSENT = 0;

/** A broken invariant. */
export class ProtocolViolation extends Error {
  override name = "ProtocolViolation";
}

interface Fact {
  /** What a command may find: one value, but after a restart; null is any. */
  acceptable: Set<number> | null;
  /** The server that holds the key, or says that it is absent. */
  place: string;
}

/** The observer. */
export class ModelTruth {
  readonly #facts = new Map<string, Fact>();
  #lastValue = 0;

  /** Starts with every key absent at `place`. */
  constructor(keys: readonly string[], place: string) {
    for (const key of keys) this.#facts.set(key, { acceptable: new Set([ABSENT]), place });
  }

  /** Returns a value that no key ever had. */
  newValue(): number {
    return ++this.#lastValue;
  }

  /** A command found `found` at `place` and left `left` there. */
  executed(place: string, key: string, values: { found: number; left: number }): void {
    const fact = this.#facts.get(key)!;
    if (fact.acceptable !== null && !fact.acceptable.has(values.found)) {
      const want = [...fact.acceptable].join(" or ");
      throw new ProtocolViolation(`"${key}" at ${place}: found ${values.found}, want ${want}`);
    }
    fact.acceptable = new Set([values.left]);
    fact.place = place;
  }

  /** A transfer put the key at `place`. */
  moved(place: string, key: string): void {
    this.#facts.get(key)!.place = place;
  }

  /** `place` now answers for every key. */
  handedOver(place: string): void {
    for (const fact of this.#facts.values()) fact.place = place;
  }

  /** `place` restarted with `restored`; null: its disk is lost. */
  restarted(place: string, restored: ReadonlyMap<string, number> | null): void {
    for (const [key, fact] of this.#facts) {
      if (fact.place !== place) continue;
      if (restored === null) fact.acceptable = null;
      else fact.acceptable?.add(restored.get(key) ?? ABSENT);
    }
  }

  /** Checks the only copy that is left in the end. */
  finished(place: string, data: ReadonlyMap<string, number>): void {
    for (const key of this.#facts.keys()) {
      const value = data.get(key) ?? ABSENT;
      this.executed(place, key, { found: value, left: value });
    }
  }
}
