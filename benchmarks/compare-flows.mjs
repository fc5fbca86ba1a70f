#!/usr/bin/env node
/**
 * Compares `flows` and `follow` with tshark over captures of folders:
 *
 *   node benchmarks/compare-flows.mjs [--every N] [--follow N] [--most-octets N] FOLDER...
 *
 * Packets and octets of every TCP connection are compared with tshark's streams, in every `--every`-th file (default 1)
 * of at most `--most-octets` (default 2,000,000); `--follow` connections of each (default 2) octet by octet, where tshark
 * finds no gap. Files without TCP, and captures whose headers are cut, are passed over. Needs tshark and `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { followFlow, listFlows } from '../dist/index.js';

const argv = process.argv.slice(2);
const numberOf = (name, otherwise) => (argv.includes(name) ? Number(argv[argv.indexOf(name) + 1]) : otherwise);
const [every, followed, most] = [numberOf('--every', 1), numberOf('--follow', 2), numberOf('--most-octets', 2_000_000)];
const folders = argv.filter((word, at) => !word.startsWith('--') && !/^--/.test(argv[at - 1] ?? ''));
/** What tshark is told, so that both follow the same: no name lookups, VXLAN where Linux sends it, no port reuse guesses. */
const OPTIONS = ['-n', '-d', 'udp.port==8472,vxlan', '-d', 'udp.port==4789,vxlan'];

const filesBelow = (folder) =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));

const FIELDS = [
  'tcp.stream',
  'frame.len',
  'frame.cap_len',
  'icmp.type',
  'icmpv6.type',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'tcp.seq',
  'tcp.len',
];

const tshark = (path, words) =>
  spawnSync('tshark', [...OPTIONS, '-r', path, ...words], { encoding: 'latin1', maxBuffer: 2 ** 30 });

/** What one run of tshark says: streams with TCP's own number, and the first of them octet by octet; undefined when it cannot read the file. */
function readByTshark(path, wanted) {
  const fields = FIELDS.flatMap((name) => ['-e', name]);
  const follows = wanted.flatMap((stream) => ['-z', `follow,tcp,raw,${stream}`]);
  const { status, stdout } = tshark(path, ['-Y', 'tcp', '-T', 'fields', ...fields, ...follows]);
  if (status !== 0) return undefined;
  const [lines, ...followed] = stdout.split(/\n?={67}\nFollow: tcp,raw\n/);
  return {
    streams: streamsOf(lines),
    followed: new Map(followed.map((text) => [streamNumberOf(text), followedOf(text)])),
  };
}

/** Packets that ICMP quotes are no streams. tshark gives numbers to streams without packets as well (SOCKS). */
function streamsOf(lines) {
  const streams = new Map();
  for (const line of lines.split('\n')) {
    const [number, length, captured, icmp, icmp6, ip, ip6, port, seq, payload] = line.split('\t');
    // Of several TCP headers in one packet (a tunnel of TCP in TCP) the last is meant here.
    if (number === undefined || number === '' || icmp || icmp6) continue;
    const last = (values) => Number(values.split(',').at(-1));
    const stream = last(number);
    if (!streams.has(stream)) streams.set(stream, { stream, packets: 0, octets: 0, isCut: false, parts: new Map() });
    const one = streams.get(stream);
    one.packets++;
    one.octets += Number(length);
    one.isCut ||= Number(captured) < Number(length);
    const side = [ip, ip6, port].map((values) => values.split(',').at(-1)).join(' ');
    if (!one.parts.has(side)) one.parts.set(side, []);
    one.parts.get(side).push([last(seq), last(payload)]);
  }
  return [...streams.values()].sort((a, b) => a.stream - b.stream);
}

/** Whether octets are missing, from the sequence numbers that tshark tells: it passes over some holes in silence. */
function hasHoles({ isCut, parts }) {
  const isFull = (segments) => {
    const sorted = segments.filter(([, length]) => length > 0).sort((a, b) => a[0] - b[0]);
    let end = sorted[0]?.[0] ?? 0;
    for (const [seq, length] of sorted) {
      if (seq > end) return false;
      end = Math.max(end, seq + length);
    }
    return true;
  };
  return isCut || ![...parts.values()].every(isFull);
}

const streamNumberOf = (text) => Number(/^Filter: tcp\.stream eq (\d+)/m.exec(text)?.[1]);

/** Undefined where tshark marks a gap. */
function followedOf(text) {
  const node = /Node 0: (.*)/.exec(text)?.[1];
  if (node === undefined || /5b[0-9a-f]*206279746573206d697373696e67/i.test(text)) return undefined;
  const side = (isTab) =>
    Buffer.from(
      text
        .split('\n')
        .filter((line) => /^\t?[0-9a-f]+$/.test(line) && line.startsWith('\t') === isTab)
        .map((line) => line.trim())
        .join(''),
      'hex',
    );
  return { node, first: side(false), second: side(true) };
}

/** Octets of client and server of a stream; undefined where tshark marks a gap. */
function sidesOf(path, { followed }, stream, client) {
  const told = (followed.has(stream) ? followed : readByTshark(path, [stream])?.followed)?.get(stream);
  if (told === undefined) return undefined;
  return told.node === client ? [told.first, told.second] : [told.second, told.first];
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
const hasPort = (end) => /(?:^[\d.]+|\]):\d+$/.test(end);

const tally = { files: 0, connections: 0, different: 0, sides: 0, octets: 0, otherOctets: 0, gaps: 0 };
for (const [nth, path] of folders.flatMap(filesBelow).entries()) {
  if (nth % every !== 0 || statSync(path).size > most) continue;
  let flows;
  try {
    // Fragments without their first one have no ports, and are no stream of tshark's.
    flows = (await listFlows(path)).flows.filter(({ protocol, client }) => protocol === 'TCP' && hasPort(client));
  } catch {
    continue;
  }
  const first = Array.from({ length: Math.min(followed, flows.length) }, (_, stream) => stream);
  const read = flows.length === 0 ? undefined : readByTshark(path, first);
  if (read === undefined || read.streams.length === 0) continue;
  const theirs = read.streams;
  tally.files++;
  tally.connections += theirs.length;
  const ours = flows.map(({ packets, octets }) => `${packets[0] + packets[1]} ${octets[0] + octets[1]}`);
  const others = theirs.map(({ packets, octets }) => `${packets} ${octets}`);
  if (ours.join() !== others.join()) {
    const at = ours.findIndex((each, index) => each !== others[index]);
    tally.different++;
    console.log(
      `flows  ${path}: ${ours.length} connections, tshark ${others.length}; flow ${flows[at]?.number}: ${ours[at]}, tshark ${others[at]}`,
    );
    continue;
  }
  for (const [index, { number, client }] of flows.slice(0, followed).entries()) {
    const both = hasHoles(theirs[index]) ? undefined : sidesOf(path, read, theirs[index].stream, client);
    if (both === undefined) {
      tally.gaps++;
      continue;
    }
    for (const [side, name] of ['client', 'server'].entries()) {
      const parts = [];
      await followFlow(path, number, (part) => void parts.push(part), { form: 'raw', side: name });
      const own = Buffer.concat(parts);
      tally.sides++;
      tally.octets += own.length;
      if (own.equals(both[side])) continue;
      tally.otherOctets++;
      console.log(`follow ${path} ${number} ${name}: ${own.length} octets, tshark ${both[side].length}`);
    }
  }
}
console.log(`${tally.files} files, ${tally.connections} connections: ${tally.different} files differ`);
console.log(
  `${tally.sides} sides followed, ${tally.octets} octets: ${tally.otherOctets} sides differ; ${tally.gaps} connections with gaps passed over`,
);
process.exitCode = tally.different + tally.otherOctets === 0 ? 0 : 1;
