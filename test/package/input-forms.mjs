// Every input form of the README, as its own command lines, with what each has to say.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generateCapture } from '../../benchmarks/generate-capture.mjs';

/** Packets of `pod.pcap` and of what it is turned into. */
const POD_PACKETS = 28;
/** Three files of this many packets are above the size from which captures are read in threads of their own (16 MB in all). */
const PACKETS_FOR_THREADS = 20_000;

export function writeInputs(pcaps, folder) {
  const to = (name) => join(folder, name);
  const pod = readFileSync(join(pcaps, 'case-2/client__eth0.pcap'));
  writeFileSync(to('pod.pcap'), pod);
  writeFileSync(to('pod.pcapng'), asPcapng(pod));
  writeFileSync(to('pod.pcap.gz'), gzipSync(pod));
  writeFileSync(to('pod.pcap.zst'), asZstandard(pod));
  for (const [index, part] of inThree(pod).entries()) writeFileSync(to(`nic.pcap${index || ''}`), part);
  copyFileSync(join(pcaps, 'case-1/node1__enp26s0f0.pcap'), to('node1.pcap'));
  copyFileSync(join(pcaps, 'case-1/node2__enp26s0f0.pcap'), to('node2.pcap'));
  for (const [index, name] of readdirSync(join(pcaps, 'losses-together')).sort().entries())
    copyFileSync(join(pcaps, 'losses-together', name), to(`${'ab'[index]}.pcap`));
  mkdirSync(to('captures'));
  for (const name of readdirSync(join(pcaps, 'case-2')))
    copyFileSync(join(pcaps, 'case-2', name), to(`captures/${name}`));
  for (const [where, name] of [
    ['golden', 'healthy-pmtud/client__eth0.pcap'],
    ['now', 'case-2/client__eth0.pcap'],
  ]) {
    mkdirSync(to(where));
    copyFileSync(join(pcaps, name), to(`${where}/client__eth0.pcap`));
  }
  copyFileSync(to('pod.pcap'), to('eth0.pcap'));
  mkdirSync(to('ci'));
  copyFileSync(join(pcaps, 'healthy-dns/node1__eth0.pcap'), to('ci/node1__eth0.pcap'));
  writeFileSync(to('ci/dns.pcapdiag.yml'), SCENARIO);
  execFileSync('tar', ['-czf', to('captures.tar.gz'), '-C', folder, 'captures']);
  execFileSync('tar', ['-cf', to('captures.tar'), '-C', folder, 'captures']);
  writeFileSync(to('cluster.json'), JSON.stringify(INVENTORY));
  writeFileSync(to('broken.pcap'), 'this is no capture, whatever its name says');
  writeFileSync(to('library.mjs'), LIBRARY);
  const large = { packets: PACKETS_FOR_THREADS, points: 3, loss: 0.001, sizes: 'large', seed: 1 };
  for (const [index, { path }] of generateCapture({ out: to('large'), ...large }).entries())
    renameSync(path, to(`large.${index + 1}.pcap`));
}

const readme = (command, rest) => ({
  name: command,
  argv: command.split('pcapdiag ').at(-1).split(' '),
  readme: true,
  ...rest,
});
const form = (name, argv, rest) => ({ name, argv: argv.split(' '), readme: false, ...rest });

const podFault = { status: 1, says: [/^FAULT {2}Large packets from 10\.20\.30\.202 to 10\.20\.30\.157 are lost/] };
const podReport = { status: 1, holds: (stdout) => reportOf(stdout, 'mtu-black-hole', [POD_PACKETS]) };
const wholePath = { status: 1, says: [/^FAULT {2}Large packets/, /after node1 enp26s0f0, before node1 tunl0/] };

/** `readme`: the words are the README's own. */
export const INPUT_FORMS = [
  readme('pcapdiag pod.pcap', podFault),
  readme('pcapdiag analyze pod.pcap', podFault),
  readme('pcapdiag analyze node1.pcap node2.pcap', {
    status: 1,
    says: [/^FAULT {2}The node 10\.153\.204\.15 sends VXLAN/],
  }),
  readme('pcapdiag analyze captures/', wholePath),
  readme('cat captures.tar.gz | pcapdiag -', { input: 'captures.tar.gz', ...wholePath }),
  readme('pcapdiag analyze nic.pcap nic.pcap1 nic.pcap2', podFault),
  readme('tcpdump -i any -s 0 -w - | pcapdiag analyze -', { input: 'pod.pcap', ...podFault }),
  readme("pcapdiag --filter 'tcp and host 10.233.66.0' --inside node1.pcap", {
    argv: ['--filter', 'tcp and host 10.233.66.0', '--inside', 'node1.pcap'],
    status: 1,
    says: [/^FAULT/],
  }),
  readme('pcapdiag -v node1.pcap node2.pcap', { status: 1, says: [/^FAULT/, /vxlan-outer-source-mismatch/] }),
  readme('pcapdiag --commands node1.pcap node2.pcap', { status: 1, says: [/^.*ip -4 addr show/m] }),
  readme('pcapdiag analyze --format json a.pcap', {
    status: 0,
    holds: (stdout) => reportOf(stdout, 'packet-loss', undefined),
  }),
  readme('pcapdiag -f html -o report.html captures/', {
    status: 1,
    holds: (stdout, folder) =>
      stdout === '' && readFileSync(join(folder, 'report.html'), 'utf8').startsWith('<!doctype html>')
        ? undefined
        : 'no report.html',
  }),
  readme('pcapdiag baseline write captures/', {
    status: 0,
    says: [/^\+ error mtu-black-hole: tcp /, /pcapdiag-baseline\.json: 1 known, 1 added/],
  }),
  readme('pcapdiag check ci/dns.pcapdiag.yml', { status: 0, says: [/^OK/, /GATE PASSED/] }),
  readme('pcapdiag diff golden/ now/', { status: 1, says: [/^worse {4}finding {4}new error: mtu-black-hole: /] }),
  readme('pcapdiag analyze --format github captures/', {
    status: 1,
    says: [/^::error file=captures\/client__eth0\.pcap,line=1,title=mtu-black-hole/],
  }),
  readme('pcapdiag analyze --export-missing lost.pcapng a.pcap b.pcap', {
    status: 0,
    says: [/16 of 1221 packets/],
    holds: (_, folder) => isPcapng(folder, 'lost.pcapng'),
  }),
  readme('pcapdiag analyze --inventory cluster.json a.pcap', { status: 0, says: [/a-node-of-the-inventory/] }),
  readme('pcapdiag packets -v node1.pcap', { status: 0, says: [/^ +1 +0\.000000 {2}ARP who has/, /vxlan: 1/] }),
  readme('pcapdiag flows --sort again node1.pcap', { status: 0, says: [/^# {2}protocol/, /TCP in vxlan 1/] }),
  readme('pcapdiag follow node1.pcap 1', { status: 0, says: [/^--- 10\.233\.66\.0:50807 > 10\.233\.65\.46:5000\n/] }),
  readme('pcapdiag export --finding 1 -o ticket.pcapng node1.pcap node2.pcap', {
    status: 0,
    holds: (_, folder) => isPcapng(folder, 'ticket.pcapng'),
    complains: /./,
  }),
  readme('pcapdiag export --redact --finding 1 -o ticket.pcapng node1.pcap', {
    status: 0,
    holds: (_, folder) => isPcapng(folder, 'ticket.pcapng'),
    complains: /./,
  }),
  readme('pcapdiag stats node1.pcap node2.pcap', { status: 0, says: [/^== node1\.pcap\n36 packets, /] }),
  readme('pcapdiag digest --host node1 -o digests eth0.pcap', {
    status: 0,
    says: [/^digests\/.*\.pcapdiag-digest\n$/],
  }),
  readme('pcapdiag correlate digests/', podFault),
  readme('pcapdiag plan --help', { status: 0, says: [/--target-node/] }),
  readme('mtr -r example.net | pcapdiag mtr -', {
    input: Buffer.from(
      'HOST: node1  Loss%  Snt  Last  Avg  Best  Wrst  StDev\n  1.|-- 10.9.0.1  20%  100  1  1  1  1  0\n',
    ),
    status: 1,
    says: [/20 % of 100 probes/],
  }),
  readme('pcapdiag explain mtu-black-hole', { status: 0, says: [/^# mtu-black-hole\n/] }),

  form('pcap, as JSON', 'analyze --format json pod.pcap', podReport),
  form('pcapng', 'analyze --format json pod.pcapng', podReport),
  form('gzip', 'analyze --format json pod.pcap.gz', podReport),
  form('zstd', 'analyze --format json pod.pcap.zst', podReport),
  form('several files of one capture', 'analyze --format json nic.pcap nic.pcap1 nic.pcap2', podReport),
  form('standard input, gzip', 'analyze --format json -', { input: 'pod.pcap.gz', ...podReport }),
  form('standard input, zstd', 'analyze --format json -', { input: 'pod.pcap.zst', ...podReport }),
  form('.tar.gz of captures', 'analyze captures.tar.gz', wholePath),
  form('.tar of captures', 'analyze captures.tar', wholePath),
  form(
    'large captures, read in threads',
    'analyze --format json --fail-on never large.1.pcap large.2.pcap large.3.pcap',
    {
      status: 0,
      threads: true,
      holds: (stdout) => (JSON.parse(stdout).captures.length === 3 ? undefined : 'not three captures'),
    },
  ),
  form('Markdown', 'analyze --format markdown pod.pcap', { status: 1, says: [/mtu-black-hole/] }),
  form('--output', 'analyze --output report.txt pod.pcap', {
    status: 1,
    holds: (stdout, folder) =>
      stdout === '' && readFileSync(join(folder, 'report.txt'), 'utf8').startsWith('FAULT')
        ? undefined
        : 'no report.txt',
  }),
  form('the packets that got lost, read again', 'analyze --fail-on never lost.pcapng', {
    status: 2,
    says: [/^NOTHING TO JUDGE {2}16 packets/],
    complains: /nothing could be judged/,
  }),
  form('plan', 'plan --pod shop/web-0 --node node1 --cni flannel --target 10.244.2.7:80 --target-node node2', {
    status: 0,
    says: [/On node2 as root/],
  }),
  form('explain --list', 'explain --list', { status: 0, says: [/^mtu-black-hole /m] }),
  form('--help', '--help', { status: 0, says: [/^pcapdiag FILE\.\.\.\n/, /analyze FILE\.\.\./] }),
  form('--version', '--version', { status: 0, says: [/^\d+\.\d+\.\d+\n$/] }),
  form('completion', 'completion bash', { status: 0, says: [/pcapdiag/] }),
  form('a file that is no capture', 'analyze broken.pcap', { status: 2, complains: /broken\.pcap/ }),
  form('an unknown option', 'analyze pod.pcap --nonsense', { status: 2, complains: /there is no option --nonsense/ }),
  {
    name: 'the library',
    program: 'library.mjs',
    argv: ['pod.pcap'],
    readme: false,
    status: 0,
    says: [/^mtu-black-hole 28\n$/],
  },
];

const isPcapng = (folder, name) =>
  readFileSync(join(folder, name)).readUInt32LE(0) === 0x0a0d0d0a ? undefined : `${name} is no pcapng`;

export function whatIsWrong(
  { status: wanted, says = [], complains, holds },
  { status, signal, stdout, stderr },
  folder,
) {
  const seen = `standard error: ${stderr.slice(0, 500) || 'nothing'}`;
  if (status !== wanted) return `exit status ${status ?? signal}, not ${wanted}; ${seen}`;
  if (complains === undefined ? stderr !== '' : !complains.test(stderr)) return seen;
  for (const text of says) if (!text.test(stdout)) return `${text} is not in: ${stdout.slice(0, 500)}`;
  return holds?.(stdout, folder);
}

export function inputOf({ input }, folder) {
  return typeof input === 'string' ? readFileSync(join(folder, input)) : (input ?? '');
}

function reportOf(stdout, ruleId, packets) {
  const report = JSON.parse(stdout);
  const counts = report.captures.map((each) => each.packets);
  const seen = [report.schemaVersion, report.verdict?.ruleId ?? null, packets && counts];
  const wanted = [1, ruleId, packets];
  return JSON.stringify(seen) === JSON.stringify(wanted)
    ? undefined
    : `${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`;
}

const INVENTORY = {
  kind: 'List',
  items: [
    {
      kind: 'Node',
      metadata: { name: 'a-node-of-the-inventory' },
      status: { addresses: [{ type: 'InternalIP', address: '10.90.7.11' }] },
    },
  ],
};

const SCENARIO = `captures: node1__eth0.pcap
expect:
  evidence: dns
  measures: dns.answered > 0%
`;

const LIBRARY = `import { analyze, readPackets } from 'pcapdiag';
const report = await analyze([process.argv[2]]);
let packets = 0;
for await (const packet of readPackets(process.argv[2])) packets += packet.number > 0 ? 1 : 0;
console.log(report.verdict?.ruleId, packets);
`;

/** Where the records of a little-endian classic pcap begin; last, where they end. */
function recordOffsets(pcap) {
  const offsets = [24];
  while (offsets.at(-1) < pcap.length) offsets.push(offsets.at(-1) + 16 + pcap.readUInt32LE(offsets.at(-1) + 8));
  return offsets;
}

/** What `tcpdump -C` leaves: three files, each with the header. */
function inThree(pcap) {
  const offsets = recordOffsets(pcap);
  const third = Math.ceil((offsets.length - 1) / 3);
  const cuts = [offsets[0], offsets[third], offsets[2 * third], offsets.at(-1)];
  return [0, 1, 2].map((part) => Buffer.concat([pcap.subarray(0, 24), pcap.subarray(cuts[part], cuts[part + 1])]));
}

/** Section header, interface description and an enhanced packet block for each record (IETF draft-ietf-opsawg-pcapng). */
function asPcapng(pcap) {
  const block = (type, body) => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const length = u32(padded.length + 12);
    return Buffer.concat([u32(type), length, padded, length]);
  };
  const offsets = recordOffsets(pcap);
  const packets = offsets.slice(0, -1).map((offset) => {
    const time = BigInt(pcap.readUInt32LE(offset)) * 1_000_000n + BigInt(pcap.readUInt32LE(offset + 4));
    const captured = pcap.readUInt32LE(offset + 8);
    const head = u32(0, Number(time >> 32n), Number(time & 0xffffffffn), captured, pcap.readUInt32LE(offset + 12));
    return block(6, Buffer.concat([head, pcap.subarray(offset + 16, offset + 16 + captured)]));
  });
  const section = block(0x0a0d0d0a, u32(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff));
  return Buffer.concat([section, block(1, u32(pcap.readUInt32LE(20), pcap.readUInt32LE(16))), ...packets]);
}

const u32 = (...values) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
};

/** One frame of raw blocks (RFC 8878, 3.1.1): Node before 22.15 has no compressor. */
function asZstandard(bytes) {
  const MOST = 128 * 1024;
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])];
  for (let at = 0; at < bytes.length; at += MOST) {
    const raw = bytes.subarray(at, at + MOST);
    const isLast = at + MOST >= bytes.length ? 1 : 0;
    parts.push(u32((raw.length << 3) | isLast).subarray(0, 3), raw);
  }
  return Buffer.concat(parts);
}
