/**
 * From a host's name to its address, as this machine resolves names: its hosts file, then DNS.
 *
 * @module
 */

/** The system's resolver may try for longer; whoever connects has given up by then. */
const TIMEOUT_MS = 5000;

/**
 * The numeric address of a host; undefined if nothing knows it, or not in time. Of several addresses an
 * IPv4 one is preferred: a server that listens on one family only mostly listens on that.
 */
export async function lookUpHost(host: string): Promise<string | undefined> {
  // Loaded by those who use names: it takes memory.
  const { lookup } = await import("node:dns/promises");
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), TIMEOUT_MS);
  try {
    const found = lookup(host, { order: "ipv4first" }).then(
      ({ address }) => address,
      () => undefined,
    );
    return await Promise.race([found, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
