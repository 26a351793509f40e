import { assertEquals } from "@std/assert";
import { type InfoFacts, infoText } from "./info_report.ts";

const FACTS: InfoFacts = {
  product: "shop",
  workerCount: 2,
  epoch: 7,
  waitingRoutes: 0,
  servers: ["10.0.0.1:6379", "10.0.0.2:6379"],
  transport: "native",
  port: 19000,
  processId: 42,
  uptimeSeconds: 90_000,
  connectedClients: 3,
  clientCountMax: 1000,
  acceptedClients: 5,
  requests: 100,
  unansweredRequests: 1,
  heldRequests: 0,
  redirectedRequests: 4,
  calls: [["get", 60], ["client|id", 1]],
};

Deno.test("a section is a title and its fields", () => {
  assertEquals(
    infoText(FACTS, ["clients"]),
    "# Clients\r\nconnected_clients:3\r\nmaxclients:1000\r\nblocked_clients:0\r\n",
  );
  assertEquals(
    infoText(FACTS, ["CODIS"]),
    "# Codis\r\nproduct:shop\r\nepoch:7\r\nwaiting_routes:0\r\nworkers:2\r\n" +
      "servers:10.0.0.1:6379,10.0.0.2:6379\r\nunanswered_requests:1\r\nheld_requests:0\r\n" +
      "redirected_requests:4\r\n",
  );
});

Deno.test("sections come in a fixed order, once, with an empty line between", () => {
  assertEquals(
    infoText(FACTS, ["commandstats", "replication", "replication"]),
    "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n" +
      "# Commandstats\r\ncmdstat_get:calls=60\r\ncmdstat_client|id:calls=1\r\n",
  );
});

Deno.test("without a name come the default sections, and an unknown one is empty", () => {
  const titles = (text: string) => [...text.matchAll(/# (\w+)/g)].map((match) => match[1]);
  const common = ["Server", "Clients", "Stats", "Replication", "Codis"];
  assertEquals(titles(infoText(FACTS, [])), common);
  assertEquals(titles(infoText(FACTS, ["everything"])), [...common, "Commandstats"]);
  assertEquals(infoText(FACTS, ["nosuch"]), "");
});
