/**
 * Memory of records as views of one buffer. Only accessors generated from a `RecordLayout` read and write it. They take
 * the position of a record, or of a part of it, as a byte offset in the buffer. A core in linear memory can use that
 * offset as an address.
 */
export class RecordViews {
  protected u8: Uint8Array<ArrayBuffer>;
  protected u16: Uint16Array<ArrayBuffer>;
  protected u32: Uint32Array<ArrayBuffer>;
  /** The same numbers, signed. */
  protected i32: Int32Array<ArrayBuffer>;
  protected f32: Float32Array<ArrayBuffer>;
  protected f64: Float64Array<ArrayBuffer>;

  /** @param memory capacity in bytes, a multiple of 8, or the buffer of such records */
  constructor(memory: number | ArrayBuffer) {
    const buffer = typeof memory === 'number' ? new ArrayBuffer(memory) : memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  get buffer(): ArrayBuffer {
    return this.u8.buffer;
  }

  /** The bytes at an offset, not copied. */
  bytesAt(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    return this.u8.subarray(at, at + bytes);
  }

  /** Copies the bytes of a record from other memory. */
  copyFrom(at: number, from: RecordViews, fromAt: number, bytes: number): void {
    this.u8.set(from.bytesAt(fromAt, bytes), at);
  }

  /** Grows the memory to `bytes`, a multiple of 8. Existing records stay at their offsets, and the rest is 0. */
  resize(bytes: number): void {
    const larger = new RecordViews(bytes);
    larger.u8.set(this.u8.length <= bytes ? this.u8 : this.u8.subarray(0, bytes));
    this.u8 = larger.u8;
    this.u16 = larger.u16;
    this.u32 = larger.u32;
    this.i32 = larger.i32;
    this.f32 = larger.f32;
    this.f64 = larger.f64;
  }
}
