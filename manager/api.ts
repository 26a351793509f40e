/**
 * The REST API, `/api/v1`: a thin face of the use cases.
 *
 * A manager that does not lead answers reads, and passes changes on to the leader.
 *
 * @module
 */

import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { COORDINATOR_PATH } from "../core/coordinator/http_protocol.ts";
import { NODE_BYTES_MAX } from "../core/coordinator/node_rules.ts";
import { ERROR_STATUS, errorBody, shownError } from "./api_errors.ts";
import { type News, sendEvents } from "./api_events.ts";
import { checkRequest, type GuardRules } from "./api_guard.ts";
import * as schema from "./api_schemas.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { coordinatorApi } from "./coordinator_api.ts";
import type { CoordinatorSessions } from "./coordinator_sessions.ts";
import { passOn } from "./api_forward.ts";
import * as groups from "./group_use_cases.ts";
import * as history from "./history_use_cases.ts";
import type { LeaderNode } from "./leadership.ts";
import type { Log } from "./log.ts";
import { ManagerError } from "./manager_error.ts";
import * as migrations from "./migration_use_cases.ts";
import * as proxies from "./proxy_use_cases.ts";
import * as settings from "./settings_use_cases.ts";
import * as slots from "./slot_use_cases.ts";
import type { StatsSampler } from "./stats_sampler.ts";

/** Where the API is mounted. */
const API_PATH = "/api/v1";

const BODY_BYTES_MAX = 64 * 1024;
/** A node as JSON: a byte may need six, as `\\u0001`. */
const NODE_BODY_BYTES_MAX = 6 * NODE_BYTES_MAX + 1024;
const ACTOR_LENGTH_MAX = 100;

/** Options of {@linkcode apiOf}. */
export interface ApiOptions {
  readonly plane: ControlPlane;
  readonly self: () => LeaderNode;
  readonly guard: () => GuardRules;
  readonly news: News;
  /** Programs that use this manager's coordinator; null if it has none of its own. */
  readonly sessions: CoordinatorSessions | null;
  readonly stats: StatsSampler;
  readonly log: Log;
}

/** Returns the API as an application that `Deno.serve` can run. */
export function apiOf(options: ApiOptions): Hono {
  const app = new Hono();
  app.onError((error, context) => answerError(context, error, options.log));
  app.notFound((context) => {
    const error = new ManagerError(
      "not-found",
      `Cannot find ${context.req.method} ${context.req.path}`,
    );
    return context.json(errorBody(error), ERROR_STATUS["not-found"]);
  });
  app.use(async (context, next) => {
    checkRequest(context.req.raw, options.guard());
    await next();
  });
  app.use(`${COORDINATOR_PATH}/*`, limitTo(NODE_BODY_BYTES_MAX));
  // Whoever leads: the coordinator belongs to this process.
  const { sessions, plane: { product } } = options;
  app.route(COORDINATOR_PATH, coordinatorApi({ product, sessions }));
  app.use(limitTo(BODY_BYTES_MAX));
  const api = new Hono();
  api.use(async (context, next) => {
    const { method } = context.req;
    if (method === "GET") await next();
    else if (options.plane.store.leaderEpoch !== null) {
      await next();
      if (context.res.ok) options.log("info", auditLine(context));
    } else context.res = await passOn(context.req.raw, options.plane, options.self());
  });
  addReads(api, options);
  addGroupChanges(api, options.plane);
  addSlotChanges(api, options.plane);
  api.patch("/settings", async (context) => {
    const wanted = await body(context, schema.settingsBody);
    return context.json(await settings.setSettings(options.plane, wanted, askerOf(context)));
  });
  app.route(API_PATH, api);
  return app;
}

function limitTo(maxSize: number): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new ManagerError("too-large", `Cannot read a body of over ${maxSize} bytes`);
    },
  });
}

function addReads(api: Hono, { plane, news, self, stats }: ApiOptions): void {
  api.get("/status", (context) =>
    context.json({
      product: plane.product,
      self: self(),
      leader: plane.leader(),
      leaderEpoch: plane.store.topology.leader.epoch,
      epoch: plane.store.topology.epoch,
      coordinator: plane.coordinator.session().kind,
    }));
  api.get("/stats", (context) => context.json(stats.view()));
  api.get(
    "/changes",
    (context) =>
      sendEvents(context, news, { event: "changed", state: () => ({ count: news.count }) }),
  );
  api.get("/topology", (context) => context.json(plane.store.topology));
  api.get("/groups", (context) => context.json(groups.listGroups(plane)));
  api.get(
    "/groups/:id",
    (context) => context.json(groups.getGroup(plane, param(context, "id", schema.groupParam))),
  );
  api.get("/slots", (context) => context.json(slots.listSlots(plane)));
  api.get(
    "/slots/:slot",
    async (context) =>
      context.json(await slots.getSlot(plane, param(context, "slot", schema.slotParam))),
  );
  api.get("/migrations", (context) => context.json(migrations.listMigrations(plane)));
  api.get("/migrations/events", (context) =>
    sendEvents(context, news, {
      event: "migrations",
      state: () => migrations.listMigrations(plane),
    }));
  api.get("/migrations/plan", async (context) => {
    const { first, last, to } = schema.planQuery.parse(context.req.query());
    return context.json(await migrations.previewMigration(plane, { range: [first, last], to }));
  });
  api.get(
    "/migrations/:id",
    (context) => context.json(migrations.getMigration(plane, context.req.param("id"))),
  );
  api.get("/proxies", async (context) => context.json(await proxies.listProxies(plane)));
  api.get("/settings", (context) => context.json(settings.getSettings(plane)));
  api.get("/rebalance", (context) => context.json(migrations.previewRebalance(plane)));
  api.get("/history", async (context) =>
    context.json(
      await history.listChanges(plane, schema.countParam.parse(context.req.query("count"))),
    ));
  api.get("/history/:epoch", async (context) =>
    context.json(
      await history.getTopologyAt(plane, param(context, "epoch", schema.epochParam)),
    ));
  api.get("/events", (context) =>
    sendEvents(context, news, {
      event: "overview",
      state: () => ({
        epoch: plane.store.topology.epoch,
        leader: plane.leader(),
        groups: groups.listGroups(plane),
        migrations: migrations.listMigrations(plane),
      }),
    }));
}

function addGroupChanges(api: Hono, plane: ControlPlane): void {
  api.post("/groups", async (context) => {
    const order = await body(context, schema.createGroupBody);
    return context.json(await groups.createGroup(plane, order, askerOf(context)), 201);
  });
  api.delete("/groups/:id", async (context) => {
    await groups.deleteGroup(plane, param(context, "id", schema.groupParam), askerOf(context));
    return context.json({});
  });
  api.post("/groups/:id/servers", async (context) => {
    const group = param(context, "id", schema.groupParam);
    const order = { group, ...await body(context, schema.createServerBody) };
    return context.json(await groups.createServer(plane, order, askerOf(context)), 201);
  });
  api.delete("/groups/:id/servers/:addr", async (context) => {
    const group = param(context, "id", schema.groupParam);
    const order = { group, addr: context.req.param("addr") };
    return context.json(await groups.deleteServer(plane, order, askerOf(context)));
  });
  api.put("/proxies/:id", async (context) => {
    const order = { id: context.req.param("id"), ...await body(context, schema.setProxyBody) };
    await proxies.setProxyWanted(plane, order, askerOf(context));
    return context.json({});
  });
}

function addSlotChanges(api: Hono, plane: ControlPlane): void {
  api.put("/slots", async (context) => {
    const order = await body(context, schema.setSlotsBody);
    return context.json(await slots.setSlots(plane, order, askerOf(context)));
  });
  api.post("/slots/init", async (context) => {
    const order = await body(context, schema.initSlotsBody);
    return context.json(await slots.initSlots(plane, order, askerOf(context)));
  });
  api.post("/migrations", async (context) => {
    const order = await body(context, schema.createMigrationBody);
    return context.json(await migrations.createMigration(plane, order, askerOf(context)), 201);
  });
  api.post(
    "/migrations/:id/pause",
    async (context) =>
      context.json(await migrations.pauseMigration(plane, context.req.param("id"))),
  );
  api.post(
    "/migrations/:id/resume",
    async (context) =>
      context.json(await migrations.resumeMigration(plane, context.req.param("id"))),
  );
  api.post(
    "/migrations/:id/cancel",
    async (context) =>
      context.json(await migrations.cancelMigration(plane, context.req.param("id"))),
  );
  api.post("/rebalance", async (context) => {
    const order = await body(context, schema.rebalanceBody);
    return context.json(await migrations.applyRebalance(plane, order, askerOf(context)), 201);
  });
}

function answerError(context: Context, error: unknown, log: Log): Response {
  const shown = shownError(error);
  if (shown.code === "internal") log("error", String((error as Error).stack ?? error));
  if (shown.code === "unauthorized") context.header("WWW-Authenticate", 'Basic realm="codis"');
  const status: ContentfulStatusCode = ERROR_STATUS[shown.code];
  return context.json(errorBody(shown), status);
}

async function body<T extends z.ZodType>(context: Context, shape: T): Promise<z.output<T>> {
  let value: unknown;
  try {
    value = await context.req.json();
  } catch (error) {
    if (error instanceof ManagerError) throw error;
    throw new ManagerError("invalid", `Cannot read the body as JSON: ${(error as Error).message}`);
  }
  return shape.parse(value);
}

function param<T extends z.ZodType>(context: Context, name: string, shape: T): z.output<T> {
  const parsed = shape.safeParse(context.req.param(name));
  if (parsed.success) return parsed.data;
  throw new ManagerError(
    "invalid",
    `Cannot use "${context.req.param(name)}" as ${name}: ${parsed.error.issues[0]!.message}`,
  );
}

/** What was done, and by whom: also what leaves no trace in the history. */
function auditLine(context: Context): string {
  return `${askerOf(context).actor}: ${context.req.method} ${context.req.path}`;
}

/** Who asks: the header says, the history keeps it. */
function askerOf(context: Context): Asker {
  // deno-lint-ignore no-control-regex -- what must not get into a log line
  const actor = (context.req.header("x-codis-actor") ?? "").replace(/[\x00-\x1f\x7f]/g, "");
  return { actor: actor.slice(0, ACTOR_LENGTH_MAX) || "api" };
}
