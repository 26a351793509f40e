/**
 * Entry module of a proxy worker.
 *
 * @module
 */

import { openReactor, ownMemory } from "../core/transport/open_reactor.ts";
import type { ListenOptions } from "../core/transport/reactor.ts";
import { serveWorker } from "../core/worker_loop.ts";
import { CommandRouter } from "./command_router.ts";
import { DataPlane } from "./data_plane.ts";
import type { FromProxyWorker, ProxyWorkerInit, ToProxyWorker } from "./worker_messages.ts";

serveWorker<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>((init, post) => {
  const opened = openReactor(init.transport);
  const { reactor } = opened;
  let router!: CommandRouter;
  const plane = new DataPlane(reactor, ownMemory(opened), init.options, {
    onTopologyWanted: (epoch) => post({ kind: "topology-wanted", epoch }),
    onLoginLost: (address, login) => post({ kind: "login-lost", address, login }),
    onApplied: (epoch) => post({ kind: "applied", epoch }),
    onDrained: () => post({ kind: "drained" }),
  }, (plane) => {
    return router = new CommandRouter(plane, {
      reactor,
      options: init.options,
      askOthers: (ticket, question) => post({ kind: "ask", ticket, question }),
    });
  });
  return {
    reactor,
    onMessage: (message) => {
      switch (message.kind) {
        case "listen":
          post(listen(plane, message.listen));
          break;
        case "routes":
          plane.apply(JSON.parse(message.json));
          break;
        case "question": {
          const { from: to, ticket, question } = message;
          post({ kind: "answer", to, ticket, answer: router.answer(question) });
          break;
        }
        case "answer":
          router.onAnswer(message.ticket, message.answer);
          break;
        case "login":
          plane.logIn(message.address, message.login);
          break;
        case "dismiss":
          plane.dismiss();
          break;
        case "count": {
          const { count: clients, requests } = plane.sessions;
          post({ kind: "tally", tally: { clients, requests } });
          break;
        }
        case "drain":
          plane.drain();
          break;
      }
    },
    close: () => {},
  };
});

function listen(plane: DataPlane, options: ListenOptions): FromProxyWorker {
  try {
    return { kind: "listening", address: plane.listen(options).address };
  } catch (error) {
    return { kind: "listen-failed", error: error instanceof Error ? error.message : String(error) };
  }
}
