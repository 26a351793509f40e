import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { dumpValue, isDumpPayload, restoreValue } from "./dump_payload.ts";
import { RdbOutput } from "./rdb_output.ts";
import { BAD_VALUE } from "./value_codec.ts";

const encoder = new TextEncoder();
const KEY = encoder.encode("key");

function payloadOf(value: Uint8Array): Uint8Array {
  const keyspace = new Keyspace({ segmentBytes: 2 ** 24 });
  const ref = keyspace.database(0).setString(KEY, 0, KEY.length, value, 0, value.length, 0);
  const output = new RdbOutput();
  dumpValue(keyspace.records, ref, output);
  return output.bytes.slice(0, output.length);
}

/** Restores into a key that has a value already; returns what it has then and what restoreValue() did. */
function restore(payload: Uint8Array): { result: "stored" | "refused"; value: string } {
  const keyspace = new Keyspace({ segmentBytes: 2 ** 24 });
  const database = keyspace.database(0);
  const old = encoder.encode("old");
  database.setString(KEY, 0, KEY.length, old, 0, old.length, 0);
  database.find(KEY, 0, KEY.length);
  const restored = restoreValue(database, payload, 0, payload.length, 0);
  const ref = database.find(KEY, 0, KEY.length);
  const { records } = keyspace;
  const start = records.valueStart(ref);
  return {
    result: restored === BAD_VALUE ? "refused" : "stored",
    value: new TextDecoder().decode(
      records.bytes(ref).subarray(start, start + records.valueLength(ref)),
    ),
  };
}

Deno.test("dumpValue() writes the bytes of redis-server", () => {
  const cases: [value: string, payload: string][] = [
    ["1", "00c0010a002678e7b6d10111fc"],
    ["text", "0004746578740a007cf3266dcab5a531"],
    ["-129", "00c17fff0a001760822854808480"],
    ["70000", "00c2701101000a0001a408fe953095a5"],
    [
      "hello hello hello hello!",
      "00c30e180668656c6c6f2068e00605016f210a00331612f833b65f37",
    ],
  ];
  for (const [value, payload] of cases) {
    assertEquals([value, payloadOf(encoder.encode(value)).toHex()], [value, payload]);
  }
});

Deno.test("restoreValue() gives back what dumpValue() took", () => {
  const texts = ["", "0", "-128", "32767", "-2147483648", "2147483648", "text", "ab".repeat(5000)];
  for (const text of texts) {
    const payload = payloadOf(encoder.encode(text));

    assertEquals(isDumpPayload(payload, 0, payload.length), true);
    assertEquals(restore(payload), { result: "stored", value: text });
  }
});

Deno.test("restoreValue() of damaged bytes refuses and leaves the key, or stores a string", () => {
  const random = new SeededRandom();
  for (let round = 0; round < 300; round++) {
    const payload = payloadOf(random.bytes(random.below(60), encoder.encode("ab")));
    for (let i = 0; i < 3; i++) payload[random.below(payload.length)] = random.below(256);
    const { result, value } = restore(payload);

    if (result === "refused") assertEquals(value, "old", `seed ${random.seed}`);
  }
});
