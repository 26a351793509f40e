/**
 * What the REST API takes in.
 *
 * @module
 */

import { z } from "zod";
import { SLOT_COUNT } from "../core/slots.ts";
import { REDIRECT_TIMEOUT_MS_MAX } from "../core/topology/edit_settings.ts";
import { GROUP_ID_MAX } from "../core/topology/topology.ts";
import { JOB_DELAY_MS_MAX } from "./migration_job.ts";

const slot = z.int().min(0).max(SLOT_COUNT - 1);
const range = z.tuple([slot, slot]).refine(([first, last]) => first <= last, {
  message: "want the lower slot first",
});
const groupId = z.int().min(1).max(GROUP_ID_MAX);
const delayMs = z.int().min(0).max(JOB_DELAY_MS_MAX).default(0);

/** A slot in a path. */
export const slotParam = z.coerce.number<string>().pipe(slot);

/** A group in a path. */
export const groupParam = z.coerce.number<string>().pipe(groupId);

/** An epoch in a path. */
export const epochParam = z.coerce.number<string>().pipe(z.int().min(1));

/** How many entries of the history. */
export const countParam = z.coerce.number<string>().pipe(z.int().min(1).max(1000)).catch(50);

/** `POST /groups` */
export const createGroupBody = z.strictObject({
  id: groupId,
  kind: z.enum(["codis-server", "stock"]).default("codis-server"),
});

/** `POST /groups/:id/servers` */
export const createServerBody = z.strictObject({
  addr: z.string().min(1).max(300),
  role: z.enum(["master", "replica"]).optional(),
});

/** `PUT /slots` */
export const setSlotsBody = z.strictObject({ range, group: groupId });

/** `POST /slots/init` */
export const initSlotsBody = z.strictObject({ force: z.boolean().default(false) });

/** `POST /migrations` */
export const createMigrationBody = z.strictObject({ range, to: groupId, delayMs });

/** `PUT /proxies/:id` */
export const setProxyBody = z.strictObject({ wanted: z.enum(["online", "offline"]) });

/** `PATCH /settings` */
export const settingsBody = z.strictObject({
  emptyTag: z.enum(["hash-empty", "hash-key"]).exactOptional(),
  redirectTimeoutMs: z.int().min(0).max(REDIRECT_TIMEOUT_MS_MAX).exactOptional(),
}).refine((settings) => Object.keys(settings).length > 0, { message: "names no setting" });

/** `GET /migrations/plan` */
export const planQuery = z.object({ first: slotParam, last: slotParam, to: groupParam })
  .refine(({ first, last }) => first <= last, { message: "want the lower slot first" });

/** `POST /rebalance`; with an epoch only if the plan is of that epoch's topology. */
export const rebalanceBody = z.strictObject({ delayMs, epoch: z.int().min(1).optional() });
