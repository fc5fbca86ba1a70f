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

const tshark = (path, words) =>
  spawnSync('tshark', [...OPTIONS, '-r', path, ...words], { encoding: 'latin1', maxBuffer: 2 ** 30 });

/** Packets and octets of each stream; undefined when tshark cannot read the file. Packets that ICMP quotes are no streams. */
function streamsOf(path) {
  const fields = ['tcp.stream', 'frame.len', 'icmp.type', 'icmpv6.type'].flatMap((name) => ['-e', name]);
  const { status, stdout } = tshark(path, ['-Y', 'tcp', '-T', 'fields', ...fields]);
  if (status !== 0) return undefined;
  const streams = [];
  for (const line of stdout.split('\n')) {
    const [stream, length, icmp, icmp6] = line.split('\t');
    // Of several TCP headers in one packet (a tunnel of TCP in TCP) the last is meant here.
    if (stream === undefined || stream === '' || icmp || icmp6) continue;
    const one = (streams[Number(stream.split(',').at(-1))] ??= { packets: 0, octets: 0 });
    one.packets++;
    one.octets += Number(length);
  }
  return streams.filter((stream) => stream !== undefined);
}

function followedByTshark(path, stream, client) {
  const { stdout } = tshark(path, ['-q', '-z', `follow,tcp,raw,${stream}`]);
  const node = /Node 0: (.*)/.exec(stdout)?.[1];
  if (node === undefined || /5b[0-9a-f]*206279746573206d697373696e67/i.test(stdout)) return undefined;
  const side = (isTab) =>
    Buffer.from(
      stdout
        .split('\n')
        .filter((line) => /^\t?[0-9a-f]+$/.test(line) && line.startsWith('\t') === isTab)
        .map((line) => line.trim())
        .join(''),
      'hex',
    );
  return node === client ? [side(false), side(true)] : [side(true), side(false)];
}

const tally = { files: 0, connections: 0, different: 0, sides: 0, octets: 0, otherOctets: 0, gaps: 0 };
for (const [nth, path] of folders.flatMap(filesBelow).entries()) {
  if (nth % every !== 0 || statSync(path).size > most) continue;
  let flows;
  try {
    flows = (await listFlows(path)).flows.filter(({ protocol }) => protocol === 'TCP');
  } catch {
    continue;
  }
  const theirs = flows.length === 0 ? undefined : streamsOf(path);
  if (theirs === undefined || theirs.length === 0) continue;
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
    const both = followedByTshark(path, index, client);
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
