import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type GenerateOptions, generateCapture } from '../../benchmarks/generate-capture.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-generate-tshark-'));
afterAll(() => rmSync(folder, { recursive: true }));

const haveTshark = spawnSync('tshark', ['--version']).status === 0;

/** What tshark says of each frame of a capture, every checksum verified and VXLAN on its Linux port: one run. */
function judged(path: string) {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const names = [
    '_ws.malformed',
    'ip.checksum.status',
    'tcp.checksum.status',
    'udp.checksum.status',
    'frame.protocols',
  ];
  names.push('tcp.flags.syn', 'tcp.flags.ack', 'tcp.analysis.retransmission', 'tcp.analysis.lost_segment');
  names.push('tcp.analysis.duplicate_ack', 'tcp.analysis.flags', 'ip.addr');
  const fields = names.flatMap((name) => ['-e', name]);
  const command = ['-n', '-r', path, ...checks, '-d', 'udp.port==8472,vxlan', '-T', 'fields', ...fields];
  const text = execFileSync('tshark', command, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const cells = line.split('\t');
      const [malformed, ip, tcp, udp, protocols, syn, ack, again, gap, duplicate, flags, addresses] = cells;
      // A status of 0 is a wrong checksum; 2 and 3 are: not verified, not there (as in the outer UDP of VXLAN).
      const broken = malformed !== '' || [ip, tcp, udp].some((status) => status!.split(',').includes('0'));
      const opens = /^(1|True)$/.test(syn!) && !/^(1|True)$/.test(ack!) && again === '';
      return { broken, protocols: protocols!, opens, again, gap, duplicate, flags, addresses: addresses! };
    });
}

function generate(name: string, options: Omit<GenerateOptions, 'out'>): string[] {
  return generateCapture({ out: join(folder, name), ...options }).map(({ path }) => path);
}

describe.skipIf(!haveTshark)('generateCapture, read by tshark', () => {
  it.each([
    ['none', 'pcapng', 'eth:ethertype:ip:tcp'],
    ['vxlan', 'pcap', 'eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp'],
    ['ipip', 'pcap', 'eth:ethertype:ip:ip:tcp'],
  ] as const)(
    'overlay %s in %s: as many packets and connections as promised, none broken',
    (overlay, format, layers) => {
      const options = { packets: 2000, connections: 40, loss: 0.02, overlay, format };
      const frames = judged(generate(overlay, options)[0]!);
      expect(frames).toHaveLength(2000);
      expect(frames.filter(({ broken }) => broken)).toEqual([]);
      expect(frames.filter(({ opens }) => opens)).toHaveLength(40);
      expect(frames.filter(({ protocols }) => protocols.startsWith(layers)).length).toBeGreaterThan(1800);
      expect(frames.some(({ protocols }) => protocols.endsWith('dns'))).toBe(true);
      expect(frames.some(({ again }) => again !== '')).toBe(true);
      expect(frames.some(({ gap }) => gap !== '')).toBe(true);
      expect(frames.some(({ duplicate }) => duplicate !== '')).toBe(true);
    },
  );

  it('says nothing about TCP where nothing is lost', () => {
    const [path] = generate('clean', { packets: 3000, connections: 60, loss: 0 });
    expect(judged(path!).filter(({ flags, broken }) => flags !== '' || broken)).toEqual([]);
  });

  it('opens every connection with the fewest packets that are allowed for one', () => {
    const [path] = generate('few', { packets: 2400, connections: 300, sizes: 'small', loss: 0 });
    expect(judged(path!).filter(({ opens }) => opens)).toHaveLength(300);
  });

  it('shows two points the same traffic before and after the destination is translated, with losses between', () => {
    const [a, b] = generate('pair', { packets: 3000, connections: 20, points: 2, loss: 0.02 }).map(judged);
    const toServices = (frames: ReturnType<typeof judged>) =>
      frames.filter(({ addresses }) => addresses.includes('10.96.')).length;
    expect([...a!, ...b!].filter(({ broken }) => broken)).toEqual([]);
    expect(toServices(a!)).toBeGreaterThan(500);
    expect(toServices(b!)).toBe(0);
    for (const frames of [a!, b!]) expect(frames.some(({ gap }) => gap !== '')).toBe(true);
  });
});
