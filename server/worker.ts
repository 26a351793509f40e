/**
 * Entry module of the server's worker.
 *
 * @module
 */

import { randomHex } from "../core/boot_id.ts";
import { openReactor } from "../core/transport/open_reactor.ts";
import type { ListenOptions } from "../core/transport/reactor.ts";
import { serveWorker } from "../core/worker_loop.ts";
import { DataServer } from "./data_server.ts";
import { handlersById } from "./handlers.ts";
import { Keyspace } from "./keyspace/keyspace.ts";
import { ServerState } from "./server_state.ts";
import { memoryJournal, openJournal } from "./slots/fence_journal.ts";
import { SlotKeeper } from "./slots/slot_keeper.ts";
import { TransitGate } from "./transit_gate.ts";
import type { FromServerWorker, ServerWorkerInit, ToServerWorker } from "./worker_messages.ts";

const BOOT_DIGITS = 16;

serveWorker<ServerWorkerInit, ToServerWorker, FromServerWorker>((init, post) => {
  const { reactor, ownStart, useHugePages } = openReactor(init.transport);
  useHugePages(ownStart, reactor.memory.length);
  const keyspace = new Keyspace({
    memory: reactor.memory,
    start: ownStart,
    end: reactor.memory.length,
    emptyTag: init.emptyTag,
    onExpired: ({ number, records }, ref) => {
      const start = records.keyStart(ref);
      const end = start + records.keyLength(ref);
      state.watches.touchKey(number, records.bytes(ref), start, end);
    },
  });
  const state = new ServerState({ ...init, reactor });
  state.shutDown = () => post({ kind: "shutdown" });
  const isManaged = init.slots === "managed";
  const slots = new SlotKeeper({
    state,
    keyspace,
    emptyTag: init.emptyTag,
    journal: init.dir === undefined ? memoryJournal(isManaged) : openJournal(init.dir, isManaged),
    boot: randomHex(BOOT_DIGITS),
    standalone: new TransitGate(state.transit),
  });
  state.slots = slots;
  state.valueLimits = keyspace.values.limits;
  state.slotStanding = slots;
  const server = new DataServer(reactor, keyspace, state, {
    handlers: handlersById(),
    gate: slots.gate,
  });
  return {
    reactor,
    onMessage: (message) => {
      if (message.kind === "drain") server.drain(() => post({ kind: "drained" }));
      else post(listen(server, message.listen));
    },
    close: () => {
      state.peers.close();
      slots.close();
    },
  };
});

function listen(server: DataServer, options: ListenOptions): FromServerWorker {
  try {
    return { kind: "listening", address: server.listen(options).address };
  } catch (error) {
    return { kind: "listen-failed", error: error instanceof Error ? error.message : String(error) };
  }
}
