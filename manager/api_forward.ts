/**
 * Passes a change on to the manager that leads.
 *
 * @module
 */

import type { ControlPlane } from "./control_plane.ts";
import type { LeaderNode } from "./leadership.ts";
import { ManagerError } from "./manager_error.ts";

const TIMEOUT_MS = 30_000;
const PASSED_ON_HEADER = "x-codis-passed-on";
const HEADERS = ["authorization", "content-type", "x-codis-actor"];

/**
 * Returns the leader's answer. A leader that hangs is waited for until another one leads.
 *
 * @throws {ManagerError} if there is no leader, or it does not answer.
 */
export async function passOn(
  request: Request,
  plane: Pick<ControlPlane, "leader" | "leaderChange">,
  self: LeaderNode,
): Promise<Response> {
  const leader = plane.leader();
  const replaced = plane.leaderChange();
  // Passed on once already: the leader has just changed, and the next one is not known to all.
  if (leader === null || leader.id === self.id || request.headers.has(PASSED_ON_HEADER)) {
    throw new ManagerError(
      "unavailable",
      "Cannot change anything now: no manager leads",
      "Try again in a moment",
    );
  }
  const headers = new Headers({ [PASSED_ON_HEADER]: self.id });
  for (const name of HEADERS) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const { pathname, search } = new URL(request.url);
  try {
    const answer = await fetch(new URL(pathname + search, leader.addr), {
      method: request.method,
      headers,
      body: await request.arrayBuffer(),
      redirect: "error",
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), replaced]),
    });
    return new Response(await answer.arrayBuffer(), {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  } catch (error) {
    if (replaced.aborted) {
      throw new ManagerError(
        "unavailable",
        `Cannot tell whether the change was made: the manager at ${leader.addr} did not answer, ` +
          "and leads no longer",
        "Look whether it was made, else try again",
      );
    }
    throw new ManagerError(
      "unavailable",
      `Cannot reach the leader at ${leader.addr}: ${(error as Error).message}`,
      "Try again in a moment",
    );
  }
}
