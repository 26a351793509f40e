/**
 * The dashboard as a person meets it, in a real Chromium: every form, live progress, no script, other
 * sites. Nothing may be reported on the console: also what the content security policy refuses is.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type * as manager from "../manager/group_use_cases.ts";
import type { HistoryEntry } from "../manager/history_use_cases.ts";
import type { MigrationPlan, MigrationView } from "../manager/migration_use_cases.ts";
import type { SlotView } from "../manager/slot_use_cases.ts";
import type { StatsView } from "../manager/stats_sampler.ts";
import type * as ui from "../ui/api_answers.ts";
import { type StartedProgram, startProgram, startServerProgram } from "./support/programs.ts";
import { RespClient } from "./support/resp_client.ts";

const APPS = new URL("./apps/", import.meta.url).pathname;
const CHROMIUM = "/usr/bin/chromium";
const SCENE_TIMEOUT_MS = 180_000;
const KEYS = 5000;

/** The answers that the manager gives are those that the dashboard reads: checked when compiled. */
const READS: readonly [
  (answer: manager.GroupView) => ui.GroupView,
  (answer: MigrationView) => ui.MigrationView,
  (answer: MigrationPlan) => ui.MigrationPlan,
  (answer: SlotView) => ui.SlotView,
  (answer: StatsView) => ui.StatsView,
  (answer: HistoryEntry) => ui.HistoryEntry,
] = [same, same, same, same, same, same];

function same<T>(answer: T): T {
  return answer;
}

/** Plays a scene of `apps/dashboard_app.mjs`, and returns what was seen. */
async function play(
  scene: string,
  program: StartedProgram,
  server?: StartedProgram,
): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: [
      "dashboard_app.mjs",
      scene,
      /http:\/\/\S+:\d+/.exec(program.readyLine)![0],
      ...(server === undefined ? [] : [`127.0.0.1:${server.port}`]),
    ],
    cwd: APPS,
    stdin: "null",
    signal: AbortSignal.timeout(SCENE_TIMEOUT_MS),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`the scene "${scene}" ended with ${code}:\n${text(stderr)}`);
  return JSON.parse(text(stdout));
}

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "codis_dashboard_" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function requireChromium(): Promise<void> {
  const found = await Deno.stat(CHROMIUM).then(() => true, () => false);
  assert(found, `${CHROMIUM} is missing; as root: apt-get install chromium`);
}

Deno.test("what the dashboard reads is what the manager answers", () => {
  assertEquals(READS.length, 6);
});

Deno.test("a product is made from nothing at the dashboard", async () => {
  await requireChromium();
  await using directory = await temporaryDirectory();
  const coordinator = ["--coordinator", `embedded:${directory.path}`];
  await using program = await startProgram([
    "manager",
    ...[...coordinator, "--listen", "127.0.0.1:0"],
  ]);
  await using server = await startServerProgram(["--slots", "managed"]);
  assertEquals(await play("first", program, server), {
    before: "Clients meet errors: 2 problems.",
    said: [
      "The group was added. Give it a server next.",
      "The server was added.",
      "The slots were assigned.",
      "Every slot has an owner.",
    ],
    owners: ["group 1", "nobody"],
    faults: [],
  });
});

Deno.test("the dashboard of a running product", async (test) => {
  await requireChromium();
  const ports = ["--proxy-port", "0", "--manager-port", "0", "--server-ports", "0,0"];
  await using program = await startProgram(["start", "--memory", ...ports]);
  await using server = await startServerProgram(["--slots", "managed"]);
  {
    await using client = await RespClient.connect({ port: program.port });
    await client.pipeline(
      Array.from({ length: KEYS }, (_, index) => ["SET", `key:${index}`, `value-${index}`]),
    );
  }
  await test.step("every form does what its plan says, and progress is seen live", async () => {
    assertEquals(await play("forms", program, server), {
      said: [
        "The group was added. Give it a server next.",
        "The server was added.",
        "The migration was queued.",
        "The migration was queued.",
        "The migrations were queued.",
        "The migration was queued.",
        "The server was removed.",
        "The group was removed.",
        "The proxy is to be offline.",
        "The proxy is to be online.",
      ],
      isSame: true,
      removed: true,
      faults: [],
    });
    await using client = await RespClient.connect({ port: program.port });
    assertEquals((await client.pipeline([["DBSIZE"]]))[0], KEYS);
  });
  await test.step("what is typed wrong is named, and still there", async () => {
    assertEquals(await play("mistakes", program), {
      alert: "Last slot: want a whole number of 0 to 1023; found “5000”\n\n" +
        "To group: want one of those listed; found nothing",
      from: "7",
      to: "5000",
      taken: "Group: 1 is there already (there are groups 1, 2)",
      faults: [],
    });
  });
  await test.step("everything works without a script", async () => {
    assertEquals(await play("scriptless", program), {
      titles: [
        "Overview of default",
        "Groups",
        "Slots",
        "Slot 7",
        "Proxies",
        "Migrations",
        "History",
      ],
      cells: 1024,
      slot: "Slot 9",
      said: ["The group was added. Give it a server next.", "The group was removed."],
      faults: [],
    });
  });
  await test.step("a hidden page has no connection", async () => {
    assertEquals(await play("hidden", program), {
      whileHidden: { opened: 1, ended: 1, said: "paused" },
      again: { opened: 2, ended: 1 },
      faults: [],
    });
  });
  await test.step("other sites and other names are refused", async () => {
    assertEquals(await play("strangers", program), {
      posted: 403,
      named: 403,
      own: 200,
      hasGroup: false,
      faults: [],
    });
  });
  await test.step("the slot map is used by keyboard", async () => {
    assertEquals(await play("keyboard", program), {
      at: "s31",
      tip: "Slot 31: group 1",
      path: "/slots/31",
      faults: [],
    });
  });
  await test.step("no page has a fault of accessibility that a tool finds", async () => {
    assertEquals(await play("accessible", program), { found: [], faults: [] });
  });
});
