/**
 * The line that says where figures come from; a ratio without it cannot be compared later.
 *
 * @module
 */

/** Describes processor, kernel, runtime and load of this machine, as of now. */
export function machineLine(): string {
  const loads = Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
  return [
    `${cpuModelOf(Deno.readTextFileSync("/proc/cpuinfo"))} × ${navigator.hardwareConcurrency}`,
    `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    `deno ${Deno.version.deno}`,
    `load average ${loads}`,
  ].join(" · ");
}

/** The model name in the text of `/proc/cpuinfo`; arm64 kernels give none. */
export function cpuModelOf(cpuinfo: string): string {
  return /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1]?.trim() ?? "unnamed CPU";
}
