/**
 * What the keyspace must be able to do with a value without knowing its type: let it go, measure it, copy it.
 *
 * Invariant: the keyspace frees the record itself; a type answers only for what its payload refers to.
 *
 * @module
 */
import type { Records } from "./record.ts";

/** The operations of one type of value, registered under its type tag. */
export interface ValueType {
  /** As `TYPE` answers. */
  readonly name: string;
  /** As `OBJECT ENCODING` answers; strings have none, they answer by their bytes. */
  encodingName?(records: Records, ref: number): string;
  /** Frees what the payload refers to; the record itself is freed by the caller. */
  release(records: Records, ref: number): void;
  /** Bytes of what the payload refers to, an estimate for `MEMORY USAGE`. */
  memoryUsage(records: Records, ref: number): number;
  /**
   * Makes the payload of `target`, until now the same bytes as that of `source`, independent of it. False when memory
   * is short; `target` must then refer to nothing.
   */
  separate(records: Records, source: number, target: number): boolean;
}

/** A type whose payload is all there is: strings, and every packed encoding. */
export function inlineType(name: string): ValueType {
  return { name, release: () => {}, memoryUsage: () => 0, separate: () => true };
}
