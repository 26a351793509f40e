import { assertEquals } from "@std/assert";
import { encodeRequest } from "../../core/resp/encode_request.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { dumpValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import { hash } from "./hash_set.ts";
import { TransferWriter, unitOf } from "./transfer.ts";

const encoder = new TextEncoder();

Deno.test("a transfer is one request, and knows where its keys are", () => {
  const keyspace = new Keyspace({ maxBytes: 1 << 20 });
  const refs = [["{t}one", "1", 0], ["{t}two", "x".repeat(300), 1_900_000_000_123]] as const;
  const database = keyspace.database(0);
  const made = refs.map(([key, value, expireAtMs]) => {
    const k = encoder.encode(key);
    const v = encoder.encode(value);
    return database.setString(k, 0, k.length, v, 0, v.length, expireAtMs);
  });
  const name = { slot: 17, slotEpoch: 1234567, seq: 10 };
  const transfer = new TransferWriter(keyspace.records).write(name, made);
  const payloads = made.map((ref) => {
    const output = new RdbOutput(4096);
    dumpValue(keyspace.records, ref, output);
    return output.bytes.slice(0, output.length);
  });
  assertEquals(
    transfer.frame,
    encodeRequest([
      "SLOTSRESTORE-SEQ",
      17,
      1234567,
      10,
      "{t}one",
      0,
      payloads[0]!,
      "{t}two",
      1_900_000_000_123,
      payloads[1]!,
    ]),
  );
  const text = (i: number) =>
    new TextDecoder().decode(
      transfer.frame.subarray(transfer.keys[2 * i], transfer.keys[2 * i + 1]),
    );
  assertEquals([text(0), text(1)], ["{t}one", "{t}two"]);
});

Deno.test("keys of one tag move together; a key that reads like the tag moves alone", () => {
  assertEquals(unit("{t}one"), unit("two{t}"));
  const units = ["{t}one", "t", "{t", "{u}one"].map(unit);
  assertEquals(new Set(units).size, 4);
});

function unit(key: string): string {
  const bytes = encoder.encode(key);
  unitOf(bytes, 0, bytes.length, "hash-empty");
  return `${hash.low} ${hash.high}`;
}
