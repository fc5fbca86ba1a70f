/** Bytes of a page of WebAssembly. */
const PAGE = 65_536;
/** Pages from the start on, and pages by which it grows at least: the system gives them when they are first written. */
const FIRST_PAGES = 256;
/** Addresses are signed words. */
const MOST_PAGES = 32_767;
/** Regions begin at a cache line. */
const LINE = 64;

interface Region {
  address: number;
  bytes: number;
}

/** A typed array that can be laid over memory. */
type ViewOf<T> = new (buffer: SharedArrayBuffer, address: number, length: number) => T;

/**
 * Memory that TypeScript and a core read and write alike: tables are regions of it, and a core finds a field by address.
 * It is shared, because only then views stay valid when it grows. Regions are zeroed. What a table left when it grew is
 * given to the next one that fits.
 */
export class LinearMemory {
  readonly memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
  #end: number;
  /** Counts regions: while it stays, no table has moved. */
  allocations = 0;
  readonly #free: Region[] = [];

  /** @param reserved bytes at the beginning that are no region. @throws RangeError when the system has no memory */
  constructor(reserved: number) {
    this.#end = inLines(reserved);
  }

  /** Address of a new region. @throws RangeError when the system has no more memory */
  allocate(bytes: number): number {
    this.allocations++;
    const left = this.#free.findIndex((region) => region.bytes >= bytes);
    if (left >= 0) {
      const [{ address, bytes: room }] = this.#free.splice(left, 1);
      this.view(Uint8Array, address, room).fill(0);
      return address;
    }
    const address = this.#end;
    this.#end += inLines(bytes);
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.max(FIRST_PAGES, Math.ceil(missing / PAGE)));
    return address;
  }

  /** Gives a region back. */
  free(address: number, bytes: number): void {
    this.#free.push({ address, bytes });
  }

  view<T>(type: ViewOf<T>, address: number, length: number): T {
    return new type(this.memory.buffer, address, length);
  }
}

const inLines = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;
