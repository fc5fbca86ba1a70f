/**
 * Memory of records as views of one buffer, which only accessors made from a `RecordLayout` read and write. They take the
 * place of a record, or of a part of it, as bytes from the beginning of the buffer, which a core in linear memory can take
 * as an address.
 */
export class RecordViews {
  protected u8: Uint8Array<ArrayBuffer>;
  protected u16: Uint16Array<ArrayBuffer>;
  protected u32: Uint32Array<ArrayBuffer>;
  /** The same numbers with a sign. */
  protected i32: Int32Array<ArrayBuffer>;
  protected f32: Float32Array<ArrayBuffer>;
  protected f64: Float64Array<ArrayBuffer>;

  /** @param memory bytes that there is room for, a multiple of 8, or the buffer of such records */
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

  /** The bytes at a place, not copied. */
  bytesAt(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    return this.u8.subarray(at, at + bytes);
  }

  /** Takes over the bytes of a record from other memory. */
  copyFrom(at: number, from: RecordViews, fromAt: number, bytes: number): void {
    this.u8.set(from.bytesAt(fromAt, bytes), at);
  }

  /** Makes room for `bytes`, a multiple of 8; what is there stays where it is, and the rest is 0. */
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
