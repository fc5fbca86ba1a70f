import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type NamedCapture, readCapture } from '../../src/decode/files/capture-source.ts';
import { PcapngWriter } from '../../src/decode/files/pcapng-writer.ts';

export interface Kept {
  seconds: number;
  nanoseconds: number;
  bytes: Uint8Array;
  originalLength: number;
  linkType: number;
}

/** Captures of one event that lie together, by name. */
export type CaptureSet = { name: string; records: Kept[] }[];

/** All captures of a folder, or those of these names. */
export async function readSet(folder: string, names?: readonly string[]): Promise<CaptureSet> {
  const found = names ?? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));
  const set: CaptureSet = [];
  for (const name of [...found].sort())
    set.push({ name: basename(name), records: await readRecords(join(folder, name)) });
  return set;
}

async function readRecords(path: string): Promise<Kept[]> {
  const linkTypes: number[] = [];
  const records: Kept[] = [];
  await readCapture(path, {
    onInterface: ({ index, linkType }) => {
      linkTypes[index] = linkType;
    },
    onRecord: ({ seconds, nanoseconds, bytes, start, end, originalLength, interfaceIndex }) =>
      records.push({
        seconds,
        nanoseconds,
        bytes: bytes.slice(start, end),
        originalLength,
        linkType: linkTypes[interfaceIndex],
      }),
    onProblem: ({ message }) => {
      throw new Error(`${path}: ${message}`);
    },
  });
  return records;
}

/** The same a whole number of seconds later or earlier, so that its first packet falls into the second `start`. */
export function startingAt(set: CaptureSet, start: number): CaptureSet {
  const first = Math.min(...set.flatMap(({ records }) => records.map(({ seconds }) => seconds)));
  const moved = (record: Kept): Kept => ({ ...record, seconds: record.seconds - first + start });
  return set.map(({ name, records }) => ({ name, records: records.map(moved) }));
}

/** File names "host__interface" with other hosts: a set beside another one, from other machines. */
export const onOtherHosts = (set: CaptureSet, prefix: string): CaptureSet =>
  set.map(({ name, records }) => ({ name: `${prefix}${name}`, records }));

/** One file for each capture; packets of captures with the same name come into one file, in order of time. */
export function filesOf(...sets: CaptureSet[]): NamedCapture[] {
  const byName = new Map<string, Kept[]>();
  for (const { name, records } of sets.flat()) {
    const known = byName.get(name);
    byName.set(name, known === undefined ? records : [...known, ...records].sort(byTime));
  }
  return [...byName].map(([name, records]) => ({ name: name.replace(/\.pcap$/, '.pcapng'), data: fileOf(records) }));
}

/** All packets in one file, as if captured at one place. */
export const oneFile = (name: string, ...sets: CaptureSet[]): NamedCapture =>
  filesOf(sets.flat().map(({ records }) => ({ name, records })))[0];

/** One file for each host of captures named "host__interface", with an interface for each capture. */
export function fileOfEachHost(set: CaptureSet): NamedCapture[] {
  const hosts = new Map<string, CaptureSet>();
  for (const one of set) {
    const host = one.name.split('__')[0];
    hosts.set(host, [...(hosts.get(host) ?? []), one]);
  }
  return [...hosts].map(([host, captures]) => ({ name: `${host}.pcapng`, data: fileOfInterfaces(captures) }));
}

function fileOfInterfaces(captures: CaptureSet): Uint8Array {
  const writer = new PcapngWriter('pcapdiag tests');
  const packets = captures.flatMap(({ name, records }) => {
    const label = name.replace(/^.*__|\.pcap(ng)?$/g, '');
    const linkType = records[0]?.linkType ?? 1;
    const number = writer.addInterface({ name: label, description: '', linkType, snaplen: 0 });
    return records.map((record) => ({ ...record, interface: number, comment: '' }));
  });
  for (const packet of packets.sort(byTime)) writer.addPacket(packet);
  return writer.bytes();
}

const byTime = (a: Kept, b: Kept): number => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;

function fileOf(records: readonly Kept[]): Uint8Array {
  const writer = new PcapngWriter('pcapdiag tests');
  const interfaces = new Map<number, number>();
  for (const { linkType, ...record } of records) {
    let number = interfaces.get(linkType);
    if (number === undefined) {
      number = writer.addInterface({ name: '', description: '', linkType, snaplen: 0 });
      interfaces.set(linkType, number);
    }
    writer.addPacket({ ...record, interface: number, comment: '' });
  }
  return writer.bytes();
}
