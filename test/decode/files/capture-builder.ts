/** Builds capture files for tests, from the format drafts and not from the readers. */

export interface PacketToWrite {
  seconds: number;
  /** In the file's own unit: micro- or nanoseconds. */
  fraction: number;
  packet: Uint8Array;
  originalLength?: number;
}

export interface PcapToWrite {
  magic?: number;
  littleEndian?: boolean;
  major?: number;
  minor?: number;
  snaplen?: number;
  linkType?: number;
  packets: readonly PacketToWrite[];
  /** Octets behind the 16 of each record header (modified pcap). */
  recordExtra?: Uint8Array;
}

/** Numbers of 2, 4 and 8 octets in one byte order. */
export class Writer {
  readonly littleEndian: boolean;
  readonly #parts: Buffer[] = [];

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  u16(value: number): this {
    const part = Buffer.alloc(2);
    if (this.littleEndian) part.writeUInt16LE(value);
    else part.writeUInt16BE(value);
    return this.bytes(part);
  }

  u32(value: number): this {
    const part = Buffer.alloc(4);
    if (this.littleEndian) part.writeUInt32LE(value >>> 0);
    else part.writeUInt32BE(value >>> 0);
    return this.bytes(part);
  }

  i64(value: bigint): this {
    const part = Buffer.alloc(8);
    if (this.littleEndian) part.writeBigInt64LE(BigInt.asIntN(64, value));
    else part.writeBigInt64BE(BigInt.asIntN(64, value));
    return this.bytes(part);
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(Buffer.from(part));
    return this;
  }

  padded(part: Uint8Array): this {
    return this.bytes(part).bytes(new Uint8Array(-part.length & 3));
  }

  done(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export function pcapFile({
  magic = 0xa1b2c3d4,
  littleEndian = true,
  major = 2,
  minor = 4,
  snaplen = 65_535,
  linkType = 1,
  packets,
  recordExtra = new Uint8Array(0),
}: PcapToWrite): Uint8Array {
  const file = new Writer(littleEndian).u32(magic).u16(major).u16(minor).u32(0).u32(0).u32(snaplen).u32(linkType);
  for (const { seconds, fraction, packet, originalLength } of packets) {
    file.u32(seconds).u32(fraction).u32(packet.length);
    file
      .u32(originalLength ?? packet.length)
      .bytes(recordExtra)
      .bytes(packet);
  }
  return file.done();
}

export type OptionToWrite = readonly [code: number, value: string | Uint8Array];

function optionBytes(littleEndian: boolean, options: readonly OptionToWrite[]): Uint8Array {
  const written = new Writer(littleEndian);
  for (const [code, value] of options) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    written.u16(code).u16(bytes.length).padded(bytes);
  }
  return options.length === 0 ? written.done() : written.u16(0).u16(0).done();
}

/** An option value of one number. */
export const octets = (littleEndian: boolean, write: (to: Writer) => void): Uint8Array => {
  const to = new Writer(littleEndian);
  write(to);
  return to.done();
};

/** Blocks of pcapng in one byte order. */
export const blocks = (littleEndian: boolean) => {
  const block = (type: number, body: Uint8Array, options: readonly OptionToWrite[] = []): Uint8Array => {
    const tail = optionBytes(littleEndian, options);
    const length = 12 + body.length + tail.length;
    return new Writer(littleEndian).u32(type).u32(length).bytes(body).bytes(tail).u32(length).done();
  };
  const body = (write: (to: Writer) => void): Uint8Array => octets(littleEndian, write);
  return {
    block,
    section: (options?: readonly OptionToWrite[]) =>
      block(
        0x0a0d0d0a,
        body((to) => to.u32(0x1a2b3c4d).u16(1).u16(0).i64(-1n)),
        options,
      ),
    interface: (linkType: number, snaplen: number, options?: readonly OptionToWrite[]) =>
      block(
        1,
        body((to) => to.u16(linkType).u16(0).u32(snaplen)),
        options,
      ),
    enhanced: (on: number, stamp: bigint, packet: Uint8Array, original: number, options?: readonly OptionToWrite[]) =>
      block(
        6,
        body((to) =>
          to
            .u32(on)
            .u32(Number(stamp >> 32n))
            .u32(Number(stamp & 0xffffffffn))
            .u32(packet.length)
            .u32(original)
            .padded(packet),
        ),
        options,
      ),
    simple: (packet: Uint8Array, original: number) =>
      block(
        3,
        body((to) => to.u32(original).padded(packet)),
      ),
    old: (on: number, drops: number, stamp: bigint, packet: Uint8Array, original: number) =>
      block(
        2,
        body((to) =>
          to
            .u16(on)
            .u16(drops)
            .u32(Number(stamp >> 32n))
            .u32(Number(stamp & 0xffffffffn))
            .u32(packet.length)
            .u32(original)
            .padded(packet),
        ),
      ),
    statistics: (on: number, options: readonly OptionToWrite[]) =>
      block(
        5,
        body((to) => to.u32(on).u32(0).u32(0)),
        options,
      ),
  };
};

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** `length` octets that count up from `first`. */
export const counting = (length: number, first = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (first + at) & 0xff);
