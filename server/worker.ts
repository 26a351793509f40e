/**
 * Entry module of the server's worker.
 *
 * @module
 */

import { openReactor } from "../core/transport/open_reactor.ts";
import { serveWorker } from "../core/worker_loop.ts";
import { DataServer } from "./data_server.ts";
import { handlersById } from "./handlers.ts";
import { Keyspace } from "./keyspace/keyspace.ts";
import { ServerState } from "./server_state.ts";
import type { FromServerWorker, ServerWorkerInit, ToServerWorker } from "./worker_messages.ts";

serveWorker<ServerWorkerInit, ToServerWorker, FromServerWorker>((init, post) => {
  const { reactor, ownStart } = openReactor();
  const keyspace = new Keyspace({
    memory: reactor.memory,
    start: ownStart,
    end: reactor.memory.length,
    emptyTag: init.emptyTag,
  });
  const state = new ServerState({ ...init, reactor });
  const server = new DataServer(reactor, keyspace, state, {
    handlers: handlersById(),
    gate: { active: false, admit: () => true },
  });
  return {
    reactor,
    onMessage: (message) => {
      if (message.kind === "drain") server.drain();
      else post({ kind: "listening", address: server.listen(message.listen).address });
    },
    close: () => {},
  };
});
