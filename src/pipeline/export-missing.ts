import type { CaptureInterface, CaptureRecord } from '../decode/files/capture-record.ts';
import { type CaptureSource, isReadableTwice, readCapture, sourceName } from '../decode/files/capture-source.ts';
import { PcapngWriter } from '../decode/files/pcapng-writer.ts';
import type { Joined } from '../flows/capture/capture-digest.ts';
import { NAMELESS } from '../flows/digest/digest-capture.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

/** Packets that one capture point saw and the next one on their way did not. */
export interface MissingPackets {
  /** pcapng with one interface for each capture point, sorted by the common clock. Each packet has a comment. */
  file: Uint8Array;
  /** Number of packets in the file. */
  packets: number;
  /** What the file leaves out, as sentences. */
  notices: string[];
}

/** Most packets in the file. A person looks at the first few, and Wireshark opens this many at once. */
const MOST_PACKETS = 100_000;

/** What is changed in copies before they are written. */
export interface Alterations {
  /** Makes what changes the copied records of one capture, in place. */
  records: () => (record: CaptureRecord, linkType: number) => void;
  textOf: (text: string) => string;
}

/** One packet to copy, from the point that saw it last. */
interface Wanted {
  point: number;
  /** Points that should have seen it but did not. */
  missingAt: Set<number>;
  packet: number;
  /** Time on the common clock. */
  time: number;
}

/** @throws PcapdiagError (`bad-option`) for a source that can be read only once: standard input, a pipe, a stream */
export function assertReadableTwice(sources: readonly CaptureSource[]): void {
  for (const source of sources) {
    if (isReadableTwice(source)) continue;
    const name = sourceName(source) ?? NAMELESS;
    const message = `${name} can be read only once; missing packets are copied from a second reading: save it to a file`;
    throw new PcapdiagError('bad-option', message);
  }
}

/**
 * Reads the captures again and copies the packets that were lost between two points, where the evidence allows
 * that claim.
 *
 * @param sources the source of each capture of the evidence
 * @param application name of the writing program, for the section header of the file
 * @throws PcapdiagError as `readCapture` does
 */
export async function exportMissing(
  sources: readonly CaptureSource[],
  evidence: Joined,
  application: string,
  signal?: AbortSignal,
  alterations?: Alterations,
): Promise<MissingPackets> {
  const textOf = alterations?.textOf ?? ((text: string): string => text);
  const all = wantedPackets(evidence);
  const wanted = all.slice(0, MOST_PACKETS);
  const writer = new PcapngWriter(application);
  const records = await copiedRecords(sources, evidence, wanted, signal, alterations);
  const interfaces = new Map<number, number>();
  for (const packet of wanted) {
    const record = records.get(packet);
    if (record === undefined) continue;
    const known = interfaces.get(packet.point);
    const index = known ?? writer.addInterface(interfaceOf(evidence, packet.point, textOf));
    interfaces.set(packet.point, index);
    writer.addPacket({ ...record, interface: index, comment: textOf(commentOf(evidence, packet)) });
  }
  const notices = noticesOf(evidence, all.length);
  if (records.size < wanted.length)
    notices.push(`${wanted.length - records.size} packets were not found again: a capture changed meanwhile`);
  return { file: writer.bytes(), packets: records.size, notices };
}

/** Each packet once, sorted by the common clock. */
function wantedPackets(evidence: Joined): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { hops } of evidence.conversations) {
    for (const { unknown, from, to, lostPackets } of hops) {
      if (unknown !== null) continue;
      const { timeShift } = evidence.points[from];
      for (const { packet, time } of lostPackets) {
        const key = `${from} ${packet}`;
        const known = wanted.get(key);
        if (known === undefined)
          wanted.set(key, { point: from, missingAt: new Set([to]), packet, time: time + timeShift });
        else known.missingAt.add(to);
      }
    }
  }
  return [...wanted.values()].sort((a, b) => a.time - b.time || a.point - b.point || a.packet - b.packet);
}

type CopiedRecord = Pick<CaptureRecord, 'seconds' | 'nanoseconds' | 'bytes' | 'originalLength'>;

/** Copies of the records, by the missing packet that they belong to. */
async function copiedRecords(
  sources: readonly CaptureSource[],
  evidence: Joined,
  wanted: readonly Wanted[],
  signal: AbortSignal | undefined,
  alterations: Alterations | undefined,
): Promise<Map<Wanted, CopiedRecord>> {
  const copies = new Map<Wanted, CopiedRecord>();
  for (const [capture, source] of sources.entries()) {
    const byNumber = new Map<number, Wanted[]>();
    for (const packet of wanted) {
      if (evidence.points[packet.point].capture !== capture) continue;
      const same = byNumber.get(packet.packet);
      if (same === undefined) byNumber.set(packet.packet, [packet]);
      else same.push(packet);
    }
    if (byNumber.size === 0) continue;
    let number = 0;
    const alter = alterations?.records();
    const linkTypes: number[] = [];
    const onRecord = (record: CaptureRecord): void => {
      const found = byNumber.get(++number);
      if (found === undefined) return;
      const { seconds, nanoseconds, originalLength } = record;
      const bytes = new Uint8Array(record.bytes.subarray(record.start, record.end));
      alter?.({ ...record, bytes, start: 0, end: bytes.length }, linkTypes[record.interfaceIndex] ?? -1);
      for (const packet of found) copies.set(packet, { seconds, nanoseconds, originalLength, bytes });
    };
    const onInterface = ({ index, linkType }: CaptureInterface): void => void (linkTypes[index] = linkType);
    // The first pass reported the damage already.
    const sink = { onRecord, onInterface, onProblem: () => {} };
    await readCapture(source, sink, signal === undefined ? {} : { signal });
  }
  return copies;
}

function interfaceOf({ points, captures }: Joined, index: number, textOf: (text: string) => string) {
  const { name, linkType, capture } = points[index];
  return {
    name: textOf(name),
    linkType,
    description: textOf(captures[capture].path),
    snaplen: captures[capture].snaplen,
  };
}

function commentOf({ points }: Joined, { point, packet, missingAt }: Wanted): string {
  const missing = [...missingAt].map((index) => points[index].name).join(', ');
  return `last seen at ${points[point].name}, packet ${packet}; not seen at ${missing}`;
}

function noticesOf(evidence: Joined, packets: number): string[] {
  const notices: string[] = [];
  const hops = evidence.conversations
    .flatMap((conversation) => conversation.hops)
    .filter(({ unknown }) => unknown === null);
  const short = hops.filter(({ lost, lostPackets }) => lost > lostPackets.length);
  const lost = short.reduce((sum, hop) => sum + hop.lost, 0);
  const listed = short.reduce((sum, hop) => sum + hop.lostPackets.length, 0);
  if (short.length > 0)
    notices.push(
      `${listed} records stand for ${lost} lost packets: only the first ones of each conversation and stretch are kept, and a record of a segment that was cut later stands for several`,
    );
  if (packets > MOST_PACKETS)
    notices.push(`only the first ${MOST_PACKETS} of ${packets} missing packets are in the file`);
  return notices;
}
