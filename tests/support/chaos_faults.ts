/**
 * What can happen to the processes of a product, apart from its servers. Each fault is made good by the
 * same hand that made it: what died is started again, what was stopped goes on. Nothing else is touched.
 *
 * @module
 */

import { eventually } from "./eventually.ts";
import type { ProgramSeat } from "./program_seat.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { SeparateProduct } from "./separate_product.ts";

/** A kind of fault. */
export type FaultKind =
  | "leader killed"
  | "proxy killed"
  | "ZooKeeper member killed"
  | "ensemble killed"
  | "proxy stopped"
  | "manager stopped";

/** One fault, and how long it lasts. */
export interface Fault {
  readonly kind: FaultKind;
  readonly lastsMs: number;
}

const HANGS_MS = 100;

/** Whom a fault met. */
export interface Suffered {
  readonly name: string;
  /** Where it listened, if it was killed: connections were lost with it. */
  readonly killedPort?: number;
  /** Where it listens, if it was stopped. */
  readonly stoppedPort?: number;
}

/** Brings a fault about and makes it good again. */
export async function sufferFault(
  product: SeparateProduct,
  { kind, lastsMs }: Fault,
  random: SeededRandom,
): Promise<Suffered> {
  switch (kind) {
    case "leader killed":
      return await killed(await leaderOf(product), lastsMs);
    case "proxy killed":
      return await proxyKilled(random.pick(product.proxies), lastsMs, random);
    case "ZooKeeper member killed":
      return await membersKilled(product, [random.below(product.ensemble.members.length)], lastsMs);
    case "ensemble killed":
      return await membersKilled(product, [...product.ensemble.members.keys()], lastsMs);
    case "proxy stopped":
      return await stopped(random.pick(product.proxies), () => pause(lastsMs));
    case "manager stopped": {
      const leader = await leaderOf(product);
      return await stopped(leader, () => changeMeanwhile(product, leader, lastsMs));
    }
  }
}

function leaderOf(product: SeparateProduct): Promise<ProgramSeat> {
  return eventually(() => product.leader(), { timeoutMs: product.options.patienceMs });
}

async function killed(seat: ProgramSeat, lastsMs: number): Promise<Suffered> {
  await seat.kill();
  await pause(lastsMs);
  await seat.start();
  return { name: seat.name, killedPort: seat.port };
}

/** Half of the time it hangs first, so that each of its clients has requests in flight when it dies. */
async function proxyKilled(
  seat: ProgramSeat,
  lastsMs: number,
  random: SeededRandom,
): Promise<Suffered> {
  if (random.chance(0.5)) {
    seat.pause();
    await pause(HANGS_MS);
  }
  return await killed(seat, lastsMs);
}

async function stopped(seat: ProgramSeat, meanwhile: () => Promise<void>): Promise<Suffered> {
  seat.pause();
  try {
    await meanwhile();
  } finally {
    seat.resume();
  }
  return { name: seat.name, stoppedPort: seat.port };
}

/** Orders a change of a manager whose leader was stopped: the next leader must carry it out. */
async function changeMeanwhile(
  product: SeparateProduct,
  leader: ProgramSeat,
  lastsMs: number,
): Promise<void> {
  const { patienceMs: timeoutMs } = product.options;
  const change = eventually(
    () => product.ask("PUT", "/proxies/p1", { wanted: "online" }, { without: leader }),
    { timeoutMs },
  );
  await Promise.all([change, pause(lastsMs)]);
}

async function membersKilled(
  product: SeparateProduct,
  indices: readonly number[],
  lastsMs: number,
): Promise<Suffered> {
  const members = indices.map((index) => product.ensemble.members[index]!);
  await Promise.all(members.map((member) => member.kill()));
  await pause(lastsMs);
  for (const member of members) member.start();
  for (const member of members) await member.untilServing();
  return { name: indices.map((index) => `ZooKeeper ${index + 1}`).join(", ") };
}

/** Lets a time pass: faults come at any moment. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
