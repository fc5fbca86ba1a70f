#!/usr/bin/env node
/**
 * Writes large captures of made-up traffic, the same bytes for the same options:
 *
 *   node benchmarks/generate-capture.mjs --out FILE --packets N [--connections C] [--seed S] [--points P]
 *     [--overlay vxlan|ipip|none] [--loss 0.002] [--sizes mix|small|large] [--format pcap|pcapng]
 *     [--packets-per-lookup 60] [--repeat-acks]
 *
 * Besides the connections, a pod looks a name up after every 60 packets; `--packets-per-lookup 0` leaves that out.
 *
 * With `--repeat-acks` each pure ACK is sent twice, so that every fifth segment or so repeats one.
 *
 * One point is the network card of the client's node. With `--points P`, 2 to 128, FILE.a, FILE.b … are the same
 * traffic seen at points spread evenly from the client to the server, with loss between them and clocks of their own:
 * FILE.a is the interface of the client pod, before the service address is translated and outside of any overlay;
 * the others come after both; from 27 points on the names are FILE.001, FILE.002 … N packets are in the first of the files; the others have what reached or left them
 * in the same time.
 */

import { parseArgs } from 'node:util';
import { CaptureFile } from './generate/capture-file.mjs';
import { MOST_PACKET_BYTES, putPacket, StreamText } from './generate/packet-bytes.mjs';
import { RandomNumbers } from './generate/random-numbers.mjs';
import { Traffic } from './generate/traffic.mjs';

const FIRST_SECOND = 1_700_000_000;
const MOST_POINTS = 128;
/** Routers on the longest path: several points lie between two of them where there are more points. */
const MOST_HOPS = 16;
const LETTERS = 26;
const MOST_CLOCK_OFFSET_SECONDS = 0.05;
const MOST_CLOCK_SKEW = 20e-6;
const LEAST_PACKETS_PER_CONNECTION = 8;
const PACKETS_PER_LOOKUP = 60;

/** Path of the capture of a point, as `generateCapture` names it. */
export function pathOfPoint(out, at, points) {
  if (points === 1) return out;
  const name = points <= LETTERS ? String.fromCharCode(97 + at) : String(at + 1).padStart(3, '0');
  return `${out}.${name}`;
}

function capturePoints(count, overlay, random) {
  if (count === 1) {
    const afterNat = overlay !== 'none';
    const hops = { hopsFromClient: 1, hopsFromServer: 1 };
    return [{ place: 0, overlay, afterNat, ...hops, offsetSeconds: 0, skew: 0 }];
  }
  const hops = Math.min(count - 1, MOST_HOPS);
  const hopsTo = (i) => Math.floor((i * hops) / (count - 1));
  return Array.from({ length: count }, (_, i) => ({
    place: i / (count - 1),
    overlay: i === 0 ? 'none' : overlay,
    afterNat: i > 0,
    hopsFromClient: hopsTo(i),
    hopsFromServer: hops - hopsTo(i),
    offsetSeconds: i === 0 ? 0 : (random.fraction() * 2 - 1) * MOST_CLOCK_OFFSET_SECONDS,
    skew: i === 0 ? 0 : (random.fraction() * 2 - 1) * MOST_CLOCK_SKEW,
  }));
}

/**
 * Writes the capture or captures.
 *
 * @param {{ out: string, packets: number, connections?: number, seed?: number, overlay?: 'none' | 'vxlan' | 'ipip',
 *   loss?: number, sizes?: 'mix' | 'small' | 'large', format?: 'pcap' | 'pcapng', points?: number,
 *   packetsPerLookup?: number, repeatsAcks?: boolean }} options
 * @returns {{ path: string, packets: number }[]} the files, from the client to the server
 * @throws RangeError when there are too few packets for all the connections to open
 */
export function generateCapture(options) {
  const {
    out,
    packets,
    seed = 1,
    overlay = 'none',
    loss = 0.002,
    sizes = 'mix',
    format = 'pcap',
    points = 1,
    packetsPerLookup = PACKETS_PER_LOOKUP,
    repeatsAcks = false,
  } = options;
  const connections = options.connections ?? Math.max(1, Math.floor(packets / 100));
  if (connections > 1 && packets < connections * LEAST_PACKETS_PER_CONNECTION) {
    throw new RangeError(`packets must be at least ${LEAST_PACKETS_PER_CONNECTION} for each connection`);
  }
  const random = new RandomNumbers(seed);
  const text = new StreamText(random);
  const seen = capturePoints(points, overlay, random);
  for (const [i, point] of seen.entries()) {
    point.path = pathOfPoint(out, i, points);
    point.file = new CaptureFile(point.path, format);
  }
  const onSighting = (packet, point, seconds) => {
    const { file } = point;
    const at = file.reserve(MOST_PACKET_BYTES);
    const end = putPacket(file.bytes, at, packet, point, text);
    file.commit(FIRST_SECOND + point.offsetSeconds + seconds * (1 + point.skew), end - at);
  };
  const common = { packets, connections, loss, sizes, overlay, packetsPerLookup, repeatsAcks };
  new Traffic({ ...common, random, points: seen, onSighting }).run();
  for (const { file } of seen) file.close();
  return seen.map(({ path, file }) => ({ path, packets: file.packets }));
}

function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      packets: { type: 'string' },
      connections: { type: 'string' },
      seed: { type: 'string', default: '1' },
      overlay: { type: 'string', default: 'none' },
      loss: { type: 'string', default: '0.002' },
      sizes: { type: 'string', default: 'mix' },
      format: { type: 'string', default: 'pcap' },
      points: { type: 'string', default: '1' },
      'packets-per-lookup': { type: 'string', default: String(PACKETS_PER_LOOKUP) },
      'repeat-acks': { type: 'boolean', default: false },
    },
  });
  const fail = (message) => {
    process.stderr.write(`generate-capture: ${message}\n`);
    process.exitCode = 2;
  };
  const packets = Number(values.packets);
  const connections =
    values.connections === undefined ? Math.max(1, Math.floor(packets / 100)) : Number(values.connections);
  const points = Number(values.points);
  const loss = Number(values.loss);
  const seed = Number(values.seed);
  const packetsPerLookup = Number(values['packets-per-lookup']);
  if (values.out === undefined) return fail('--out FILE is missing');
  if (!Number.isInteger(packets) || packets < 1) return fail('--packets takes a whole number from 1');
  if (!Number.isInteger(connections) || connections < 1) return fail('--connections takes a whole number from 1');
  if (connections > 1 && packets < connections * LEAST_PACKETS_PER_CONNECTION) {
    return fail(`--packets must be at least ${LEAST_PACKETS_PER_CONNECTION} for each connection`);
  }
  if (!Number.isInteger(points) || points < 1 || points > MOST_POINTS)
    return fail(`--points takes 1 to ${MOST_POINTS}`);
  if (!(loss >= 0 && loss < 0.5)) return fail('--loss takes a share below 0.5');
  if (!Number.isInteger(packetsPerLookup) || packetsPerLookup < 0) {
    return fail('--packets-per-lookup takes a whole number from 0');
  }
  if (!Number.isInteger(seed)) return fail('--seed takes a whole number');
  const { out, overlay, sizes, format } = values;
  if (!['none', 'vxlan', 'ipip'].includes(overlay)) return fail('--overlay takes none, vxlan or ipip');
  if (!['mix', 'small', 'large'].includes(sizes)) return fail('--sizes takes mix, small or large');
  if (!['pcap', 'pcapng'].includes(format)) return fail('--format takes pcap or pcapng');
  const files = generateCapture({
    out,
    packets,
    connections,
    seed,
    overlay,
    loss,
    sizes,
    format,
    points,
    packetsPerLookup,
    repeatsAcks: values['repeat-acks'],
  });
  for (const file of files) process.stdout.write(`${file.path}\t${file.packets}\n`);
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) main();
