/**
 * The numbers behind the dashboard: servers and proxies are asked once a second, and the sums of the
 * last minutes are kept.
 *
 * Invariant: at most one round is under way, and every question in it has a time limit, so a server
 * that hangs makes rounds rarer, never more.
 *
 * @module
 */

import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import type { ControlPlane } from "./control_plane.ts";
import { askProxy, type CountedRequests, type ProxyCounts, requestRate } from "./proxy_stats.ts";
import { listProxies, type ProxyView } from "./proxy_use_cases.ts";
import { ServerProbe, type ServerStats } from "./server_stats.ts";
import { pause } from "./wake.ts";

/** The time from one sample to the next, milliseconds. */
export const SAMPLE_INTERVAL_MS = 1000;

/** How many samples are kept: five minutes. */
export const SAMPLES_MAX = 300;

/** The sums of one round; null where nobody answered. */
export interface StatsSample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Requests per second of clients, counted at the proxies; null unless all of them answered. */
  readonly proxyOps: number | null;
  /** Commands per second executed by the masters. */
  readonly serverOps: number | null;
  /** Keys at the masters. */
  readonly keys: number | null;
  /** Memory that the masters use. */
  readonly memoryBytes: number | null;
  /** Clients connected to the proxies. */
  readonly clients: number | null;
}

/** A registered proxy and what it says of itself; null where it does not answer. */
export interface ProxyStatsView extends ProxyView {
  readonly clients: number | null;
  readonly opsPerSecond: number | null;
}

/** What is known now, and the samples that led there. */
export interface StatsView {
  readonly intervalMs: number;
  /** The topology's epoch a round earlier: a proxy that is well has applied it; null at first. */
  readonly settledEpoch: number | null;
  /** By address; null where a server does not answer. */
  readonly servers: Readonly<Record<string, ServerStats | null>>;
  /** As far as the coordinator last told. */
  readonly proxies: readonly ProxyStatsView[];
  /** Oldest first. */
  readonly samples: readonly StatsSample[];
}

/** What one round found. */
interface Round {
  readonly settledEpoch: number | null;
  readonly servers: Readonly<Record<string, ServerStats | null>>;
  readonly proxies: readonly ProxyStatsView[];
}

/** Options of {@linkcode StatsSampler.run}. */
interface SampleOptions {
  readonly signal: AbortSignal;
  /** Told why a round failed. */
  onError(error: unknown): void;
}

/** Samples one product. */
export class StatsSampler {
  readonly #plane: ControlPlane;
  readonly #onSample: () => void;
  readonly #probes = new Map<string, ServerProbe>();
  #counts = new Map<string, CountedRequests>();
  #round: Round = { settledEpoch: null, servers: {}, proxies: [] };
  #epoch: number | null = null;
  #samples: StatsSample[] = [];

  /** `onSample` is told after each round. */
  constructor(plane: ControlPlane, onSample: () => void) {
    this.#plane = plane;
    this.#onSample = onSample;
  }

  /** Returns what is known now. */
  view(): StatsView {
    return { intervalMs: SAMPLE_INTERVAL_MS, ...this.#round, samples: this.#samples };
  }

  /** Samples until `signal` aborts, then ends its connections; a round that fails is told and left out. */
  async run({ signal, onError }: SampleOptions): Promise<void> {
    try {
      while (!signal.aborted) {
        const nextMs = performance.now() + SAMPLE_INTERVAL_MS;
        try {
          await this.#sample(signal);
          this.#onSample();
        } catch (error) {
          if (!signal.aborted) onError(error);
        }
        await pause(signal, Math.max(0, nextMs - performance.now())).catch(() => {});
      }
    } finally {
      for (const probe of this.#probes.values()) probe[Symbol.dispose]();
      this.#probes.clear();
    }
  }

  async #sample(signal: AbortSignal): Promise<void> {
    const settledEpoch = this.#epoch;
    this.#epoch = this.#plane.store.topology.epoch;
    const [servers, proxies] = await Promise.all([
      this.#askServers(signal),
      this.#askProxies(signal),
    ]);
    this.#round = { settledEpoch, servers, proxies };
    const sample = sampleOf(this.#round, mastersOf(this.#plane));
    this.#samples = [...this.#samples, { atMs: Date.now(), ...sample }].slice(-SAMPLES_MAX);
  }

  async #askServers(signal: AbortSignal): Promise<Round["servers"]> {
    const addrs = new Set(serversOf(this.#plane));
    for (const [addr, probe] of this.#probes) {
      if (addrs.has(addr)) continue;
      probe[Symbol.dispose]();
      this.#probes.delete(addr);
    }
    const answers = [...addrs].map(async (addr) => {
      const probe = this.#probes.get(addr) ?? new ServerProbe(addr, this.#plane.credentials);
      this.#probes.set(addr, probe);
      return [addr, await probe.ask(signal)] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  async #askProxies(signal: AbortSignal): Promise<ProxyStatsView[]> {
    const counts = new Map<string, CountedRequests>();
    const proxies = await this.#listProxies();
    const views = await Promise.all(proxies.map(async (proxy) => {
      const found = await askProxy(proxy, signal);
      const key = `${proxy.id}-${proxy.boot}`;
      return { ...proxy, ...this.#rateOf(key, found, counts) };
    }));
    this.#counts = counts;
    return views;
  }

  #rateOf(
    key: string,
    found: ProxyCounts | null,
    counts: Map<string, CountedRequests>,
  ): Pick<ProxyStatsView, "clients" | "opsPerSecond"> {
    if (found === null) return { clients: null, opsPerSecond: null };
    const counted = { requests: found.requests, atMs: performance.now() };
    counts.set(key, counted);
    return {
      clients: found.clients,
      opsPerSecond: requestRate(this.#counts.get(key), counted),
    };
  }

  /** While the coordinator is away, those that it named last. */
  async #listProxies(): Promise<readonly ProxyView[]> {
    try {
      return await listProxies(this.#plane);
    } catch (error) {
      if (error instanceof CoordinatorUnavailableError) return this.#round.proxies;
      throw error;
    }
  }
}

/** Returns the sums of a round; `masters` are the addresses whose keys and commands count. */
export function sampleOf(
  round: Pick<Round, "servers" | "proxies">,
  masters: readonly string[],
): Omit<StatsSample, "atMs"> {
  const answers = masters.map((addr) => round.servers[addr] ?? null).filter((one) => one !== null);
  const atMasters = (of: (stats: ServerStats) => number) =>
    answers.length === 0 ? null : answers.reduce((sum, stats) => sum + of(stats), 0);
  const atProxies = (of: (proxy: ProxyStatsView) => number | null) =>
    round.proxies.length === 0 ? null : round.proxies.reduce((sum: number | null, proxy) => {
      const value = of(proxy);
      return sum === null || value === null ? null : sum + value;
    }, 0);
  return {
    proxyOps: atProxies((proxy) => proxy.opsPerSecond),
    serverOps: atMasters((stats) => stats.opsPerSecond),
    keys: atMasters((stats) => stats.keys),
    memoryBytes: atMasters((stats) => stats.memoryBytes),
    clients: atProxies((proxy) => proxy.clients),
  };
}

function serversOf(plane: ControlPlane): string[] {
  return Object.values(plane.store.topology.groups).flatMap(({ servers }) =>
    servers.map(({ addr }) => addr)
  );
}

function mastersOf(plane: ControlPlane): string[] {
  return Object.values(plane.store.topology.groups).flatMap(({ servers }) =>
    servers.slice(0, 1).map(({ addr }) => addr)
  );
}
