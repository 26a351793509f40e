/**
 * A server of the model world: one slot, held as the protocol demands of a codis-server.
 *
 * It is small and slow on purpose, and says nothing of bytes: which command is executed when, what a
 * fence does, how a key travels, and what a restart leaves.
 *
 * @module
 */

import type { FenceEffect, FenceState } from "../../core/topology/slot_fences.ts";
import type { Testimony } from "../../core/topology/slot_machine.ts";
import type { Receipt } from "../../core/topology/topology.ts";
import type { Body, Command, CommandReply, Message } from "./protocol_net.ts";
import { ABSENT, ProtocolViolation } from "./protocol_truth.ts";
import type { ModelWorld } from "./protocol_world.ts";

/** A rule that a server can be told to forget, to see whether the walk notices. */
export type ForgottenRule =
  | "boot-closed"
  | "claimed-set"
  | "exact-token"
  | "give-check"
  | "keep-in-doubt"
  | "old-epoch-restore"
  | "purge";

interface Transfer {
  readonly key: string;
  readonly value: number;
  readonly slotEpoch: number;
  readonly seq: number;
}

interface Snapshot {
  readonly data: ReadonlyMap<string, number>;
  readonly purges: number;
}

/** One process after another at one address. */
export class ModelServer {
  readonly id: string;
  readonly group: number;
  readonly #world: ModelWorld;
  boot: string;
  state: FenceState = "closed";
  /** Null until this process was fenced. */
  epoch: number | null = null;
  data = new Map<string, number>();
  #starts = 1;

  // The fence journal: outlives the process, unless the disk is lost.
  #leaderEpoch = 0;
  #role: "giver" | "taker" | null = null;
  #claimed = new Set<string>();
  #purges = 0;
  #snapshots: Snapshot[] = [];

  #peer: string | null = null;
  #peerBoot: string | null = null;
  #transfer: Transfer | null = null;
  #pumping = false;
  #lastSeq = 0;
  #applied = new Map<number, number>();
  #counted = new Map<number, { moved: number; sum: number }>();

  /** Starts closed, with `ghosts` of a past long gone. */
  constructor(world: ModelWorld, place: { group: number; ghosts: ReadonlyMap<string, number> }) {
    this.#world = world;
    this.group = place.group;
    this.id = `server-${place.group}`;
    this.boot = `${this.id}.1`;
    this.data = new Map(place.ghosts);
    this.snapshot();
  }

  /** Whether a transfer's outcome is unknown. */
  get inDoubt(): boolean {
    return this.#transfer !== null;
  }

  /** Keeps the data as of now for a later restart. */
  snapshot(): void {
    this.#snapshots.push({ data: new Map(this.data), purges: this.#purges });
  }

  /** Rules 6 and 7: another process, closed, with old data or none. */
  restart(disk: "lost" | "old"): void {
    const snapshot = this.#world.random.pick(this.#snapshots);
    const usable = disk === "old" && snapshot.purges === this.#purges;
    this.data = new Map(usable ? snapshot.data : []);
    this.#world.truth.restarted(this.id, disk === "lost" ? null : this.data);
    this.boot = `${this.id}.${++this.#starts}`;
    if (!this.#world.forgets("boot-closed")) {
      this.state = "closed";
      this.epoch = null;
    }
    this.#transfer = null;
    this.#applied.clear();
    this.#counted.clear();
    if (disk === "old") return;
    this.#leaderEpoch = 0;
    this.#role = null;
    this.#claimed.clear();
    this.#purges = 0;
    this.#snapshots = [];
    this.snapshot();
  }

  /** Takes in a message. */
  receive(message: Message): void {
    const { body } = message;
    const answer = (reply: Body) =>
      this.#world.net.send({ from: this.id, to: message.from, toBoot: null, body: reply });
    if (body.kind === "command") {
      answer({ kind: "reply", reply: this.#command(body.command), attempt: body.attempt });
    } else if (body.kind === "fence") {
      const reply = this.#fence(body.fence);
      if (reply !== null) answer(reply);
    } else if (body.kind === "ask-receipt") {
      if (body.slotEpoch === this.epoch) answer(this.#receipt());
    } else if (body.kind === "restore") {
      const reply = this.#restore(body);
      if (reply !== null) answer(reply);
    } else if (body.kind === "restored" || body.kind === "refused") {
      this.#resolve(body);
    }
  }

  /** Rule 26: sends the next key, or the one in doubt again. */
  pump(): void {
    if (this.#transfer === null) {
      if (this.state !== "giving" || !this.#pumping || this.data.size === 0) return;
      const key = this.#world.random.pick([...this.data.keys()]);
      const slotEpoch = this.epoch!;
      this.#transfer = { key, value: this.data.get(key)!, slotEpoch, seq: ++this.#lastSeq };
    }
    const body: Body = { kind: "restore", ...this.#transfer };
    this.#world.net.send({ from: this.id, to: this.#peer!, toBoot: null, body });
  }

  /** Rule 10's `SLOTSCLAIMED`: what is this server's to say, and no longer or not yet the asker's. */
  claimedFor(peerBoot: string, part: "all" | "present"): Set<string> {
    // Answers of the process before are void from now on: it may be about to drop what they confirm.
    this.#peerBoot = peerBoot;
    const present = this.epoch === null ? [] : this.data.keys();
    return new Set([...(part === "all" ? this.#claimed : []), ...present]);
  }

  /** Rule 8. */
  #command(command: Command): CommandReply {
    const { key, asking } = command;
    const slotEpoch = this.epoch ?? 0;
    switch (this.state) {
      case "own":
        return this.#execute(command);
      case "giving":
        if (this.#transfer?.key === key) return { kind: "busy", slotEpoch };
        if (this.data.has(key) || this.#world.forgets("give-check")) return this.#execute(command);
        return { kind: "ask", slotEpoch };
      case "importing":
        if (asking === null) return { kind: "stale", slotEpoch };
        if (asking !== slotEpoch && !this.#world.forgets("exact-token")) {
          return { kind: "stale", slotEpoch };
        }
        this.#claimed.add(key);
        return this.#execute(command);
      case "hold":
      case "closed":
        return { kind: "stale", slotEpoch };
    }
  }

  #execute({ operation, key }: Command): CommandReply {
    const found = this.data.get(key) ?? ABSENT;
    if (operation === "set") this.data.set(key, this.#world.truth.newValue());
    if (operation === "del") this.data.delete(key);
    this.#world.truth.executed(this.id, key, { found, left: this.data.get(key) ?? ABSENT });
    return { kind: "value", value: found };
  }

  /** Rule 10. */
  #fence(fence: FenceEffect): Body | null {
    if (fence.at.boot !== this.boot) {
      return { kind: "wrong-boot", group: this.group, boot: this.boot };
    }
    const epoch = this.epoch ?? 0;
    if (fence.leaderEpoch < this.#leaderEpoch || fence.slotEpoch < epoch) {
      return { kind: "outranked", leaderEpoch: this.#leaderEpoch, slotEpoch: epoch };
    }
    if (fence.slotEpoch === this.epoch) {
      if (fence.state !== this.state) {
        throw new ProtocolViolation(
          `${this.id}: told ${fence.state} and ${this.state} at epoch ${epoch}`,
        );
      }
      this.#leaderEpoch = fence.leaderEpoch;
      return this.#fenced();
    }
    if (fence.state === "hold" && this.inDoubt) {
      // It stays at its epoch: only the leader's epoch and the peer's start are news.
      this.#peerBoot = fence.peer!.boot;
      return { kind: "in-doubt", by: { ...this.#testimony(), ...epochsOf(fence) }, count: 1 };
    }
    if (!this.#mayEnter(fence)) return null;
    this.#enter(fence);
    return this.#fenced();
  }

  /** What a process that was not fenced yet must drop before it may hold the slot again. */
  #mayEnter(fence: FenceEffect): boolean {
    const { state, fresh, peer } = fence;
    if (this.epoch !== null || this.data.size === 0 || peer === null || fresh) return true;
    if (state === "closed" || this.#world.forgets("claimed-set")) return true;
    const other = this.#world.server(peer.server);
    const gaining = state === "importing" || state === "own";
    if (this.#role === "taker" && state !== "giving") {
      this.#drop([...this.data.keys()].filter((key) => !this.#claimed.has(key)));
      if (state !== "own") this.#yieldTo(other);
      return true;
    }
    if (state === "own") return true;
    if (!gaining && other.epoch !== fence.slotEpoch) return false;
    this.#drop(other.claimedFor(this.boot, "all"));
    return true;
  }

  /** What the giver still has is the giver's, even if it was once applied here. */
  #yieldTo(giver: ModelServer): void {
    const keys = giver.claimedFor(this.boot, "present");
    for (const key of keys) if (this.data.has(key)) this.#world.truth.moved(giver.id, key);
    this.#drop(keys);
  }

  #enter(fence: FenceEffect): void {
    const { state } = fence;
    if (state === "giving" && this.#role !== "giver") {
      this.#role = "giver";
      this.#claimed.clear();
    }
    if (state === "importing") {
      if (fence.fresh && !this.#world.forgets("purge")) this.#purge();
      if (this.#role !== "taker" || fence.fresh) this.#claimed.clear();
      this.#role = "taker";
      for (const key of this.data.keys()) this.#claimed.add(key);
    }
    if (state === "closed") {
      const left = this.data.size > 0 || this.inDoubt;
      if (this.state === "giving" && left) throw new ProtocolViolation(`${this.id}: not empty`);
      // What lies in a slot that was closed before is a ghost: it stays, for the next import to purge.
      if (this.state !== "closed") this.#purge();
      this.#role = null;
    }
    if (state === "own") {
      this.#role = null;
      this.#claimed.clear();
    }
    this.state = state;
    this.epoch = fence.slotEpoch;
    this.#leaderEpoch = fence.leaderEpoch;
    this.#peer = fence.peer?.server ?? null;
    this.#peerBoot = fence.peer?.boot ?? null;
    this.#pumping = true;
    this.#lastSeq = this.#transfer?.seq ?? 0;
  }

  /** Rules 24 and 25. */
  #restore(body: Body & { kind: "restore" }): Body | null {
    const { key, value, slotEpoch, seq } = body;
    const byBoot = this.boot;
    if ((this.#applied.get(slotEpoch) ?? 0) >= seq) {
      return { kind: "restored", slotEpoch, seq, byBoot };
    }
    if (this.epoch === null || slotEpoch > this.epoch) return null;
    const current = slotEpoch === this.epoch && this.state === "importing";
    if (!current && !this.#world.forgets("old-epoch-restore")) {
      return { kind: "refused", slotEpoch, seq, byBoot };
    }
    this.data.set(key, value);
    this.#claimed.add(key);
    this.#applied.set(slotEpoch, seq);
    this.#count(slotEpoch, key, value);
    this.#world.truth.moved(this.id, key);
    return { kind: "restored", slotEpoch, seq, byBoot };
  }

  /** Rule 26: only an answer ends a doubt. */
  #resolve(body: Body & { kind: "restored" | "refused" }): void {
    const transfer = this.#transfer;
    if (transfer === null || body.byBoot !== this.#peerBoot) return;
    if (transfer.slotEpoch !== body.slotEpoch || transfer.seq !== body.seq) return;
    this.#transfer = null;
    if (body.kind === "refused") {
      this.#pumping = transfer.slotEpoch !== this.epoch;
      return;
    }
    this.data.delete(transfer.key);
    this.#count(transfer.slotEpoch, transfer.key, transfer.value);
  }

  /** A server that forgets rule 26 serves on after a timeout, as if nothing had been sent. */
  forgetTransfer(): void {
    this.#transfer = null;
  }

  #receipt(): Body {
    const { moved, sum } = this.#counted.get(this.epoch!) ?? { moved: 0, sum: 0 };
    const receipt: Receipt = { moved, sum: sum.toString(16) };
    const inDoubt = this.inDoubt ? 1 : 0;
    return {
      kind: "receipt",
      by: this.#testimony(),
      empty: this.data.size === 0,
      inDoubt,
      receipt,
    };
  }

  #fenced(): Body {
    return { kind: "fenced", by: this.#testimony(), state: this.state };
  }

  #testimony(): Testimony {
    return {
      group: this.group,
      server: this.id,
      boot: this.boot,
      slotEpoch: this.epoch ?? 0,
      leaderEpoch: this.#leaderEpoch,
    };
  }

  #purge(): void {
    this.data.clear();
    this.#claimed.clear();
    this.#applied.clear();
    this.#purges++;
  }

  #drop(keys: Iterable<string>): void {
    for (const key of keys) {
      this.data.delete(key);
      this.#claimed.delete(key);
    }
  }

  #count(slotEpoch: number, key: string, value: number): void {
    const { moved, sum } = this.#counted.get(slotEpoch) ?? { moved: 0, sum: 0 };
    const hash = value * 31 + key.charCodeAt(0);
    this.#counted.set(slotEpoch, { moved: moved + 1, sum: sum + hash });
  }
}

function epochsOf(fence: FenceEffect): { slotEpoch: number; leaderEpoch: number } {
  return { slotEpoch: fence.slotEpoch, leaderEpoch: fence.leaderEpoch };
}
