/**
 * Pages and forms over a REST API that is a table.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SAMPLE_MIGRATION, sampleProduct } from "../tests/support/sample_product.ts";
import { ACTIONS } from "./actions/actions.ts";
import { dashboardOf } from "./dashboard.tsx";
import { PAGES } from "./layout.tsx";

const ORIGIN = "http://127.0.0.1:18087";

/** What the API was asked, other than by GET. */
type Asked = { readonly what: string; readonly body: unknown; readonly actor: string | null }[];

Deno.test("every page is whole, safe to show, and leads to all others", async () => {
  for (const { path } of PAGES) {
    const { response, text } = await visit(path);
    assertEquals([path, response.status], [path, 200]);
    assert(text.startsWith("<!DOCTYPE html><html"), text.slice(0, 100));
    const policy = response.headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'; style-src 'self'");
    assert(!/<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:/.test(text), `${path}: inline`);
    for (const other of PAGES) assertStringIncludes(text, `<a href="${other.path}"`);
    for (const action of ACTIONS) assertStringIncludes(text, `<a href="${action.path}">`);
  }
});

Deno.test("what comes from outside is shown as text", async () => {
  const migration = { ...SAMPLE_MIGRATION, actor: `<img src=x onerror="alert(1)">` };
  const { text } = await visit("/migrations", { answers: { "/migrations": [migration] } });
  assertStringIncludes(text, "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
});

Deno.test("a migration under way shows how far it is, and what can be done", async () => {
  const { text } = await visit("/migrations", { answers: { "/migrations": [SAMPLE_MIGRATION] } });
  assertStringIncludes(text, '<progress max="100" value="50"');
  assertStringIncludes(text, "<dt>Time left</dt><dd>5.0 s</dd>");
  assertStringIncludes(text, 'href="/migrations/cancel?id=m-1"');
});

Deno.test("a plan is shown with the commands that do the same, and nothing is done", async () => {
  const asked: Asked = [];
  const { text } = await visit("/groups/add?group=3&kind=codis-server", { asked });
  assertStringIncludes(text, "Group 3 is added, without servers and slots.");
  assertStringIncludes(text, "deno task manager server add-group 3");
  assertStringIncludes(text, "curl http://127.0.0.1:18087/api/v1/groups");
  assertEquals(asked, []);
});

Deno.test("a confirmed plan gives the order in its reader's name, and leads on", async () => {
  const asked: Asked = [];
  const { response } = await submit("/groups/add", { group: "3", kind: "stock" }, asked);
  assertEquals(
    [response.status, response.headers.get("location")],
    [303, "/groups?done=add-group"],
  );
  assertEquals(asked, [
    { what: "POST /groups", body: { id: 3, kind: "stock" }, actor: "dashboard: ann" },
  ]);
});

Deno.test("what is typed wrong is named, kept, and not ordered", async () => {
  const asked: Asked = [];
  const typed = { from: "9", to: "3", group: "1", delay: "<x>" };
  const { response, text } = await submit("/migrations/start", typed, asked);
  assertEquals([response.status, asked], [409, []]);
  assertStringIncludes(text, "Delay, milliseconds: want a whole number of 0 to 3600000; found");
  assertStringIncludes(text, 'value="&lt;x&gt;"');
});

Deno.test("an order that is refused is told with the plan as it is now", async () => {
  const { response, text } = await submit("/groups/add", { group: "4", kind: "stock" }, [], {
    status: 409,
    body: { error: { code: "conflict", message: "Cannot add group 4: no", hint: "Look again" } },
  });
  assertEquals(response.status, 409);
  assertStringIncludes(text, "<p>Cannot add group 4: no</p>");
  assertStringIncludes(text, "Look again");
  assertStringIncludes(text, "Add the group</button>");
});

Deno.test("a rebalance is confirmed for the topology that was looked at", async () => {
  const asked: Asked = [];
  const plan = { moves: [{ range: [0, 9], from: 1, to: 2 }], before: { 1: 20 }, after: { 1: 10 } };
  const { text } = await visit("/migrations/rebalance", { answers: { "/rebalance": plan } });
  assertStringIncludes(text, '<input type="hidden" name="epoch" value="7"');
  await submit("/migrations/rebalance", { delay: "0", epoch: "7" }, asked);
  assertEquals(asked.map(({ body }) => body), [{ delayMs: 0, epoch: 7 }]);
});

Deno.test("what there is not is a page that says so", async () => {
  const { response, text } = await visit("/nothing");
  assertEquals(response.status, 404);
  assertStringIncludes(text, "Cannot find /nothing: there is no such page");
});

Deno.test("assets may be kept for ever: their address changes with them", async () => {
  const { text } = await visit("/");
  const path = /\/assets\/live\.js\?v=[0-9a-f]+/.exec(text)![0];
  const { response } = await visit(path);
  assertEquals(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  assertStringIncludes(response.headers.get("cache-control") ?? "", "immutable");
});

async function visit(
  path: string,
  options: { answers?: Record<string, unknown>; asked?: Asked; request?: RequestInit } = {},
): Promise<{ response: Response; text: string }> {
  const { answers = {}, asked = [], request = {} } = options;
  const headers = new Headers(request.headers);
  headers.set("host", "127.0.0.1:18087");
  const serve = dashboardOf((request) => answerApi(request, answers, asked));
  const response = await serve(new Request(`${ORIGIN}${path}`, { ...request, headers }));
  return { response, text: await response.text() };
}

function submit(
  path: string,
  values: Record<string, string>,
  asked: Asked,
  refusal?: { readonly status: number; readonly body: unknown },
): Promise<{ response: Response; text: string }> {
  return visit(path, {
    asked,
    answers: refusal === undefined ? {} : { refusal },
    request: {
      method: "POST",
      headers: { authorization: `Basic ${btoa("ann:secret")}` },
      body: new URLSearchParams(values),
    },
  });
}

async function answerApi(
  request: Request,
  answers: Record<string, unknown>,
  asked: Asked,
): Promise<Response> {
  const path = new URL(request.url).pathname.replace("/api/v1", "");
  if (request.method !== "GET") {
    const actor = request.headers.get("x-codis-actor");
    asked.push({ what: `${request.method} ${path}`, body: await request.json(), actor });
    const { status = 200, body = {} } = (answers["refusal"] ?? {}) as Record<string, never>;
    return Response.json(body, { status });
  }
  const { status, groups, ranges, migrations, stats } = sampleProduct();
  const table: Record<string, unknown> = {
    "/status": status,
    "/groups": groups,
    "/slots": ranges,
    "/migrations": migrations,
    "/stats": stats,
    "/history": [],
    "/rebalance": { moves: [], before: {}, after: {} },
    ...answers,
  };
  return Response.json(table[path] ?? {});
}
