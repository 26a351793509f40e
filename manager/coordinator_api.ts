/**
 * The manager's own coordinator over HTTP, for programs that have no other: the routes that
 * `core/coordinator/http_protocol.ts` lists.
 *
 * Invariant: nothing outside of this manager's product is read or written.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { z } from "zod";
import { ConflictError } from "../core/coordinator/coordinator_error.ts";
import {
  ATTACHMENT_HEADER,
  type ConflictBody,
  NEWS_PER_TTL,
  type NewsEvent,
  type SessionGrant,
} from "../core/coordinator/http_protocol.ts";
import { productRoots } from "../core/coordinator/paths.ts";
import { errorBody, shownError } from "./api_errors.ts";
import type { CoordinatorSessions, GuestSession } from "./coordinator_sessions.ts";
import { ManagerError } from "./manager_error.ts";

/** How many places one program may watch. */
const WATCHED_MAX = 100;

const beginBody = z.strictObject({ ttlMs: z.int().min(1) });
const createBody = z.strictObject({ path: z.string(), data: z.string() });
const putBody = z.strictObject({ path: z.string(), data: z.string(), version: z.int().min(0) });
const deleteBody = z.strictObject({ path: z.string(), version: z.int().min(0) });
const attachmentHeader = z.coerce.number<string>().pipe(z.int().min(0));

/** Options of {@linkcode coordinatorApi}. */
export interface CoordinatorApiOptions {
  /** The product whose nodes may be used. */
  readonly product: string;
  /** Null if the coordinator is somewhere else, so that others can use it themselves. */
  readonly sessions: CoordinatorSessions | null;
}

/** Returns the routes. */
export function coordinatorApi({ product, sessions }: CoordinatorApiOptions): Hono {
  const api = new Hono();
  if (sessions === null) {
    api.all("*", () => {
      throw new ManagerError(
        "not-found",
        "Cannot serve a coordinator: this manager has none of its own",
        "Use the coordinator that the manager itself uses",
      );
    });
    return api;
  }
  const inProduct = productCheck(product);
  addSessions(api, sessions);
  addNodes(api, sessions, inProduct);
  api.get("/sessions/:id/news", (context) => {
    const guest = guestOf(context, sessions);
    const paths = context.req.queries("path") ?? [];
    if (paths.length > WATCHED_MAX) {
      throw new ManagerError("invalid", `Cannot watch ${paths.length} places: want ${WATCHED_MAX}`);
    }
    const position = context.req.header("last-event-id") ?? "";
    return sendNews(context, { sessions, guest, paths: paths.map(inProduct), position });
  });
  return api;
}

function addSessions(api: Hono, sessions: CoordinatorSessions): void {
  api.post("/sessions", async (context) => {
    // Read first: what changes between this and the grant is told, too.
    const { position } = sessions.news;
    const { id, ttlMs } = sessions.begin(beginBody.parse(await context.req.json()));
    return context.json({ id, ttlMs, position } satisfies SessionGrant, 201);
  });
  api.post("/sessions/:id/heartbeat", (context) => {
    guestOf(context, sessions);
    return context.json({});
  });
  api.delete("/sessions/:id", async (context) => {
    await sessions.end(guestOf(context, sessions));
    return context.json({});
  });
}

function addNodes(
  api: Hono,
  sessions: CoordinatorSessions,
  inProduct: (path: string) => string,
): void {
  const local = (context: Context) => guestOf(context, sessions).local;
  const place = (context: Context) => inProduct(context.req.query("path") ?? "");
  api.get(
    "/sessions/:id/node",
    async (context) => context.json({ node: await local(context).get(place(context)) }),
  );
  api.get(
    "/sessions/:id/children",
    async (context) => context.json({ names: await local(context).list(place(context)) }),
  );
  api.post("/sessions/:id/node", async (context) => {
    const { path, data } = createBody.parse(await context.req.json());
    return await written(context, () => local(context).createIfAbsent(inProduct(path), data));
  });
  api.put("/sessions/:id/node", async (context) => {
    const { path, data, version } = putBody.parse(await context.req.json());
    return await written(
      context,
      () => local(context).putIfVersion(inProduct(path), data, { version }),
    );
  });
  api.delete("/sessions/:id/node", async (context) => {
    const { path, version } = deleteBody.parse(await context.req.json());
    return await written(
      context,
      () => local(context).deleteIfVersion(inProduct(path), { version }),
    );
  });
  api.put("/sessions/:id/ephemeral", async (context) => {
    const { path, data } = createBody.parse(await context.req.json());
    return await written(context, () => local(context).putEphemeral(inProduct(path), data));
  });
}

/** Answers with what was written, or with what was found instead. */
async function written(context: Context, write: () => Promise<unknown>): Promise<Response> {
  try {
    return context.json({ node: await write() ?? null });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const { expected, actual, owner } = error;
    const conflict: ConflictBody = { expected, actual, owner };
    return context.json({ ...errorBody(shownError(error)), conflict }, 409);
  }
}

/** Sends what changed since a position, now and whenever more has changed. */
function sendNews(
  context: Context,
  asked: {
    readonly sessions: CoordinatorSessions;
    readonly guest: GuestSession;
    readonly paths: readonly string[];
    readonly position: string;
  },
): Response {
  const { sessions, guest, paths } = asked;
  const { news } = sessions;
  guest.stream.abort();
  const stream = guest.stream = new AbortController();
  const { signal } = stream;
  return streamSSE(context, async (output) => {
    output.onAbort(() => stream.abort());
    const bell = news.join();
    let { position } = asked;
    try {
      for (let first = true; !signal.aborted; first = false) {
        const changes = news.since(position, paths);
        const silent = first || changes.position === position;
        position = changes.position;
        if (changes.paths === null) await writeNews(output, "missed", { position });
        else if (changes.paths.length > 0) {
          await writeNews(output, "changed", { position, data: JSON.stringify(changes.paths) });
        } else if (silent) await writeNews(output, "still", { position });
        await bell.wait(signal, guest.record.ttlMs / NEWS_PER_TTL);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      news.leave(bell);
    }
  });
}

function writeNews(
  output: SSEStreamingApi,
  event: NewsEvent,
  { position, data = "" }: { readonly position: string; readonly data?: string },
): Promise<void> {
  return output.writeSSE({ event, data, id: position });
}

/** The session that a request belongs to; the request shows that its program lives. */
function guestOf(context: Context, sessions: CoordinatorSessions): GuestSession {
  const attachment = attachmentHeader.parse(context.req.header(ATTACHMENT_HEADER) ?? "0");
  return sessions.use(context.req.param("id")!, attachment);
}

/** Returns what lets only paths of the product pass. */
function productCheck(product: string): (path: string) => string {
  const roots = productRoots(product);
  return (path) => {
    if (roots.some((root) => path === root || path.startsWith(`${root}/`))) return path;
    throw new ManagerError(
      "forbidden",
      `Cannot use "${path}": this manager serves product "${product}" alone`,
      "Name the product with --product",
    );
  };
}
