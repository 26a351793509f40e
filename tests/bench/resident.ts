/**
 * Memory that a process holds.
 *
 * @module
 */

/** Resident bytes of the process `pid`: its own and what it maps of files, as `VmRSS` counts them. */
export async function residentBytes(pid: number): Promise<number> {
  return residentBytesIn(await Deno.readTextFile(`/proc/${pid}/status`));
}

/** Reads the text of `/proc/PID/status`. @throws {SyntaxError} if it names no resident memory. */
export function residentBytesIn(status: string): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new SyntaxError(`No VmRSS in: ${status.slice(0, 200)}`);
  return Number(kib) * 1024;
}
