/**
 * Who leads when sessions end, are cut off and come back.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { LocalSession } from "../core/coordinator/local_session.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { eventually } from "../tests/support/eventually.ts";
import { Leadership } from "./leadership.ts";

const SESSION_TIMEOUT_MS = 100;

/** One manager that stands for election. */
interface Candidate {
  readonly session: LocalSession;
  /** Whether it does a leader's work now. */
  leads: boolean;
  /** Who it thinks leads. */
  leader: string | null;
}

Deno.test("a leader that is cut off stops by itself; another one leads as soon as its session is gone", async () => {
  await withCandidates(async (first, second) => {
    first.session.suspend(SESSION_TIMEOUT_MS);
    first.session.expire();

    await eventually(() => assert(second.leads));
    await eventually(() => assert(!first.leads));
    assertEquals(first.session.session().kind, "suspended");

    first.session.resume();
    await eventually(() => assertEquals([first.leader, first.leads], ["second", false]));
    assert(second.leads);
  });
});

Deno.test("a leader that is cut off stops although its session lives, and leads again when it is back", async () => {
  await withCandidates(async (first, second) => {
    first.session.suspend(SESSION_TIMEOUT_MS);
    await eventually(() => assert(!first.leads));
    assertEquals(second.leads, false);

    first.session.resume();

    await eventually(() => assert(first.leads !== second.leads));
  });
});

Deno.test("a leader that is cut off for a moment goes on", async () => {
  await withCandidates(async (first, second) => {
    for (let round = 0; round < 20; round++) {
      first.session.suspend(SESSION_TIMEOUT_MS);
      await Promise.resolve();
      first.session.resume();
      assert(first.leads && !second.leads);
    }
  });
});

Deno.test("a lead whose session ends again and again is taken by exactly one", async () => {
  await withCandidates(async (first, second) => {
    for (let round = 0; round < 10; round++) {
      const leader = first.leads ? first : second;
      leader.session.expire();
      await eventually(() => assert(first.leads !== second.leads));
    }
  });
});

async function withCandidates(
  run: (first: Candidate, second: Candidate) => Promise<void>,
): Promise<void> {
  await using source = new MemoryCoordinator();
  const stop = new AbortController();
  const loops: Promise<void>[] = [];
  const candidates: Candidate[] = [];
  for (const id of ["first", "second"]) {
    const candidate: Candidate = { session: await source.connect(), leads: false, leader: null };
    candidates.push(candidate);
    loops.push(leadershipOf(id, candidate).run(stop.signal));
    await eventually(() => assertEquals(candidate.leader, "first"));
  }
  const [first, second] = candidates as [Candidate, Candidate];
  try {
    await eventually(() => assert(first.leads));
    await run(first, second);
  } finally {
    stop.abort();
    await Promise.all(loops);
  }
}

function leadershipOf(id: string, candidate: Candidate): Leadership {
  return new Leadership({
    coordinator: candidate.session,
    product: "test",
    self: { id, addr: `http://${id}` },
    log: () => {},
    lead: async (signal) => {
      candidate.leads = true;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      candidate.leads = false;
    },
    onLeader: (leader) => candidate.leader = leader?.id ?? null,
  });
}
