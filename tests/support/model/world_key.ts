/**
 * The name of a world: equal exactly for worlds from which the same can happen.
 *
 * What cannot be told apart has one name: late messages are a bag, and two proxies whose clients ask
 * the same may change places.
 *
 * @module
 */

import type { SlotWork } from "../../../core/topology/slot_machine.ts";
import { isIdle } from "./world.ts";
import type {
  ConnectionState,
  Fact,
  Frame,
  ManagerState,
  ModelTransfer,
  ProxyState,
  ServerSlot,
  ServerState,
  World,
} from "./world.ts";

/** Returns the name of a world. */
export function keyOf(world: World, alikeProxies: boolean): string {
  const { doc, cancelling, managers, servers, proxies, late, facts, left } = world;
  const proxyKeys = proxies.map(keyOfProxy);
  if (alikeProxies) proxyKeys.sort();
  return [
    doc.id,
    cancelling ? 1 : 0,
    ...managers.map(keyOfManager),
    ...servers.map(keyOfServer),
    ...proxyKeys,
    ...late.map(({ text }) => text).sort(),
    ...facts.map(keyOfFact),
    `${left.lost},${left.delayed},${left.restarts},${left.claims},${left.cancels}`,
  ].join("|");
}

/** Returns 53 bits of `text`: two worlds among a million share them once in ten thousand runs. */
export function fingerprintOf(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 2654435761);
    high = Math.imul(high ^ code, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return 4294967296 * (2097151 & high) + (low >>> 0);
}

/** Returns what identifies a transfer, and what it carries. */
export function keyOfTransfer({ slot, slotEpoch, seq, values }: ModelTransfer): string {
  return `${slot}@${slotEpoch}#${seq}:${values.map(([key, value]) => `${key}=${value}`).join("+")}`;
}

function keyOfManager({ leads, leaderEpoch, doc, works }: ManagerState): string {
  if (!leads) return "-";
  return `${leaderEpoch},${doc.id},${works.map(keyOfWork).join("/")}`;
}

function keyOfWork({ confirmed, inDoubt, source, target }: SlotWork): string {
  const receipts = [source, target].map((receipt) =>
    receipt === null ? "" : `${receipt.moved}:${receipt.sum}`
  );
  return `${confirmed.join("+")},${inDoubt},${receipts.join(",")}`;
}

function keyOfServer({ starts, leaderEpoch, slots }: ServerState): string {
  return `${starts},${leaderEpoch},${slots.map(keyOfSlot).join("/")}`;
}

function keyOfSlot(slot: ServerSlot): string {
  const { state, slotEpoch, floorEpoch, role, purges, data, claimed, moved, sum, applied } = slot;
  const giver = slot.peerBoot === null
    ? ""
    : `${slot.peerBoot},${slot.pumping ? 1 : 0},${slot.seq},${
      slot.outstanding.map(keyOfTransfer).join("&")
    }`;
  return `${state},${slotEpoch},${floorEpoch},${role},${purges},${data.join(".")},${claimed},` +
    `${moved},${sum},${applied.map((pair) => pair.join("#")).join("&")},${giver}`;
}

function keyOfProxy(proxy: ProxyState): string {
  const { doc, routes, stages, closed, refused, admitted, connections, ran } = proxy;
  // Nothing follows any more from what a proxy knows whose client wants nothing.
  if (isIdle(proxy)) return "";
  return `${doc.routeIds.join(".")},${
    routes.map(({ routeIds }, slot) => routeIds[slot]).join(".")
  },${stages.map((stage) => stage[0]).join("")},${closed},${refused.join("/")},${
    admitted.join("/")
  },${
    connections.map((connection) => connection === null ? "" : keyOfConnection(connection))
      .join("/")
  },${ran.join(".")}`;
}

/** Returns what is on a connection, and what both ends remember of it. */
export function keyOfConnection(connection: ConnectionState): string {
  const { boot, told, frames, answers, announced, refused, asking } = connection;
  return `${boot};${told.join(".")};${frames.map(keyOfFrame).join(" ")};${
    answers.map(({ request, error }) => `${request}${error ?? ""}`).join(" ")
  };${announced.join(".")};${refused};${asking === null ? "" : `${asking.slot}@${asking.epoch}`}`;
}

function keyOfFrame(frame: Frame): string {
  return frame.kind === "command"
    ? `c${frame.request}`
    : `${frame.kind[0]}${frame.slot}@${frame.epoch}`;
}

function keyOfFact({ acceptable, place }: Fact): string {
  return `${acceptable.join("+")}@${place}`;
}
