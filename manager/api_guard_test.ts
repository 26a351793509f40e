/**
 * Which requests may pass.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { allowedHosts, checkRequest } from "./api_guard.ts";
import { ManagerError } from "./manager_error.ts";

const HOST = "127.0.0.1:18087";
const JSON_TYPE = { "content-type": "application/json" };

Deno.test("reads pass under the manager's own names only", () => {
  assertEquals(verdict("GET", {}), "passes");
  assertEquals(verdict("GET", { host: "LOCALHOST:1" }), "passes");
  assertEquals(verdict("GET", { host: "codis.example" }), "passes");
  assertEquals(verdict("GET", { host: "evil.example" }), "forbidden");
  assertEquals(verdict("GET", { host: "" }), "forbidden");
});

Deno.test("changes pass as JSON from this site, or from no site", () => {
  assertEquals(verdict("POST", JSON_TYPE), "passes");
  assertEquals(verdict("POST", { "content-type": "application/json; charset=utf-8" }), "passes");
  assertEquals(verdict("POST", { ...JSON_TYPE, origin: `http://${HOST}` }), "passes");
  assertEquals(verdict("POST", { ...JSON_TYPE, "sec-fetch-site": "same-origin" }), "passes");
  assertEquals(verdict("POST", {}), "unsupported-media-type");
  assertEquals(verdict("DELETE", { "content-type": "text/plain" }), "unsupported-media-type");
  assertEquals(verdict("POST", { ...JSON_TYPE, origin: "null" }), "forbidden");
  assertEquals(verdict("POST", { ...JSON_TYPE, origin: "http://127.0.0.1:1" }), "forbidden");
  assertEquals(verdict("POST", { ...JSON_TYPE, "sec-fetch-site": "same-site" }), "forbidden");
});

Deno.test("a form passes to a page only, and only from a page of this manager", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const own = { ...form, origin: `http://${HOST}` };
  assertEquals(formVerdict("/groups/add", own), "passes");
  assertEquals(formVerdict("/groups/add", { ...form, "sec-fetch-site": "same-origin" }), "passes");
  assertEquals(formVerdict("/groups/add", form), "forbidden");
  assertEquals(formVerdict("/groups/add", { ...form, "sec-fetch-site": "none" }), "forbidden");
  assertEquals(formVerdict("/groups/add", { ...form, origin: "http://evil.example" }), "forbidden");
  assertEquals(formVerdict("/groups/add", { ...own, "sec-fetch-site": "cross-site" }), "forbidden");
  assertEquals(formVerdict("/api/v1/groups", own), "unsupported-media-type");
  const parts = { ...own, "content-type": "multipart/form-data" };
  assertEquals(formVerdict("/groups/add", parts), "unsupported-media-type");
});

Deno.test("a token is needed where there is one", () => {
  assertEquals(verdict("GET", {}, "secret"), "unauthorized");
  assertEquals(verdict("GET", { authorization: "Bearer secret" }, "secret"), "passes");
  assertEquals(verdict("GET", { authorization: "Bearer secretly" }, "secret"), "unauthorized");
  assertEquals(verdict("GET", { authorization: `Basic ${btoa("u:secret")}` }, "secret"), "passes");
  assertEquals(verdict("GET", { authorization: "Basic %%%" }, "secret"), "unauthorized");
});

function formVerdict(path: string, headers: Record<string, string>): string {
  return verdict("POST", headers, null, path);
}

function verdict(
  method: string,
  headers: Record<string, string>,
  token: string | null = null,
  path = "/api/v1/groups",
): string {
  const all = { host: HOST, ...headers };
  const request = new Request(`http://${HOST}${path}`, { method, headers: all });
  try {
    checkRequest(request, { hosts: allowedHosts("127.0.0.1", ["codis.example"]), token });
    return "passes";
  } catch (error) {
    if (error instanceof ManagerError) return error.code;
    throw error;
  }
}
