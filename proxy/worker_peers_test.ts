import { assertEquals } from "@std/assert";
import { FakeReactor } from "../tests/support/fake_reactor.ts";
import { WorkerPeers } from "./worker_peers.ts";
import { sumOfCounters, type WorkerAnswer } from "./worker_question.ts";

const QUESTION = { kind: "client-lines", filter: {} } as const;

function reactorOf(): FakeReactor {
  const network = {
    connected: () => {
      throw new Error("nobody connects");
    },
  };
  return new FakeReactor(network, new Uint8Array(1 << 22), 1 << 22);
}

Deno.test("a question ends when all have answered, or with what came in time", () => {
  const reactor = reactorOf();
  const sent: number[] = [];
  const peers = new WorkerPeers(reactor, 2, (ticket) => sent.push(ticket));
  const ended: (readonly WorkerAnswer[])[] = [];
  for (let i = 0; i < 2; i++) peers.ask(QUESTION, (answers) => ended.push(answers));
  peers.onAnswer(sent[1]!, { lines: "a" });
  peers.onAnswer(sent[0]!, { lines: "b" });
  assertEquals(ended, []);
  peers.onAnswer(sent[0]!, { lines: "c" });
  assertEquals(ended, [[{ lines: "b" }, { lines: "c" }]]);
  reactor.pass(1001);
  reactor.turn(0);
  peers.onAnswer(sent[1]!, { lines: "late" });
  assertEquals(ended.slice(1), [[{ lines: "a" }]]);
});

Deno.test("the questions of a worker at a time are bounded", () => {
  const sent: number[] = [];
  const peers = new WorkerPeers(reactorOf(), 1, (ticket) => sent.push(ticket));
  while (!peers.isFull) peers.ask(QUESTION, () => {});
  assertEquals(sent.length, 64);
  peers.onAnswer(sent[0]!, {});
  assertEquals(peers.isFull, false);
});

Deno.test("counters of several workers add up", () => {
  const counters = (by: number) => ({
    connectedClients: by,
    acceptedClients: 2 * by,
    requests: 3 * by,
    unansweredRequests: 4 * by,
    heldRequests: 5 * by,
    redirectedRequests: 6 * by,
    calls: Float64Array.of(by, 0, 7 * by),
  });
  const answers = [{ counters: counters(1) }, {}, { counters: counters(10) }];
  assertEquals(sumOfCounters(answers), counters(11));
});
