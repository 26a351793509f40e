import { assertEquals } from "@std/assert";
import { cliLine, curlLine } from "./command_lines.ts";

const HERE = { origin: "http://127.0.0.1:18087", hasLogin: false };

Deno.test("a change is a curl line, quoted for a shell", () => {
  const body = { id: 3, note: "it's" };
  assertEquals(
    curlLine({ method: "POST", path: "/groups", body }, HERE),
    "curl http://127.0.0.1:18087/api/v1/groups -H 'content-type: application/json' " +
      `-d '{"id":3,"note":"it'\\''s"}'`,
  );
  assertEquals(
    curlLine({ method: "DELETE", path: "/groups/3", body: null }, { ...HERE, hasLogin: true }),
    "curl -X DELETE http://127.0.0.1:18087/api/v1/groups/3 " +
      `-H 'content-type: application/json' -H "authorization: Bearer $CODIS_TOKEN"`,
  );
});

Deno.test("the command line names the manager unless it is the one asked by itself", () => {
  assertEquals(cliLine("slot init -f", HERE), "deno task manager slot init -f");
  assertEquals(
    cliLine("slot init -f", { origin: "http://codis.example" }),
    "deno task manager slot init -f --manager http://codis.example",
  );
});
