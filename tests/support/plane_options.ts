/**
 * What the tests start a proxy's worker with, where it does not matter to them.
 *
 * @module
 */

import type { DataPlaneOptions } from "../../proxy/data_plane.ts";

/** Room for all that tests do, and no password. */
export const PLANE_OPTIONS: DataPlaneOptions = {
  session: {
    clientCountMax: 1000,
    pipelineMax: 10_000,
    outputBytesHigh: 1 << 20,
    idleTimeoutMs: 0,
  },
  redirect: { redirectTimeoutMs: 5000, heldBytesMax: 64 << 20 },
  pendingMax: 1 << 20,
  stashBytesMax: 64 << 20,
  serverTimeoutMs: 30_000,
  emptyTag: "hash-empty",
  password: "",
  serverUser: "",
  serverPassword: "",
  firstClientId: 1,
  product: "test",
  workerCount: 1,
};
