/**
 * Proxies: which are alive, what they have applied, and whether they are to serve.
 *
 * A proxy registers `/proxies/<id>-<boot>` and watches `/proxies-wanted/<id>`: `{"wanted":"offline"}` there
 * tells it to take no new clients and let the present ones go; no node, or `online`, to serve.
 *
 * @module
 */

import { z } from "zod";
import type { Coordinator, ReadOptions } from "../core/coordinator/coordinator.ts";
import { ConflictError } from "../core/coordinator/coordinator_error.ts";
import { pathsOf, wantedProxyPath } from "../core/coordinator/paths.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { ManagerError } from "./manager_error.ts";

/** What the operator wants of a proxy. */
export type WantedState = "online" | "offline";

/** A proxy process as people see it. */
export interface ProxyView {
  readonly id: string;
  /** Random per process start. */
  readonly boot: string;
  /** Where clients connect. */
  readonly addr: string;
  /** Where its admin API is; null if it has none. */
  readonly admin: string | null;
  /** What it says of itself. */
  readonly state: string;
  readonly wanted: WantedState;
  /** The topology epoch that all its workers have applied; null before the first. */
  readonly appliedEpoch: number | null;
  readonly version: string;
}

const CONFLICTS_MAX = 5;

const proxySchema = z.object({
  id: z.string().min(1),
  boot: z.string().min(1),
  addr: z.string(),
  admin: z.string().nullish(),
  applied: z.array(z.number()).default([]),
  doubtful: z.array(z.string()).default([]),
  state: z.string().default("online"),
  version: z.string().default(""),
});

const wantedSchema = z.object({ wanted: z.enum(["online", "offline"]) });

/** What a proxy's node says. */
export type ProxyNode = z.infer<typeof proxySchema>;

/** Returns what the proxies' nodes say as of now. */
export async function readProxies(
  coordinator: Coordinator,
  product: string,
  options: ReadOptions = {},
): Promise<ProxyNode[]> {
  const { proxies: parent } = pathsOf(product);
  const proxies: ProxyNode[] = [];
  for (const name of await coordinator.list(parent, options)) {
    const node = await coordinator.get(`${parent}/${name}`, options);
    const proxy = node && proxySchema.safeParse(JSON.parse(node.data));
    if (proxy?.success) proxies.push(proxy.data);
  }
  return proxies;
}

/** Returns the epoch that all workers of a proxy apply; null before the first. */
export function appliedEpochOf({ applied }: Pick<ProxyNode, "applied">): number | null {
  return applied.length === 0 ? null : Math.min(...applied);
}

/** Returns the proxies that are registered now, by id. */
export async function listProxies(plane: ControlPlane): Promise<ProxyView[]> {
  const proxies: ProxyView[] = [];
  for (const proxy of await readProxies(plane.coordinator, plane.product)) {
    const { id, boot, addr, admin = null, state, version } = proxy;
    proxies.push({
      id,
      boot,
      addr,
      admin,
      state,
      wanted: await wantedOf(plane, id),
      appliedEpoch: appliedEpochOf(proxy),
      version,
    });
  }
  return proxies;
}

/** Says whether a proxy is to serve; it may be one that is not running now. */
export async function setProxyWanted(
  plane: ControlPlane,
  order: { readonly id: string; readonly wanted: WantedState },
  asker: Asker,
): Promise<void> {
  const { id, wanted } = order;
  const known = (await listProxies(plane)).some((proxy) => proxy.id === id);
  const path = wantedProxyPath(plane.product, id);
  const data = JSON.stringify({ wanted, actor: asker.actor });
  for (let attempt = 1;; attempt++) {
    const node = await plane.coordinator.get(path, { sync: true });
    if (node === null && !known) {
      throw new ManagerError(
        "not-found",
        `Cannot set proxy "${id}" ${wanted}: no such proxy is registered`,
        "See `proxy list`",
      );
    }
    try {
      if (node === null) await plane.coordinator.createIfAbsent(path, data);
      else await plane.coordinator.putIfVersion(path, data, { version: node.version });
      return;
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === CONFLICTS_MAX) throw error;
    }
  }
}

async function wantedOf(plane: ControlPlane, id: string): Promise<WantedState> {
  const node = await plane.coordinator.get(wantedProxyPath(plane.product, id));
  if (node === null) return "online";
  return wantedSchema.safeParse(JSON.parse(node.data)).data?.wanted ?? "online";
}
