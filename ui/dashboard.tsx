/**
 * The dashboard: pages drawn on the server from the REST API, and forms that give it orders.
 *
 * Invariant: a page needs no script, loads nothing from elsewhere, and runs nothing that is not a file
 * of this program.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { addActions } from "./actions/action_routes.tsx";
import { ACTIONS } from "./actions/actions.ts";
import type { HistoryEntry, SlotView } from "./api_answers.ts";
import { type Api, ApiError, ApiReader } from "./api_reader.ts";
import { assetOf, ASSETS_PATH } from "./assets.ts";
import { type Health, healthOf } from "./health.ts";
import { htmlAnswer } from "./html_answer.ts";
import { Page, type PagePath } from "./layout.tsx";
import { ErrorPage } from "./pages/error_page.tsx";
import { GroupsPage } from "./pages/groups_page.tsx";
import { HistoryPage } from "./pages/history_page.tsx";
import { MigrationsPage } from "./pages/migrations_page.tsx";
import { OverviewPage } from "./pages/overview_page.tsx";
import { ProxiesPage } from "./pages/proxies_page.tsx";
import { SlotPage } from "./pages/slot_page.tsx";
import { SlotsPage } from "./pages/slots_page.tsx";
import { type ProductView, readProduct } from "./product_view.ts";

/** What a browser may do with a page. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Not "no-referrer": with that a browser hides the origin of our own forms, too.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

const HISTORY_COUNT = 200;

/** What a page is drawn from. */
interface Scene {
  readonly api: ApiReader;
  readonly product: ProductView;
  readonly health: Health;
}

/** Draws what is between a page's head and its foot. */
type Content = (scene: Scene, context: Context) => JSX.Element | Promise<JSX.Element>;

/** Returns what answers a browser. `api` asks the REST API without a connection. */
export function dashboardOf(api: Api): (request: Request) => Promise<Response> {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  });
  app.onError((error, context) => answerError(context, error));
  app.notFound((context) => answerError(context, notFound(context.req.path)));
  app.get(`${ASSETS_PATH}/:name`, answerAsset);
  addActions(app, api);
  addPages(app, api);
  return async (request) => await app.fetch(request);
}

function addPages(app: Hono, api: Api): void {
  const page = (
    path: string,
    named: { readonly title: string; readonly section: PagePath },
    content: Content,
  ) => app.get(path, (context) => answerPage(context, { api, ...named, content }));

  page("/", { title: "Overview", section: "/" }, OverviewPage);
  page("/groups", { title: "Groups", section: "/groups" }, GroupsPage);
  page("/proxies", { title: "Proxies", section: "/proxies" }, ProxiesPage);
  page("/migrations", { title: "Migrations", section: "/migrations" }, MigrationsPage);
  page("/history", { title: "History", section: "/history" }, async (scene) => {
    const entries = await scene.api.get<HistoryEntry[]>(`/history?count=${HISTORY_COUNT}`);
    return HistoryPage({ entries });
  });
  app.get("/slots", async (context, next) => {
    // Where the form "go to a slot" leads.
    const slot = context.req.query("slot");
    if (slot === undefined) return await next();
    return context.redirect(`/slots/${encodeURIComponent(slot.trim())}`, 303);
  });
  page("/slots", { title: "Slots", section: "/slots" }, SlotsPage);
  page("/slots/:slot", { title: "Slot", section: "/slots" }, async (scene, context) => {
    const slot = encodeURIComponent(context.req.param("slot") ?? "");
    return SlotPage({ ...scene, view: await scene.api.get<SlotView>(`/slots/${slot}`) });
  });
}

async function answerPage(
  context: Context,
  page: {
    readonly api: Api;
    readonly title: string;
    readonly section: PagePath;
    readonly content: Content;
  },
): Promise<Response> {
  const api = new ApiReader(page.api, context.req.raw);
  const product = await readProduct(api);
  const health = healthOf(product);
  const content = await page.content({ api, product, health }, context);
  const done = ACTIONS.find(({ id }) => id === context.req.query("done"))?.done;
  return await htmlAnswer(
    context,
    <Page
      title={page.title}
      section={page.section}
      product={product}
      health={health}
      notice={done}
    >
      {content}
    </Page>,
  );
}

function answerAsset(context: Context): Response {
  const asset = assetOf(context.req.param("name") ?? "");
  if (asset === undefined) throw notFound(context.req.path);
  return context.body(asset.text, 200, {
    "content-type": asset.type,
    "cache-control": "public, max-age=31536000, immutable",
  });
}

/** Errors of the API are told to the reader; what nobody expected is for whoever runs the manager. */
async function answerError(context: Context, error: Error): Promise<Response> {
  if (!(error instanceof ApiError)) throw error;
  return await htmlAnswer(context, <ErrorPage error={error} />, error.status);
}

function notFound(path: string): ApiError {
  return new ApiError(404, `Cannot find ${path}: there is no such page`, null);
}
