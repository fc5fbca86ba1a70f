#!/usr/bin/env node
/**
 * Compares the packets that filters select with those that tcpdump selects, over all captures of folders:
 *
 *   node benchmarks/compare-filters.mjs [--of-one N] [--random N] [--seed N] [--unoptimized] FOLDER...
 *
 * Packets of all captures are put together by link type, at most `--of-one` (default 3,000) of each capture, since a
 * filter sees one packet at a time. Each expression of `test/filter/expressions.txt`, and `--random` further ones, runs
 * once over each link type. Differences are printed with the capture of their first packet. Needs tcpdump and
 * `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AddressBook } from '../dist/decode/address-book.js';
import { PacketDecoder } from '../dist/decode/decode-packet.js';
import { readCapture } from '../dist/decode/files/capture-source.js';
import { packetFilter } from '../dist/filter/packet-filter.js';

const argv = process.argv.slice(2);
const numberOf = (name, otherwise) => (argv.includes(name) ? Number(argv[argv.indexOf(name) + 1]) : otherwise);
const ofOne = numberOf('--of-one', 3000);
const seed = numberOf('--seed', 20261129);
const random = numberOf('--random', 0);
const options = argv.includes('--unoptimized') ? ['-O'] : [];
const folders = argv.filter(
  (word, at) => !word.startsWith('--') && !/^--(of-one|random|seed)$/.test(argv[at - 1] ?? ''),
);
/** Link types whose link layer tcpdump filters, and the decoder reads. */
const LINKS = new Set([0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 228, 229, 276]);
/** Octets of a record that is not compared: tcpdump refuses larger ones. */
const MOST_OCTETS = 262_144;

const filesBelow = (folder) =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));

const folder = mkdtempSync(join(tmpdir(), 'compare-filters-'));
const links = new Map();
let read = 0;

function linkOf(linkType) {
  let link = links.get(linkType);
  if (link === undefined) {
    const path = join(folder, `link-${linkType}.pcap`);
    const file = openSync(path, 'w');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(MOST_OCTETS, 16);
    header.writeUInt32LE(linkType, 20);
    writeSync(file, header);
    link = { linkType, path, file, records: [], from: [] };
    links.set(linkType, link);
  }
  return link;
}

for (const path of folders.flatMap(filesBelow)) {
  const linkTypes = [];
  let taken = 0;
  const sink = {
    onInterface: ({ index, linkType }) => void (linkTypes[index] = linkType),
    onProblem: () => {},
    onRecord: (record) => {
      const linkType = linkTypes[record.interfaceIndex];
      const octets = record.end - record.start;
      if (!LINKS.has(linkType) || octets > MOST_OCTETS || taken++ >= ofOne) return;
      const link = linkOf(linkType);
      const bytes = new Uint8Array(record.bytes.subarray(record.start, record.end));
      const head = Buffer.alloc(16);
      // Each record has its number in place of the time.
      head.writeUInt32LE(link.records.length, 0);
      head.writeUInt32LE(octets, 8);
      head.writeUInt32LE(record.originalLength >>> 0, 12);
      writeSync(link.file, head);
      writeSync(link.file, bytes);
      link.records.push({ ...record, interfaceIndex: 0, flags: 0, bytes, start: 0, end: octets });
      link.from.push(path);
    },
  };
  try {
    await readCapture(path, sink);
    read++;
  } catch (error) {
    if (error.name !== 'PcapdiagError') throw error;
  }
}
for (const { file } of links.values()) closeSync(file);

/** Numbers of the records that tcpdump selects; undefined when it refuses the expression for this link type. */
function chosenByTcpdump(expression, { path }) {
  const { status, stdout, stderr } = spawnSync('tcpdump', ['-n', ...options, '-r', path, '-w', '-', '--', expression], {
    maxBuffer: 2 ** 31,
  });
  if (String(stderr).includes('expression rejects all packets')) return [];
  if (status !== 0) return undefined;
  const numbers = [];
  for (let at = 24; at < stdout.length; at += 16 + stdout.readUInt32LE(at + 8)) numbers.push(stdout.readUInt32LE(at));
  return numbers;
}

/** Which records each expression selects: each record is decoded once. Undefined for an expression that is a mistake. */
function chosenByAll(expressions, { linkType, records }) {
  const tests = expressions.map((expression) => {
    try {
      return { selects: packetFilter(expression), chosen: new Uint8Array(records.length) };
    } catch (error) {
      if (error.code !== 'bad-option') throw error;
      return undefined;
    }
  });
  const decoder = new PacketDecoder(new AddressBook());
  for (let at = 0; at < records.length; at++) {
    const packet = decoder.decode(records[at], linkType);
    for (const test of tests) if (test?.selects(packet)) test.chosen[at] = 1;
  }
  return tests.map((test) => test?.chosen);
}

/** Expressions made of words that occur, by a generator of which the seed is printed. */
function* randomExpressions(count) {
  let state = seed >>> 0;
  const next = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const ethernet = links.get(1)?.records ?? [];
  const decoder = new PacketDecoder(new AddressBook());
  const packet = () => decoder.decode(ethernet[next(ethernet.length)], 1);
  const way = () => ['', 'src ', 'dst ', 'src or dst ', 'src and dst '][next(5)];
  const words = [
    () => {
      const one = packet();
      const at = one.depth > 0 ? one.tunnels[0].source : one.source;
      return one.ipVersion === 0 ? 'arp' : `${way()}host ${decoder.packet.addresses.format(at)}`;
    },
    () => `${way()}port ${packet().destinationPort || 53}`,
    () => `${way()}portrange ${next(1000)}-${1000 + next(60_000)}`,
    () =>
      `${['tcp', 'udp', 'ip', 'ip6', 'icmp', 'icmp6'][next(6)]}[${next(24)}${['', ':1', ':2', ':4'][next(4)]}] ${['&', '|', '+', '-'][next(4)]} ${next(255)} ${['=', '!=', '>', '<'][next(4)]} ${next(255)}`,
    () => `len ${['>', '<', '>=', '<='][next(4)]} ${next(1600)}`,
    () => ['tcp', 'udp', 'icmp', 'icmp6', 'arp', 'ip', 'ip6', 'vlan', 'sctp', 'igmp', 'esp', 'ip multicast'][next(12)],
    () => `${['ip', 'ip6'][next(2)]} proto ${next(140)}`,
    () => `${way()}net ${next(224)}.${next(256)}.0.0/16`,
  ];
  const one = () => (next(4) === 0 ? 'not ' : '') + words[next(words.length)]();
  for (let nth = 0; nth < count; nth++) {
    let expression = one();
    for (let more = next(3); more > 0; more--) expression += ` ${['and', 'or'][next(2)]} ${one()}`;
    yield expression;
  }
}

const listed = readFileSync('test/filter/expressions.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const tally = { compared: 0, selecting: 0, refused: 0, different: 0, packets: 0 };
const expressions = [...listed, ...randomExpressions(random)];
try {
  for (const link of links.values()) {
    const all = chosenByAll(expressions, link);
    for (const [nth, expression] of expressions.entries()) {
      const ours = all[nth];
      const theirs = chosenByTcpdump(expression, link);
      if (theirs === undefined || ours === undefined) {
        tally.refused++;
        continue;
      }
      tally.compared++;
      tally.packets += link.records.length;
      if (theirs.length > 0 && theirs.length < link.records.length) tally.selecting++;
      const count = ours.reduce((sum, bit) => sum + bit, 0);
      const different = new Set();
      for (const at of theirs) ours[at] ^= 1;
      for (const [at, bit] of ours.entries()) if (bit === 1) different.add(at);
      if (different.size === 0) continue;
      tally.different++;
      const [first] = different;
      console.log(
        `link ${link.linkType}: ${expression}: ${different.size} packets differ (ours ${count}, tcpdump ${theirs.length}), first in ${link.from[first]}`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const packets = [...links.values()].reduce((sum, { records }) => sum + records.length, 0);
console.log(`${read} captures, ${packets} packets, ${links.size} link types, seed ${seed}`);
console.log(
  `${expressions.length} expressions: ${tally.compared} comparisons (${tally.selecting} select some), ${tally.packets} packets judged, ${tally.refused} refused by either, ${tally.different} differ`,
);
process.exitCode = tally.different === 0 ? 0 : 1;
