/**
 * Gives back memory that only the start needed: pages of the runtime's own code, and what `malloc`
 * keeps for later.
 *
 * Loading and compiling modules touches some 40 MB of the executable that serving never touches
 * again; they stay mapped, and resident, for the life of the process. The pages are clean copies of
 * the file: what is used after all comes back from the page cache by itself.
 *
 * Invariant: only segments that the executable maps without write access are concerned; a page that
 * was ever written, such as a relocated one, would lose its content.
 *
 * @module
 */

import { openLibc } from "./libc.ts";

/** A range of addresses. */
export interface AddressRange {
  readonly start: bigint;
  readonly byteCount: bigint;
}

const AT_PHDR = 3n;
const AT_PHENT = 4n;
const AT_PHNUM = 5n;
const PT_LOAD = 1;
const PT_PHDR = 6;
const PF_W = 2;
const MADV_DONTNEED = 4;
/** The largest page size of the platforms served; a multiple of every smaller one. */
const PAGE_BYTES = 65536n;

/** Gives back what the start needed; false where the system cannot be told. */
export function releaseStartMemory(): boolean {
  const libc = openLibc();
  if (libc === undefined) return false;
  try {
    const { getauxval, memcpy_from, madvise_range, malloc_trim } = libc.functions;
    malloc_trim?.(0n);
    const address = getauxval(AT_PHDR);
    const entryBytes = Number(getauxval(AT_PHENT));
    const headers = new Uint8Array(entryBytes * Number(getauxval(AT_PHNUM)));
    if (address === 0n || headers.length === 0) return false;
    memcpy_from(headers, address, BigInt(headers.length));
    const ranges = codeRanges(new DataView(headers.buffer), entryBytes, address);
    return ranges.every(({ start, byteCount }) =>
      madvise_range(start, byteCount, MADV_DONTNEED) === 0
    );
  } finally {
    libc.close();
  }
}

/**
 * Returns where the read-only segments of an executable lie, in whole pages, by its program headers
 * (`Elf64_Phdr` of elf(5)), which themselves lie at `address`.
 */
export function codeRanges(headers: DataView, entryBytes: number, address: bigint): AddressRange[] {
  const entries: { type: number; flags: number; address: bigint; byteCount: bigint }[] = [];
  for (let at = 0; at + entryBytes <= headers.byteLength; at += entryBytes) {
    entries.push({
      type: headers.getUint32(at, true),
      flags: headers.getUint32(at + 4, true),
      address: headers.getBigUint64(at + 16, true),
      byteCount: headers.getBigUint64(at + 32, true),
    });
  }
  const self = entries.find(({ type }) => type === PT_PHDR);
  if (self === undefined) return [];
  const loadedAt = address - self.address;
  return entries
    .filter(({ type, flags }) => type === PT_LOAD && (flags & PF_W) === 0)
    .map((entry) =>
      wholePages(loadedAt + entry.address, loadedAt + entry.address + entry.byteCount)
    )
    .filter(({ byteCount }) => byteCount > 0n);
}

function wholePages(start: bigint, end: bigint): AddressRange {
  const first = (start + PAGE_BYTES - 1n) / PAGE_BYTES * PAGE_BYTES;
  return { start: first, byteCount: end / PAGE_BYTES * PAGE_BYTES - first };
}
