/**
 * What is stopped or killed in the midst of a migration goes on by itself when it is started again.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { KilledStart, makePlace, startArgs } from "./support/killed_start.ts";
import { sceneOfKills } from "./support/killing_scene.ts";
import { sceneOfStops } from "./support/moving_scenes.ts";
import { runToEnd } from "./support/programs.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);

Deno.test("no client can tell that the manager stops again and again in a migration", async () => {
  await sceneOfStops({ seed: SEED, ballast: 10_000, operationsMin: 10_000 });
});

Deno.test("after kill -9 in a migration everything goes on by itself", async () => {
  await sceneOfKills({ seed: SEED, kills: 3 });
});

Deno.test("a second start on the same directory or port fails, and the first does not notice", async () => {
  await using codis = await KilledStart.start(await makePlace());
  await codis.untilSettled();
  const { place } = codis;
  const other = await makePlace();
  const seconds = [
    [{ ...other, directory: place.directory }, "another process uses it"],
    [{ ...other, proxyPort: place.proxyPort }, `127.0.0.1:${place.proxyPort}`],
    [{ ...other, managerPort: place.managerPort }, `127.0.0.1:${place.managerPort}`],
    [{ ...other, serverPorts: place.serverPorts }, `127.0.0.1:${place.serverPorts[0]}`],
  ] as const;
  for (const [second, reason] of seconds) {
    assertStringIncludes(await failureOf(startArgs(second)), reason);
    await codis.requireServed(reason);
  }
  await codis.untilSettled();
  assertEquals(codis.stderr.split("\n").filter((line) => /level=(warn|error)/.test(line)), []);
  await Deno.remove(other.directory, { recursive: true });
});

Deno.test("a damaged data directory is named, with what to do, and left as it is", async () => {
  const place = await makePlace();
  const { directory, serverPorts } = place;
  const first = await KilledStart.start(place);
  await first.untilSettled();
  await first.stop();
  const damages = [
    [`${directory}/server-${serverPorts[1]}/fences.journal`, "Move it away only if"],
    [`${directory}/coordinator.db`, "Restore it from a backup"],
  ] as const;
  for (const [path, todo] of damages) {
    const whole = await Deno.readFile(path);
    const damaged = whole.slice().fill(0x21, 0, whole.length >> 1);
    await Deno.writeFile(path, damaged);
    const failure = await failureOf(startArgs(place));
    assertStringIncludes(failure, path);
    assertStringIncludes(failure, todo);
    assertEquals(await Deno.readFile(path), damaged);
    await Deno.writeFile(path, whole);
  }
  await using again = await KilledStart.start(place);
  await again.untilSettled();
  await again.requireServed("whole again");
});

/** What a `start` that cannot start says: one line, beside what its parts logged before. */
async function failureOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(args);
  assertEquals([code, stdout], [1, ""], stderr);
  const lines = stderr.trimEnd().split("\n").filter((line) => !line.startsWith("time="));
  assertEquals(lines.length, 1, stderr);
  return lines[0]!;
}
