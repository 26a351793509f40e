/**
 * A program in the race: it runs, its keys are loaded, its CPU clock is read.
 *
 * Invariant: a returned sample holds at least `MIN_SAMPLE_CPU_NS` of CPU, no error reply and no lost
 * request. Each program has a request count of its own, because a cheap one needs more of them for
 * the same CPU time.
 *
 * @module
 */

import { CpuClock } from "./cpu_clock.ts";
import { launch, type Launched, type Program } from "./launch.ts";
import { checkGet, fill } from "./probe.ts";
import { type Command, type LoadReport, runLoad } from "./redis_benchmark.ts";
import type { Sample } from "./summary.ts";

/** Below a second of CPU the scheduler's own granularity shows. */
export const MIN_SAMPLE_CPU_NS = 1e9;
/** What a sample is planned for, so that a faster moment still gives the minimum. */
const PLANNED_SAMPLE_CPU_NS = 1.2e9;
/** A calibration run: long enough to warm a compiler up and to know the cost within 10 %. */
const CALIBRATION_CPU_NS = 0.3e9;
/** The first guess, for the first calibration run only. */
const FIRST_GUESS_NS = 6_000;
/** Samples that came out too short are repeated with a better count, this often at most. */
const SAMPLE_ATTEMPTS = 4;

/** One command at one pipeline depth. */
export interface Workload {
  /** The command under test. */
  command: Command;
  /** Requests in flight per connection. */
  pipeline: number;
}

/** A running, loaded program whose CPU is measured. */
export class Contestant implements AsyncDisposable {
  readonly #launched: Launched;
  readonly #clock: CpuClock;
  /** Last known cost by workload, in nanoseconds per request. */
  readonly #knownNs = new Map<string, number>();

  private constructor(launched: Launched) {
    this.#launched = launched;
    this.#clock = new CpuClock(launched.pid);
  }

  /** Starts the program and stores the whole key space through it. */
  static async start(program: Program, signal: AbortSignal): Promise<Contestant> {
    const contestant = new Contestant(await launch(program, signal));
    try {
      await fill(program.port);
      return contestant;
    } catch (error) {
      await contestant[Symbol.asyncDispose]();
      throw new Error(`Cannot load the keys into ${program.name}`, { cause: error });
    }
  }

  /** Warms the program up for this workload and learns what a request costs it. */
  async calibrate(workload: Workload, signal: AbortSignal): Promise<void> {
    await this.#load(workload, CALIBRATION_CPU_NS, signal);
    await this.#load(workload, CALIBRATION_CPU_NS, signal);
  }

  /** Measures one sample. */
  async sample(workload: Workload, signal: AbortSignal): Promise<Sample> {
    for (let attempt = 0; attempt < SAMPLE_ATTEMPTS; attempt++) {
      const sample = await this.#load(workload, PLANNED_SAMPLE_CPU_NS, signal);
      if (sample.cpuNs >= MIN_SAMPLE_CPU_NS) return sample;
    }
    throw new Error(
      `${this.#launched.name} never used ${MIN_SAMPLE_CPU_NS} ns of CPU in ${SAMPLE_ATTEMPTS} ` +
        `runs of ${workload.command} at P=${workload.pipeline}: is the machine overloaded?`,
    );
  }

  /** Stops the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#clock[Symbol.dispose]();
    await this.#launched[Symbol.asyncDispose]();
  }

  async #load(workload: Workload, cpuNs: number, signal: AbortSignal): Promise<Sample> {
    const key = `${workload.command} ${workload.pipeline}`;
    const requests = requestsFor(
      cpuNs,
      this.#knownNs.get(key) ?? FIRST_GUESS_NS,
      workload.pipeline,
    );
    const beforeNs = this.#clock.readNs();
    const report = await this.#run(workload, requests, signal);
    const usedNs = this.#clock.readNs() - beforeNs;
    this.#knownNs.set(key, usedNs / requests);
    await checkGet(this.#launched.port);
    return {
      nsPerRequest: usedNs / requests,
      cpuNs: usedNs,
      requests,
      requestsPerSecond: report.requestsPerSecond,
      p99Ms: report.p99Ms,
    };
  }

  async #run(workload: Workload, requests: number, signal: AbortSignal): Promise<LoadReport> {
    try {
      return await runLoad({ ...workload, port: this.#launched.port, requests }, signal);
    } catch (error) {
      await this.#launched.throwIfEnded();
      throw error;
    }
  }
}

/** Requests that use `cpuNs` at `nsPerRequest` each, rounded up to whole pipelines of 50 clients. */
export function requestsFor(cpuNs: number, nsPerRequest: number, pipeline: number): number {
  const unit = pipeline * 50;
  return Math.max(1, Math.ceil(cpuNs / nsPerRequest / unit)) * unit;
}
