/**
 * Small histories written by hand, each with one thing that is wrong, or that only looks wrong: what
 * the checker itself is tested with. Invariant: each name completes the sentence "the checker
 * refuses …", or "accepts …".
 *
 * @module
 */

import { History } from "./history.ts";
import { type Reply, ReplyError } from "./resp_client_reader.ts";

/** A history written by hand, on a clock set by hand. */
export class Script {
  /** The time of what comes next, in milliseconds. */
  nowMs = 0;
  /** What was written so far. */
  readonly history = new History(() => this.nowMs);

  /** A command that returned before anything else happened. */
  did(client: number, words: string, reply: Reply): void {
    this.history.end(this.begin(client, words), reply);
  }

  /** A command that is still open. */
  begin(client: number, words: string): number {
    return this.history.begin(client, words.split(" "));
  }

  /** Ends an open command. */
  end(id: number, reply: Reply): void {
    this.history.end(id, reply);
  }
}

/** A history by name. */
export type Scene = (script: Script) => void;

/** Histories that no correct product could have produced. */
export const WRONG_SCENES: Readonly<Record<string, Scene>> = {
  "an acknowledged write that was lost": (s) => {
    s.did(1, "SET register:1 a", "OK");
    s.did(2, "GET register:1", null);
  },
  "an increment that was lost": (s) => {
    s.did(1, "INCR counter:1", 1);
    s.did(2, "INCR counter:1", 2);
    s.did(1, "INCR counter:1", 2);
  },
  "an increment that was done twice": (s) => {
    s.did(1, "INCR counter:1", 1);
    s.did(2, "INCR counter:1", 3);
  },
  "an unknown increment that was done twice": (s) => {
    s.begin(1, "INCR counter:1");
    s.did(2, "GET counter:1", "2");
  },
  "a stale read after an acknowledged write": (s) => {
    s.did(1, "SET register:1 old", "OK");
    s.did(1, "SET register:1 new", "OK");
    s.did(2, "GET register:1", "old");
  },
  "a read that goes back behind another client's read": (s) => {
    s.did(1, "SET register:1 old", "OK");
    const write = s.begin(1, "SET register:1 new");
    s.did(2, "GET register:1", "new");
    s.did(3, "GET register:1", "old");
    s.end(write, "OK");
  },
  "a deleted key that came back": (s) => {
    s.did(1, "SET register:1 a", "OK");
    s.did(1, "DEL register:1", 1);
    s.did(2, "GET register:1", "a");
  },
  "an unknown write that took effect, was deleted, and came back": (s) => {
    s.begin(1, "SET register:1 a");
    s.did(2, "GETDEL register:1", "a");
    s.did(3, "GET register:1", "a");
  },
  "two commands of one connection that took effect in the other order": (s) => {
    const first = s.begin(1, "SET register:1 first");
    const second = s.begin(1, "SET register:1 second");
    s.end(first, "OK");
    s.end(second, "OK");
    s.did(2, "GET register:1", "first");
  },
  "replies of one pipeline in a wrong order": (s) => {
    const first = s.begin(1, "ECHO one");
    const second = s.begin(1, "ECHO two");
    s.end(first, "two");
    s.end(second, "one");
  },
  "a pipeline on one key whose replies are exchanged": (s) => {
    const write = s.begin(1, "SET register:1 a");
    const read = s.begin(1, "GET register:1");
    s.end(write, "a");
    s.end(read, "OK");
  },
  "half an MSET on one tag": (s) => {
    s.did(1, "MSET pair:{1}:a x pair:{1}:b x", "OK");
    const write = s.begin(1, "MSET pair:{1}:a y pair:{1}:b y");
    s.did(2, "MGET pair:{1}:a pair:{1}:b", ["y", "x"]);
    s.end(write, "OK");
  },
  "half an unknown MSET on one tag": (s) => {
    s.begin(1, "MSET pair:{1}:a x pair:{1}:b x");
    s.did(2, "MGET pair:{1}:a pair:{1}:b", [null, "x"]);
  },
  "a lost part of an MSET over slots": (s) => {
    s.did(1, "MSET register:1 x register:2 y", "OK");
    s.did(2, "MGET register:1 register:2", ["x", null]);
  },
  "an MGET with a reply too few": (s) => {
    s.did(2, "MGET register:1 register:2", [null]);
  },
  "a time to live that was lost": (s) => {
    s.did(1, "SET expiring:1 a PX 1000", "OK");
    s.did(2, "PTTL expiring:1", -1);
  },
  "a time to live that began anew": (s) => {
    s.did(1, "SET expiring:1 a PX 1000", "OK");
    s.nowMs = 500;
    s.did(2, "PTTL expiring:1", 1000);
  },
  "an expired key that is read": (s) => {
    s.did(1, "SET expiring:1 a EX 1", "OK");
    s.nowMs = 1100;
    s.did(2, "GET expiring:1", "a");
  },
  "a key that expired too early": (s) => {
    s.did(1, "SET expiring:1 a PX 1000", "OK");
    s.nowMs = 800;
    s.did(2, "GET expiring:1", null);
  },
  "a persisted key that expired": (s) => {
    s.did(1, "SET expiring:1 a PX 1000", "OK");
    s.did(1, "PERSIST expiring:1", 1);
    s.nowMs = 5000;
    s.did(2, "GET expiring:1", null);
  },
  "a value that nobody wrote": (s) => {
    s.did(1, "SET register:1 a", "OK");
    s.did(2, "GET register:1", "b");
  },
  "a value that a refused command wrote": (s) => {
    s.history.refuse(s.begin(1, "SET register:1 a"));
    s.did(2, "GET register:1", "a");
  },
  "a text read again after its deletion, among many unknown writes": (s) => {
    for (let i = 0; i < 30; i++) s.begin(i, `SET register:1 t${i}`);
    s.did(99, "GETDEL register:1", "t4");
    s.did(99, "GET register:1", "t4");
  },
  "a token that was appended twice": (s) => {
    s.begin(1, "APPEND append:1 a;");
    s.did(2, "GET append:1", "a;a;");
  },
  "an acknowledged token that is missing": (s) => {
    s.did(1, "APPEND append:1 a;", 2);
    s.did(1, "APPEND append:1 b;", 4);
    s.did(2, "GET append:1", "b;");
  },
  "a length that leaves out an appended token": (s) => {
    s.did(1, "APPEND append:1 a;", 2);
    s.did(2, "APPEND append:1 b;", 2);
  },
  "two SETNX that both won": (s) => {
    const first = s.begin(1, "SETNX register:1 a");
    const second = s.begin(2, "SETNX register:1 b");
    s.end(first, 1);
    s.end(second, 1);
  },
  "an error that names the wrong type": (s) => {
    s.did(1, "GET register:1", new ReplyError("WRONGTYPE Operation against a key"));
  },
};

/** Histories that look odd but have an order. */
export const RIGHT_SCENES: Readonly<Record<string, Scene>> = {
  "an unknown write that takes effect late": (s) => {
    s.begin(1, "SET register:1 ghost");
    s.did(2, "SET register:1 a", "OK");
    s.did(2, "GET register:1", "a");
    s.did(2, "GET register:1", "ghost");
  },
  "an unknown write that never takes effect": (s) => {
    s.begin(1, "SET register:1 ghost");
    for (const text of ["a", "b", "c"]) {
      s.did(2, `SET register:1 ${text}`, "OK");
      s.did(3, "GET register:1", text);
    }
  },
  "many unknown writes of which nobody reads most": (s) => {
    for (let i = 0; i < 30; i++) s.begin(i, `SET register:1 t${i}`);
    s.did(99, "GET register:1", "t7");
    for (let i = 0; i < 20; i++) s.did(99, "DEL register:1", 1);
    s.did(99, "GET register:1", "t3");
  },
  "unknown increments of which some took effect": (s) => {
    for (let i = 0; i < 12; i++) s.begin(1, "INCR counter:1");
    s.did(2, "GET counter:1", "3");
    s.did(2, "INCR counter:1", 4);
    s.did(2, "GET counter:1", "9");
    s.did(2, "GET counter:1", "13");
  },
  "unknown appends in an order that only the last read shows": (s) => {
    for (const token of ["a;", "b;", "c;", "d;", "e;", "f;"]) {
      s.begin(1, `APPEND append:1 ${token}`);
    }
    s.did(2, "APPEND append:1 x;", 8);
    s.did(2, "APPEND append:1 y;", 12);
    s.did(2, "GET append:1", "d;a;f;x;c;y;");
  },
  "concurrent writes, read in the order in which they returned last": (s) => {
    const first = s.begin(1, "SET register:1 a");
    const second = s.begin(2, "SET register:1 b");
    s.end(second, "OK");
    s.end(first, "OK");
    s.did(3, "GET register:1", "b");
  },
  "a read that returns before the write it saw": (s) => {
    const write = s.begin(1, "SET register:1 a");
    s.did(2, "GET register:1", "a");
    s.did(3, "GET register:1", "a");
    s.end(write, "OK");
  },
  "an old read during a write, before anyone saw the new text": (s) => {
    const write = s.begin(1, "SET register:1 a");
    s.did(2, "GET register:1", null);
    s.did(2, "GET register:1", "a");
    s.end(write, "OK");
  },
  "a new connection whose command overtakes an unknown one of the old": (s) => {
    s.begin(1, "SET register:1 a");
    s.did(2, "SET register:1 b", "OK");
    s.did(2, "GET register:1", "a");
  },
  "an MGET over slots between the parts of an MSET": (s) => {
    const write = s.begin(1, "MSET register:1 x register:2 y");
    s.did(2, "MGET register:1 register:2", [null, "y"]);
    s.end(write, "OK");
  },
  "a key that is there or gone around its deadline": (s) => {
    const write = s.begin(1, "SET expiring:1 a PX 1000");
    s.nowMs = 400;
    s.end(write, "OK");
    s.nowMs = 1200;
    s.did(2, "PTTL expiring:1", 150);
    s.did(2, "GET expiring:1", "a");
    s.did(2, "GET expiring:1", null);
    s.did(2, "PTTL expiring:1", -2);
  },
  "ten concurrent writers of one key": (s) => {
    const ids = Array.from({ length: 10 }, (_, i) => s.begin(i, `SET register:1 t${i}`));
    for (const id of ids) s.end(id, "OK");
    s.did(11, "GET register:1", "t0");
  },
};
