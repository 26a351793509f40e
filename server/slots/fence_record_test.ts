import { assertEquals, assertThrows } from "@std/assert";
import {
  emptyMemory,
  FenceJournalError,
  type FenceRecord,
  JOURNAL_HEAD,
  journalLine,
  readJournal,
  recordsOf,
  recordText,
} from "./fence_record.ts";

const GIVING: FenceRecord = {
  leaderEpoch: 3,
  slotEpoch: 12,
  state: "giving",
  role: "giver",
  purges: 0,
  slots: [3, 4, 5, 9],
};
const CLOSED: FenceRecord = {
  leaderEpoch: 4,
  slotEpoch: 14,
  state: "closed",
  role: "none",
  purges: 1,
  slots: [4, 5],
};

Deno.test("a journal gives back epochs, roles, purges and that the server is managed", () => {
  const { memory, byteCount } = readJournal(journalOf(GIVING, CLOSED), false);
  assertEquals(memory.managed, true);
  assertEquals(memory.leaderEpoch, 4);
  assertEquals([3, 4, 5, 9, 10].map((slot) => memory.slotEpochs[slot]), [12, 14, 14, 12, 0]);
  assertEquals([3, 4, 10].map((slot) => memory.roles[slot]), ["giver", "none", "none"]);
  assertEquals([3, 4].map((slot) => memory.purges[slot]), [0, 1]);
  assertEquals(byteCount, journalOf(GIVING, CLOSED).length);
});

Deno.test("an empty journal leaves the server as it was told to start", () => {
  assertEquals(readJournal(new Uint8Array(0), false), { memory: emptyMemory(false), byteCount: 0 });
  assertEquals(readJournal(journalOf(), true).memory, emptyMemory(true));
});

Deno.test("a record of no slots remembers the leader", () => {
  const { memory } = readJournal(journalOf({ ...GIVING, slots: [] }), false);
  assertEquals([memory.leaderEpoch, memory.managed, memory.slotEpochs[3]], [3, true, 0]);
});

Deno.test("a torn tail is left out, at whatever byte it was torn", () => {
  const whole = journalOf(GIVING);
  const torn = journalOf(GIVING, CLOSED);
  for (let length = whole.length; length < torn.length; length++) {
    assertEquals(readJournal(torn.subarray(0, length), false), readJournal(whole, false));
  }
});

Deno.test("a damaged middle is refused with its offset", () => {
  const bytes = journalOf(GIVING, CLOSED);
  const offset = journalLine(JOURNAL_HEAD).length;
  bytes[offset + 12]! ^= 1;
  assertThrows(() => readJournal(bytes, false), FenceJournalError, `damaged at byte ${offset}`);
});

Deno.test("compacting changes nothing that is remembered", () => {
  for (const journal of [journalOf(GIVING, CLOSED), journalOf({ ...GIVING, slots: [] })]) {
    const { memory } = readJournal(journal, false);
    assertEquals(readJournal(journalOf(...recordsOf(memory)), false).memory, memory);
  }
});

function journalOf(...records: readonly FenceRecord[]): Uint8Array {
  const lines = [journalLine(JOURNAL_HEAD), ...records.map(recordText).map(journalLine)];
  return new Uint8Array(lines.flatMap((line) => [...line]));
}
