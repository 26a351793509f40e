/**
 * The fence journal on a real disk.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { FENCE_JOURNAL_NAME, openJournal } from "../server/slots/fence_journal.ts";
import { FenceJournalError, type FenceRecord } from "../server/slots/fence_record.ts";

const RECORD: FenceRecord = {
  leaderEpoch: 1,
  slotEpoch: 1,
  state: "own",
  role: "none",
  purges: 0,
  slots: [7],
};

Deno.test("a journal on disk is found again, its torn tail is not, and it stays small", () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/${FENCE_JOURNAL_NAME}`;
  let journal = openJournal(`${directory}`, false);
  assertEquals(journal.memory.managed, false);
  const many = Array.from({ length: 100 }, (_, i) => ({ ...RECORD, slotEpoch: i + 1 }));
  for (let round = 0; round < 400; round++) journal.append(many);
  journal.close();
  assertEquals(Deno.statSync(path).size < 1 << 20, true);

  Deno.writeFileSync(path, new Uint8Array([0x31, 0x32]), { append: true });
  journal = openJournal(directory, false);
  assertEquals([journal.memory.managed, journal.memory.slotEpochs[7]], [true, 100]);
  journal.append([{ ...RECORD, slotEpoch: 101 }]);
  journal.close();

  const bytes = Deno.readFileSync(path);
  assertEquals(openedEpoch(directory), 101);
  bytes[20]! ^= 1;
  Deno.writeFileSync(path, bytes);
  assertThrows(() => openJournal(directory, false), FenceJournalError, path);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("a journal that cannot be shortened goes on, and is shortened when it can be", () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/${FENCE_JOURNAL_NAME}`;
  const journal = openJournal(directory, false);
  // What stands in the way of the new file stands for a full disk.
  Deno.mkdirSync(`${path}.new`);
  const slots = Array.from({ length: 512 }, (_, i) => 2 * i);
  const long = Array.from({ length: 600 }, (_, i) => ({ ...RECORD, slotEpoch: i + 1, slots }));
  journal.append(long);
  assertEquals(Deno.statSync(path).size > 1 << 20, true);
  journal.append([{ ...RECORD, slotEpoch: 601 }]);
  Deno.removeSync(`${path}.new`);
  journal.append([{ ...RECORD, slotEpoch: 602 }]);
  assertEquals(Deno.statSync(path).size < 1 << 20, true);
  journal.append([{ ...RECORD, slotEpoch: 603 }]);
  journal.close();
  assertEquals(openedEpoch(directory), 603);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("what a disk does not take was not said, and the next fence is whole", () => {
  const directory = Deno.makeTempDirSync();
  const journal = openJournal(directory, false);
  const { writeSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.writeSync = function (bytes) {
    writeSync.call(this, bytes.subarray(0, 5));
    throw new Error("No space left on device");
  };
  try {
    assertThrows(() => journal.append([RECORD]), FenceJournalError, "No space left");
  } finally {
    Deno.FsFile.prototype.writeSync = writeSync;
  }
  assertEquals(journal.memory.slotEpochs[7], 0);
  journal.append([{ ...RECORD, slotEpoch: 2 }]);
  journal.close();
  assertEquals(openedEpoch(directory), 2);
  Deno.removeSync(directory, { recursive: true });
});

function openedEpoch(directory: string): number {
  const journal = openJournal(directory, false);
  journal.close();
  return journal.memory.slotEpochs[7]!;
}
