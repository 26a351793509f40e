/**
 * What the leader has to do because of servers that cannot fence: a lane for each, and the barriers.
 *
 * @module
 */

import { randomHex } from "../core/boot_id.ts";
import type { Credentials } from "../core/control_client.ts";
import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { managerUserName, type StockLogin } from "../core/stock_users.ts";
import type { BarrierEffect, DumpEffect, DumpEvent } from "../core/topology/dump_machine.ts";
import type { Topology } from "../core/topology/topology.ts";
import type { Log } from "./log.ts";
import { NotLeaderError } from "./manager_error.ts";
import { ProxyBarrier } from "./proxy_barrier.ts";
import type { LanePlace, LaneStatus } from "./server_lane.ts";
import { StockLane } from "./stock_lane.ts";
import type { TopologyStore } from "./topology_store.ts";

/** Who the work is for. */
export interface StockWorkHost {
  readonly store: TopologyStore;
  readonly coordinator: Coordinator;
  readonly product: string;
  readonly credentials: Credentials | undefined;
  readonly log: Log;
  /** What is to be done now. */
  due(): (DumpEffect | BarrierEffect)[];
  /** Takes in news of slots. */
  hear(slots: readonly number[], event: DumpEvent): void;
  /** A barrier could not be had; who or what stood in the way. */
  onGivenUp(slots: readonly number[], why: string): void;
  /** Something was done that may make other things due. */
  onProgress(): void;
}

interface RunningLane {
  readonly lane: StockLane;
  readonly ending: AbortController;
  readonly ended: Promise<void>;
}

/** The stock servers of one leader. */
export class StockWork {
  readonly #host: StockWorkHost;
  readonly #leaderEpoch: number;
  readonly #login: StockLogin;
  readonly #lanes = new Map<string, RunningLane>();
  readonly #barrier: ProxyBarrier;
  readonly #ending = new AbortController();
  readonly #barrierEnded: Promise<void>;
  #strangers = 0;

  /** Begins the leader's work: the claim is the store's latest write. */
  constructor(host: StockWorkHost) {
    this.#host = host;
    this.#leaderEpoch = host.store.topology.leader.epoch;
    this.#login = { user: managerUserName(this.#leaderEpoch), password: randomHex(32) };
    const { coordinator, product, credentials, log } = host;
    this.#barrier = new ProxyBarrier({
      coordinator,
      product,
      credentials,
      log,
      barriersDue: () => host.due().filter((effect) => effect.kind === "barrier"),
      hear: (slots, event) => this.#hear(slots, event),
      onGivenUp: host.onGivenUp,
    });
    this.#barrierEnded = this.#barrier.run(this.#ending.signal);
  }

  /** What is known of a server; null for one that is none of these. */
  statusOf(server: string): LaneStatus | null {
    return this.#lanes.get(server)?.lane.status ?? null;
  }

  /** Begins and ends lanes as a newer document has it. */
  adopt(topology: Topology): void {
    const wanted = new Map(stockPlaces(topology).map((place) => [placeKey(place), place]));
    for (const [server, { lane }] of this.#lanes) {
      if (!wanted.has(placeKey(lane.place))) void this.#end(server);
    }
    for (const place of wanted.values()) if (!this.#lanes.has(place.server)) this.#start(place);
  }

  /** Says that something may be due. */
  notify(): void {
    for (const { lane } of this.#lanes.values()) lane.notify();
    this.#barrier.notify();
  }

  /** Ends everything, and returns when it has ended. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#lanes.keys()].map((server) => this.#end(server)));
    await this.#barrierEnded;
  }

  #start(place: LanePlace): void {
    const { store, credentials, due, onProgress } = this.#host;
    const strangers = () => this.#strangers;
    const ending = new AbortController();
    const lane = new StockLane(place, {
      credentials,
      login: this.#login,
      leaderEpoch: this.#leaderEpoch,
      emptyTag: store.topology.settings.emptyTag,
      get strangers() {
        return strangers();
      },
      dueAt: (server) =>
        due().filter((effect) => effect.kind === "dump").filter(({ at }) => at.server === server),
      hear: (slots, event) => this.#hear(slots, event),
      isClear: (server) => this.#lanes.get(server)?.lane.clearedAt === this.#strangers,
      onStranger: () => {
        this.#strangers++;
        this.notify();
      },
      confirmLead: (signal) => this.#confirmLead(signal),
      onProgress,
    });
    this.#lanes.set(place.server, { lane, ending, ended: lane.run(ending.signal) });
  }

  async #end(server: string): Promise<void> {
    const { ending, ended } = this.#lanes.get(server)!;
    this.#lanes.delete(server);
    ending.abort();
    await ended;
  }

  #hear(slots: readonly number[], event: DumpEvent): void {
    this.#host.hear(slots, event);
    this.#host.onProgress();
  }

  async #confirmLead(signal: AbortSignal): Promise<void> {
    const { store } = this.#host;
    await store.refresh(signal);
    const { leader } = store.topology;
    if (leader.epoch !== this.#leaderEpoch) throw new NotLeaderError(leader.epoch);
  }
}

/** The servers that cannot fence, and can be worked at: masters of groups with ACL users. */
function stockPlaces(topology: Topology): LanePlace[] {
  return Object.entries(topology.groups).flatMap(([group, { servers: [master], caps }]) =>
    master !== undefined && !caps.fence && caps.acl === true
      ? [{ group: Number(group), server: master.id, addr: master.addr }]
      : []
  );
}

function placeKey({ group, server, addr }: LanePlace): string {
  return `${group} ${server} ${addr}`;
}
