import type { CaptureRecord } from '../decode/files/capture-record.ts';
import {
  type CaptureParts,
  type CaptureSource,
  isInParts,
  isReadableTwice,
  readCapture,
  sourceName,
} from '../decode/files/capture-source.ts';
import { compareTexts } from '../flows/digest/content-order.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

/**
 * File names of one capture that a program wrote as several files:
 *
 *   trace.pcap, trace.pcap1, trace.pcap2            tcpdump -C
 *   trace.pcap00, trace.pcap01                      tcpdump -C -W: a ring, so the last may be the oldest
 *   trace_00001_20260101120000.pcapng               dumpcap -b
 */
const ROTATED: readonly RegExp[] = [
  /^(?<base>.*)_(?<part>\d{5,})_\d{14}(?<packed>\.\w+(?:\.(?:gz|zst|xz))?)$/i,
  /^(?<base>.*\.(?:pcap|pcapng|cap|dmp))(?<part>\d*)(?<packed>\.(?:gz|zst|xz))?$/i,
];

type Part = CaptureParts['parts'][number];

/**
 * Groups sources that are parts of one capture, by their names, sorted by the times of their first packets. The group
 * has the name of the oldest. Other sources are unchanged.
 */
export async function joinRotated(sources: readonly CaptureSource[]): Promise<CaptureSource[]> {
  const groups = new Map<string | CaptureSource, CaptureSource[]>();
  for (const source of sources) {
    const key = rotationOf(source) ?? source;
    groups.set(key, [...(groups.get(key) ?? []), source]);
  }
  const joined = [...groups.values()].map((group) => (isRotation(group) ? [partsOf(group as Part[])] : group));
  return Promise.all(joined.flat());
}

/** Several different files. The same file named twice is not a capture in parts. */
const isRotation = (group: readonly CaptureSource[]): boolean =>
  group.length > 1 && new Set(group.map(sourceName)).size === group.length;

/** The part of the name that all files of one capture share; undefined for a source that is not such a file. */
function rotationOf(source: CaptureSource): string | undefined {
  const name = sourceName(source);
  if (name === undefined || !isReadableTwice(source) || isInParts(source)) return undefined;
  const found = ROTATED.map((form) => form.exec(name)?.groups).find((groups) => groups !== undefined);
  return found === undefined ? undefined : `${found.base} ${found.packed ?? ''}`;
}

async function partsOf(group: readonly Part[]): Promise<CaptureParts> {
  const times = await Promise.all(group.map(firstTime));
  const parts = group
    .map((part, at) => ({ part, time: times[at], name: sourceName(part) ?? '' }))
    // With equal times, the shorter name is the earlier one: trace.pcap9 comes before trace.pcap10.
    .sort((a, b) => Math.sign(a.time - b.time) || a.name.length - b.name.length || compareTexts(a.name, b.name))
    .map(({ part }) => part);
  return { name: sourceName(parts[0]) ?? '', parts };
}

/** Seconds since 1970; Infinity for a file without packets. */
async function firstTime(part: Part): Promise<number> {
  const found = new AbortController();
  let time = Number.POSITIVE_INFINITY;
  const onRecord = ({ seconds, nanoseconds }: CaptureRecord): void => {
    if (!found.signal.aborted) time = seconds + nanoseconds / 1e9;
    found.abort(ENOUGH);
  };
  try {
    await readCapture(part, { onRecord, onInterface: () => {}, onProblem: () => {} }, { signal: found.signal });
  } catch (error) {
    // A read error is reported later, when all packets are read.
    if (error !== ENOUGH && !(error instanceof PcapdiagError)) throw error;
  }
  return time;
}

const ENOUGH = new Error('the first packet is enough');
