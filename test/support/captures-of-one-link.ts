import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import type { CaptureRecord } from '../../src/decode/files/capture-record.ts';
import { readCapture } from '../../src/decode/files/capture-source.ts';
import type { Packet } from '../../src/decode/packet.ts';
import { PcapdiagError } from '../../src/text/pcapdiag-error.ts';

/** Records of many captures that have the same link type, in one file. */
export interface OneLink {
  linkType: number;
  path: string;
  records: CaptureRecord[];
}

/** Most records of one capture: the variety is in the captures. */
const OF_ONE_CAPTURE = 10;
/** Most records of one link type, spread over all captures. */
const OF_ONE_LINK = 500;
const SNAPLEN = 262_144;

/** Every file below a folder, in order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}

/** Sorts the first records of all captures by link type, and writes a classic pcap for each into `folder`. */
export async function capturesOfOneLink(paths: readonly string[], folder: string): Promise<OneLink[]> {
  const byLink = new Map<number, CaptureRecord[]>();
  for (const path of paths) {
    const linkTypes: number[] = [];
    let taken = 0;
    const onRecord = (record: CaptureRecord): void => {
      if (taken++ >= OF_ONE_CAPTURE) return;
      const linkType = linkTypes[record.interfaceIndex];
      const bytes = record.bytes.slice(record.start, record.end);
      const kept = { ...record, interfaceIndex: 0, bytes, start: 0, end: bytes.length };
      byLink.set(linkType, [...(byLink.get(linkType) ?? []), kept]);
    };
    const sink = {
      onInterface: (each: { index: number; linkType: number }) => void (linkTypes[each.index] = each.linkType),
      onRecord,
      onProblem: () => {},
    };
    await readCapture(path, sink).catch((error: unknown) => {
      if (!(error instanceof PcapdiagError)) throw error;
    });
  }
  return [...byLink].map(([linkType, all]) => {
    const records = all.filter((_, index) => (index * OF_ONE_LINK) % all.length < OF_ONE_LINK);
    const path = join(folder, `link-${linkType}.pcap`);
    writeFileSync(path, pcapOf(linkType, records));
    return { linkType, path, records };
  });
}

function pcapOf(linkType: number, records: readonly CaptureRecord[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAPLEN, 16);
  header.writeUInt32LE(linkType, 20);
  const parts = records.flatMap(({ bytes, originalLength }, index) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(index, 0);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(originalLength, 12);
    return [head, bytes];
  });
  return Buffer.concat([header, ...parts]);
}

/** Numbers, from 0, of the records that a test selects. */
export function chosen({ linkType, records }: OneLink, selects: (packet: Packet) => boolean): number[] {
  const decoder = new PacketDecoder(new AddressBook());
  return records.flatMap((record, index) => (selects(decoder.decode(record, linkType)) ? [index] : []));
}
