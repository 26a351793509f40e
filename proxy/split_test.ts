import { assertEquals } from "@std/assert";
import { commandId } from "../core/commands/table.ts";
import { encodeRequest } from "../core/resp/encode_request.ts";
import { REQUEST_READY, RequestParser } from "../core/resp/request_parser.ts";
import { slotOf } from "../core/slots.ts";
import { PartEncoder, planSplit } from "./split.ts";

const encoder = new TextEncoder();

function slotOfText(key: string): number {
  const bytes = encoder.encode(key);
  return slotOf(bytes, 0, bytes.length, "hash-empty");
}

function parse(words: readonly string[]): RequestParser {
  const parser = new RequestParser();
  const bytes = encodeRequest(words);
  assertEquals(parser.parse(bytes, 0, bytes.length), REQUEST_READY);
  return parser;
}

/** The parts as text, with each key of the tags `a` and `b` at a server of that name. */
function partsOf(words: readonly string[], serverOf: (slot: number) => string | undefined) {
  const id = commandId(words[0]!);
  const parser = parse(words);
  const plan = planSplit(id, parser, "hash-empty", serverOf);
  if (plan === undefined) return undefined;
  const encoder = new PartEncoder();
  return plan.groups.map((group, index) => {
    encoder.encode(id, parser, plan, index);
    const part = new RequestParser();
    assertEquals(part.parse(encoder.bytes, 0, encoder.length), REQUEST_READY);
    const decoder = new TextDecoder();
    const texts = Array.from(
      { length: part.argumentCount },
      (_, at) => decoder.decode(encoder.bytes.subarray(part.args[2 * at]!, part.args[2 * at + 1]!)),
    );
    return { target: group.target, words: texts };
  });
}

const A = slotOfText("{a}");
const B = slotOfText("{b}");
const byTag = (slot: number) => slot === A ? "first" : slot === B ? "second" : "third";

Deno.test("keys of one server share a part, in their order", () => {
  assertEquals(partsOf(["MGET", "{a}1", "{b}1", "{a}2", "{c}", "{a}3"], byTag), [
    { target: "first", words: ["MGET", "{a}1", "{a}2", "{a}3"] },
    { target: "second", words: ["MGET", "{b}1"] },
    { target: "third", words: ["MGET", "{c}"] },
  ]);
});

Deno.test("slots of one server share a part", () => {
  assertEquals(partsOf(["DEL", "{a}1", "{b}1", "{c}1"], () => "only"), [
    { target: "only", words: ["DEL", "{a}1", "{b}1", "{c}1"] },
  ]);
});

Deno.test("a value stays behind its key", () => {
  assertEquals(partsOf(["MSET", "{a}1", "x", "{b}1", "y", "{a}1", "z"], byTag), [
    { target: "first", words: ["MSET", "{a}1", "x", "{a}1", "z"] },
    { target: "second", words: ["MSET", "{b}1", "y"] },
  ]);
});

Deno.test("a slot without a target is a part of its own", () => {
  assertEquals(partsOf(["DEL", "{a}1", "{b}1", "{a}2"], () => undefined), [
    { target: undefined, words: ["DEL", "{a}1", "{a}2"] },
    { target: undefined, words: ["DEL", "{b}1"] },
  ]);
});

Deno.test("a key without its value is refused", () => {
  assertEquals(partsOf(["MSET", "{a}1", "x", "{b}1"], byTag), undefined);
});

Deno.test("a plan names the group of each key and the slots of each group", () => {
  const plan = planSplit(
    commandId("exists"),
    parse(["EXISTS", "{a}1", "{b}1", "{a}1"]),
    "hash-empty",
    byTag,
  )!;
  assertEquals([...plan.groupOfKey], [0, 1, 0]);
  assertEquals(plan.groups.map(({ slots, keyCount }) => ({ slots, keyCount })), [
    { slots: [A], keyCount: 2 },
    { slots: [B], keyCount: 1 },
  ]);
});
