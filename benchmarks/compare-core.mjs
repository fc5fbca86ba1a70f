#!/usr/bin/env node
// Whether the core changes a digest: every capture of Ethernet, SLL or SLL2 under FOLDERs, written again as classic pcap of either byte
// order or as pcapng, is digested the general way, by the TypeScript build of the core and by WebAssembly, in chunks of several sizes: alone, and as one of
// several, with room for a row of each packet or of few. Correctness, not speed.
//   npm run build && node benchmarks/compare-core.mjs FOLDER... [--chunks 300,4096,100000]
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCapture } from '../dist/decode/files/capture-source.js';
import { OpenReader } from '../dist/decode/files/open-reader.js';
import { CaptureTracker } from '../dist/flows/capture/capture-tracker.js';
import { TimeOrder } from '../dist/flows/capture/time-order.js';
import { COLUMN_NAMES } from '../dist/flows/rows/sighting-columns.js';

/** Link types whose frames the core reads: Ethernet, and Linux cooked capture of both versions. */
const LINK_TYPES = [1, 113, 276];
/** Records that wait for others that may be earlier, and packets whose checksums are verified. */
const FIRST = 64;
/** Most rows; undefined for a capture that is analysed alone. */
const ROWS = [undefined, 100_000, 100];
const BUILDS = ['typescript', 'webassembly'];
/** Packets of which the index is asked. */
const MOST_INDEXED = 20_000;
const FORMS = ['pcap', 'pcap, big-endian', 'pcapng'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { chunks: { type: 'string', default: '300,4096,100000' } },
});
const chunks = values.chunks.split(',').map(Number);
const total = { captures: 0, packets: 0, taken: 0, different: 0 };

for (const path of positionals.flatMap(capturesUnder)) {
  const records = await recordsOf(path);
  if (records === undefined) continue;
  const form = FORMS[total.captures++ % FORMS.length];
  const { linkType } = records[0];
  const capture = form === 'pcapng' ? asPcapng(records, linkType) : asClassicPcap(records, linkType, form === 'pcap');
  for (const [nth, chunk] of chunks.entries()) {
    const rows = ROWS[(Math.floor(total.captures / FORMS.length) + nth) % ROWS.length];
    const expected = digest(capture, 'none', chunk, rows);
    total.packets += expected.general;
    for (const build of BUILDS) {
      const { text, general } = digest(capture, build, chunk, rows);
      if (build === 'webassembly') total.taken += expected.general - general;
      if (text === expected.text) continue;
      total.different++;
      console.log(`${path}: ${build} as ${form} differs in chunks of ${chunk}, ${rows ?? 'no'} rows`);
    }
  }
}
const share = ((100 * total.taken) / total.packets).toFixed(1);
console.log(
  `${total.captures} captures, ${chunks.length} sizes of chunks, ${total.packets} packets: the core took ${share} %`,
);
console.log(`${total.different} digests differ`);
process.exitCode = total.different === 0 ? 0 : 1;

function capturesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .filter((name) => /\.(?:pcap|pcapng|cap)(?:\.gz)?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** The records of a capture; undefined for one that the core does not read, or nobody can. */
async function recordsOf(path) {
  const records = [];
  const linkTypes = new Set();
  try {
    await readCapture(path, {
      onInterface: ({ linkType }) => {
        linkTypes.add(linkType);
      },
      onProblem: () => {},
      onRecord: ({ bytes, start, end, seconds, nanoseconds, originalLength }) =>
        records.push({
          frame: Buffer.from(bytes.subarray(start, end)),
          linkType: [...linkTypes][0],
          seconds,
          nanoseconds,
          originalLength,
        }),
    });
  } catch {
    return undefined;
  }
  const isRead = linkTypes.size === 1 && LINK_TYPES.includes([...linkTypes][0]);
  return isRead && records.length > 0 ? records : undefined;
}

/** Words of 32 bits. */
function words(values, isLittleEndian = true) {
  const octets = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) {
    const word = Math.max(0, value) >>> 0;
    if (isLittleEndian) octets.writeUInt32LE(word, 4 * index);
    else octets.writeUInt32BE(word, 4 * index);
  }
  return octets;
}

/** Classic pcap with nanoseconds. */
function asClassicPcap(records, linkType, isLittleEndian) {
  const version = isLittleEndian ? 0x4_0002 : 0x2_0004;
  return Buffer.concat([
    words([0xa1b23c4d, version, 0, 0, 262_144, linkType], isLittleEndian),
    ...records.flatMap(({ frame, seconds, nanoseconds, originalLength }) => [
      words([seconds, nanoseconds, frame.length, originalLength], isLittleEndian),
      frame,
    ]),
  ]);
}

/** pcapng of one section and one interface, with nanoseconds (if_tsresol 9). */
function asPcapng(records, linkType) {
  const block = (type, body) => {
    const padding = Buffer.alloc(-body.length & 3);
    const length = body.length + padding.length + 12;
    return Buffer.concat([words([type, length]), body, padding, words([length])]);
  };
  return Buffer.concat([
    block(0x0a0d0d0a, words([0x1a2b3c4d, 1, 0xffffffff, 0xffffffff])),
    block(1, words([linkType, 0, 0x1_0009, 9, 0])),
    ...records.map(({ frame, seconds, nanoseconds, originalLength }) => {
      const stamp = BigInt(Math.max(0, seconds)) * 1_000_000_000n + BigInt(nanoseconds);
      const [high, low] = [Number(stamp >> 32n), Number(stamp & 0xffffffffn)];
      return block(6, Buffer.concat([words([0, high, low, frame.length, originalLength]), frame]));
    }),
  ]);
}

function digest(capture, core, chunk, rows) {
  const limits = { pointChecksums: FIRST, ...(rows && { sightings: rows, sightingHeads: 100_000 }) };
  const tracker = new CaptureTracker({ path: 'capture', alone: rows === undefined, core, limits });
  let general = 0;
  const onRecord = tracker.onRecord.bind(tracker);
  tracker.onRecord = (record, number) => {
    general++;
    onRecord(record, number);
  };
  const inOrder = new TimeOrder(tracker, FIRST);
  const reader = new OpenReader(inOrder);
  for (let at = 0; at < capture.length; at += chunk) reader.push(new Uint8Array(capture.subarray(at, at + chunk)));
  reader.end();
  inOrder.end();
  const { counts, sightings, ...rest } = tracker.finish('pcap');
  const packets = Array.from({ length: 2000 }, (_, flow) => [counts?.packets(flow, 0), counts?.packets(flow, 1)]);
  return { text: JSON.stringify({ ...rest, packets }) + textOfRows(sightings), general };
}

function textOfRows(table) {
  if (table === undefined) return '';
  const { length, leftOut, wholeFlows, columns, index } = table;
  const values = COLUMN_NAMES.map((name) => columns[name].subarray(0, length).join());
  const seen = {};
  const most = index === null ? 0 : MOST_INDEXED;
  const indexed = Array.from({ length: most }, (_, packet) => (index.recall(packet, seen) ? { ...seen } : 0));
  return JSON.stringify({ leftOut, isWhole: wholeFlows === null, values, indexed });
}
