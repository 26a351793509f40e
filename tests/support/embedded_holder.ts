/**
 * A process that owns an embedded coordinator until it is killed: `embedded_holder.ts DIRECTORY`.
 * It leaves one durable and one ephemeral node, says "ready", then writes for ever.
 *
 * @module
 */

import { EmbeddedCoordinator } from "../../core/coordinator/embedded_coordinator.ts";

const source = await EmbeddedCoordinator.open(Deno.args[0]!);
const session = await source.connect();
await session.putEphemeral("/codis/demo/proxies/a-1", "ephemeral");
let { version } = await session.createIfAbsent("/codis/demo/topology", "0");
await Deno.stdout.write(new TextEncoder().encode("ready\n"));
for (;;) {
  const text = `${version + 1}`;
  version = (await session.putIfVersion("/codis/demo/topology", text, { version })).version;
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
