import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { SAMPLE_CHANGE, sampleTopology } from "../../tests/support/sample_topology.ts";
import { changeSettings } from "./edit_settings.ts";
import { emptyTopology, TopologyError } from "./topology.ts";

Deno.test("settings change in a new document, and what is so already in none", () => {
  const empty = emptyTopology(SAMPLE_CHANGE);
  const changed = changeSettings(
    empty,
    { emptyTag: "hash-key", redirectTimeoutMs: 100 },
    SAMPLE_CHANGE,
  );
  assertEquals(
    [changed.epoch, changed.settings],
    [empty.epoch + 1, { emptyTag: "hash-key", redirectTimeoutMs: 100 }],
  );
  assertStrictEquals(changeSettings(changed, { redirectTimeoutMs: 100 }, SAMPLE_CHANGE), changed);
});

Deno.test("the rule of empty tags stays while a group owns a slot, other settings do not", () => {
  const topology = sampleTopology();
  assertThrows(
    () => changeSettings(topology, { emptyTag: "hash-key" }, SAMPLE_CHANGE),
    TopologyError,
    "Cannot set emptyTag to hash-key: groups own slots 0-3",
  );
  const { settings } = changeSettings(topology, { redirectTimeoutMs: 0 }, SAMPLE_CHANGE);
  assertEquals(settings, { emptyTag: "hash-empty", redirectTimeoutMs: 0 });
});

Deno.test("a time that no proxy could keep is refused", () => {
  for (const redirectTimeoutMs of [-1, 1.5, 600_001]) {
    assertThrows(
      () => changeSettings(sampleTopology(), { redirectTimeoutMs }, SAMPLE_CHANGE),
      TopologyError,
      `Cannot set redirectTimeoutMs to ${redirectTimeoutMs}: want 0 to 600000`,
    );
  }
});
