/**
 * The keys of a workload: some of each kind, all on the wanted slots. Invariant: the number of keys
 * in use stays the same; a key that grew long, or gathered unknown writes (which would make its
 * check costly), gives way to a new one and is from then on only read.
 *
 * @module
 */

import type { ObjectKind } from "./models.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { slotOfKey } from "./workload_slots.ts";

/** A key, or a pair of keys on one tag. */
export interface WorkloadKey {
  readonly kind: Exclude<ObjectKind, "echo">;
  /** One name, or two for a pair. */
  readonly names: readonly string[];
  readonly slot: number;
  uses: number;
  unknowns: number;
  retired: boolean;
}

/** Which keys to make. */
export interface WorkloadKeysOptions {
  /** Part of every name, so that two workloads do not meet. */
  prefix: string;
  /** Keys of each kind in use at one time. */
  perKind: number;
  /** Slots on which the keys lie; all if left out. */
  slots?: readonly number[];
}

const KINDS = ["register", "counter", "append", "pair", "expiring"] as const;
const APPEND_USES_MAX = 200;
const UNKNOWNS_MAX = 3;
const TRIES = 12;

/** The population of keys. */
export class WorkloadKeys {
  readonly #prefix: string;
  readonly #slots: ReadonlySet<number> | undefined;
  readonly #inUse: WorkloadKey[] = [];
  readonly #retired: WorkloadKey[] = [];
  readonly #owned: WorkloadKey[] = [];
  #named = 0;

  /** Makes the first keys. */
  constructor({ prefix, perKind, slots }: WorkloadKeysOptions) {
    this.#prefix = prefix;
    this.#slots = slots && new Set(slots);
    for (let i = 0; i < perKind; i++) {
      for (const kind of KINDS) this.#inUse.push(this.#create(kind));
    }
  }

  /** Every key that was ever in use. */
  get all(): readonly WorkloadKey[] {
    return [...this.#inUse, ...this.#retired, ...this.#owned];
  }

  /** Makes a register that {@linkcode WorkloadKeys.pick} gives to nobody. */
  createOwned(): WorkloadKey {
    const key = this.#create("register");
    this.#owned.push(key);
    return key;
  }

  #create(kind: WorkloadKey["kind"]): WorkloadKey {
    for (;;) {
      const id = `${this.#prefix}.${this.#named++}`;
      const names = kind === "pair" ? [`pair:{${id}}:a`, `pair:{${id}}:b`] : [`${kind}:${id}`];
      const slot = slotOfKey(names[0]!);
      if (!this.#slots || this.#slots.has(slot)) {
        return { kind, names, slot, uses: 0, unknowns: 0, retired: false };
      }
    }
  }

  /** A key to use next: a wanted one if a few tries find it; now and then a retired one. */
  pick(random: SeededRandom, isWanted: (slot: number) => boolean = () => true): WorkloadKey {
    const from = this.#retired.length > 0 && random.chance(0.05) ? this.#retired : this.#inUse;
    let key = random.pick(from);
    for (let i = 0; i < TRIES && !isWanted(key.slot); i++) key = random.pick(from);
    return key;
  }

  /** Some different registers, on any slots. */
  pickRegisters(random: SeededRandom, count: number): WorkloadKey[] {
    const chosen = new Set<WorkloadKey>();
    const registers = this.#inUse.filter(({ kind }) => kind === "register");
    while (chosen.size < Math.min(count, registers.length)) chosen.add(random.pick(registers));
    return [...chosen];
  }

  /** Counts a use; replaces the key by a new one of its kind when it has had enough. */
  used(key: WorkloadKey, isUnknown: boolean): void {
    key.uses++;
    if (isUnknown) key.unknowns++;
    const isLong = key.kind === "append" && key.uses >= APPEND_USES_MAX;
    const at = isLong || key.unknowns >= UNKNOWNS_MAX ? this.#inUse.indexOf(key) : -1;
    if (at < 0) return;
    key.retired = true;
    this.#retired.push(key);
    this.#inUse[at] = this.#create(key.kind);
  }
}
