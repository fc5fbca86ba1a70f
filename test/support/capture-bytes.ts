import type { CaptureRecord } from '../../src/decode/files/capture-record.ts';
import { bytesOf, concat, type Payload } from './frames.ts';

/** One record to write. */
export interface RecordToWrite {
  frame: Payload;
  /** Seconds since 1970. */
  seconds?: number;
  nanoseconds?: number;
  /** Octets to keep of the frame. */
  snaplen?: number;
  originalLength?: number;
  /** pcapng: index into `interfaces`. */
  interfaceIndex?: number;
  /** pcapng: epb_flags. */
  flags?: number;
}

const le16 = (value: number): number[] => [value & 255, (value >>> 8) & 255];
const le32 = (value: number): number[] => [...le16(value), ...le16(value >>> 16)];

const FIRST_SECOND = 1_700_000_000;

/** Seconds and nanoseconds of a record; by default one record a millisecond. */
const timeOf = (record: RecordToWrite, index: number): [number, number] => [
  record.seconds ?? FIRST_SECOND + Math.floor(index / 1000),
  record.nanoseconds ?? (index % 1000) * 1_000_000,
];

/** A classic pcap file, little endian, microseconds unless `nano`. */
export function pcapFile(
  records: readonly RecordToWrite[],
  file: { linkType?: number; snaplen?: number; nano?: boolean } = {},
): Uint8Array {
  const magic = file.nano ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = [...le32(magic), 2, 0, 4, 0, ...le32(0), ...le32(0), ...le32(file.snaplen ?? 262144)];
  const parts = records.map((record, index) => {
    const frame = bytesOf(record.frame);
    const kept = frame.subarray(0, record.snaplen ?? frame.length);
    const [seconds, nanoseconds] = timeOf(record, index);
    const fraction = file.nano ? nanoseconds : Math.floor(nanoseconds / 1000);
    const original = record.originalLength ?? frame.length;
    return concat(le32(seconds), le32(fraction), le32(kept.length), le32(original), kept);
  });
  return joined([concat(header, le32(file.linkType ?? 1)), ...parts]);
}

/** The same file of classic pcap, big endian. */
export function inBigEndian(file: Uint8Array): Uint8Array {
  const swapped = file.slice();
  const swap = (at: number, octets: number): void => void swapped.subarray(at, at + octets).reverse();
  for (const at of [0, 8, 12, 16, 20]) swap(at, 4);
  for (const at of [4, 6]) swap(at, 2);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 24; at < file.length; at += 16 + view.getUint32(at + 8, true))
    for (let word = 0; word < 16; word += 4) swap(at + word, 4);
  return swapped;
}

function block(type: number, body: Uint8Array): Uint8Array {
  const padded = concat(body, new Uint8Array(-body.length & 3));
  const length = le32(padded.length + 12);
  return concat(le32(type), length, padded, length);
}

function option(code: number, value: Uint8Array | number[]): Uint8Array {
  return concat(le16(code), le16(value.length), value, new Uint8Array(-value.length & 3));
}

export interface InterfaceToWrite {
  linkType?: number;
  name?: string;
  snaplen?: number;
  /** Written as `isb_ifdrop` of an interface statistics block. */
  dropped?: number;
}

/** A pcapng file of one section, little endian, nanoseconds. */
export function pcapngFile(
  records: readonly RecordToWrite[],
  interfaces: readonly InterfaceToWrite[] = [{}],
): Uint8Array {
  const section = block(0x0a0d0d0a, concat(le32(0x1a2b3c4d), [1, 0, 0, 0], new Uint8Array(8).fill(255)));
  const described = interfaces.map(({ linkType, name, snaplen }) => {
    const named = name === undefined ? [] : option(2, new TextEncoder().encode(name));
    const body = concat(le16(linkType ?? 1), [0, 0], le32(snaplen ?? 0), named, option(9, [9]), [0, 0, 0, 0]);
    return block(1, body);
  });
  const packets = records.map((record, index) => {
    const frame = bytesOf(record.frame);
    const kept = frame.subarray(0, record.snaplen ?? frame.length);
    const [seconds, nanoseconds] = timeOf(record, index);
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    const flags = record.flags === undefined ? [] : concat(option(2, le32(record.flags)), [0, 0, 0, 0]);
    return block(
      6,
      concat(
        le32(record.interfaceIndex ?? 0),
        le32(Number(time >> 32n)),
        le32(Number(time & 0xffffffffn)),
        le32(kept.length),
        le32(record.originalLength ?? frame.length),
        kept,
        new Uint8Array(-kept.length & 3),
        flags,
      ),
    );
  });
  const statistics = interfaces.flatMap(({ dropped }, index) =>
    dropped === undefined
      ? []
      : [block(5, concat(le32(index), le32(0), le32(0), option(5, [...le32(dropped), ...le32(0)]), [0, 0, 0, 0]))],
  );
  return joined([section, ...described, ...packets, ...statistics]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A record as a reader hands it over, at offset 3 of a larger buffer: code that forgets `start` is found out. */
export function recordOf(frame: Payload, cut: { snaplen?: number; originalLength?: number } = {}): CaptureRecord {
  const bytes = bytesOf(frame);
  const kept = bytes.subarray(0, cut.snaplen ?? bytes.length);
  const buffer = new Uint8Array(kept.length + 8).fill(0x45);
  buffer.set(kept, 3);
  return {
    seconds: FIRST_SECOND,
    nanoseconds: 0,
    bytes: buffer,
    start: 3,
    end: 3 + kept.length,
    originalLength: cut.originalLength ?? bytes.length,
    interfaceIndex: 0,
    flags: 0,
    dropCount: 0,
    offset: 24,
  };
}
