import type { LinearMemory } from './linear-memory.ts';

/**
 * Memory of records as views of one buffer. Only accessors generated from a `RecordLayout` read and write it. They take
 * the position of a record, or of a part of it, as a byte offset in the buffer. In linear memory a core finds the same
 * field at `linearAddress` plus that offset.
 */
export class RecordViews {
  protected u8!: Uint8Array;
  protected u16!: Uint16Array;
  protected u32!: Uint32Array;
  /** The same numbers, signed. */
  protected i32!: Int32Array;
  protected f32!: Float32Array;
  protected f64!: Float64Array;
  #linear: LinearMemory | undefined;

  /**
   * @param memory capacity in bytes, a multiple of 8, or the buffer of such records
   * @param linear where that capacity is taken from; without it the memory is its own
   */
  constructor(memory: number | ArrayBuffer, linear?: LinearMemory) {
    this.#linear = linear;
    if (typeof memory !== 'number') this.#lay(memory, 0, memory.byteLength);
    else if (linear === undefined) this.#lay(new ArrayBuffer(memory), 0, memory);
    else this.#layIn(linear, memory);
  }

  /** Memory of its own. */
  get buffer(): ArrayBuffer {
    return this.u8.buffer as ArrayBuffer;
  }

  /** Address of the first record in linear memory. */
  get linearAddress(): number {
    return this.u8.byteOffset;
  }

  /** Capacity, bytes. */
  get capacity(): number {
    return this.u8.length;
  }

  /** The bytes at an offset, not copied. */
  bytesAt(at: number, bytes: number): Uint8Array {
    return this.u8.subarray(at, at + bytes);
  }

  /** Copies the bytes of a record from other memory. */
  copyFrom(at: number, from: RecordViews, fromAt: number, bytes: number): void {
    this.u8.set(from.bytesAt(fromAt, bytes), at);
  }

  /** Grows the memory to `bytes`, a multiple of 8. Existing records stay at their offsets, and the rest is 0. */
  resize(bytes: number): void {
    this.#move(bytes, Math.min(bytes, this.capacity));
  }

  /** Moves the records into linear memory, where they stay. @param used bytes at the beginning that are not all 0 */
  moveInto(linear: LinearMemory, used = this.capacity): void {
    this.#linear = linear;
    this.#move(this.capacity, used);
  }

  #move(bytes: number, used: number): void {
    const { u8: before } = this;
    const linear = this.#linear;
    if (linear === undefined) this.#lay(new ArrayBuffer(bytes), 0, bytes);
    else this.#layIn(linear, bytes);
    this.u8.set(used === before.length ? before : before.subarray(0, used));
    if (before.buffer instanceof SharedArrayBuffer) linear?.free(before.byteOffset, before.length);
  }

  #layIn(linear: LinearMemory, bytes: number): void {
    // The buffer after it has grown.
    const address = linear.allocate(bytes);
    this.#lay(linear.memory.buffer, address, bytes);
  }

  #lay(buffer: ArrayBufferLike, offset: number, bytes: number): void {
    this.u8 = new Uint8Array(buffer, offset, bytes);
    this.u16 = new Uint16Array(buffer, offset, bytes >> 1);
    this.u32 = new Uint32Array(buffer, offset, bytes >> 2);
    this.i32 = new Int32Array(buffer, offset, bytes >> 2);
    this.f32 = new Float32Array(buffer, offset, bytes >> 2);
    this.f64 = new Float64Array(buffer, offset, bytes >> 3);
  }
}
