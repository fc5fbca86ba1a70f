import { describe, expect, test } from 'vitest';
import { captureStats, formatStats } from '../../src/inspect/capture-stats.ts';
import { formatFlows } from '../../src/inspect/flow-table.ts';
import { followFlow } from '../../src/inspect/follow-flow.ts';
import { listFlows } from '../../src/inspect/list-flows.ts';
import { listPackets, type PacketListOptions } from '../../src/inspect/list-packets.ts';
import { StreamOctets } from '../../src/inspect/stream-octets.ts';
import { randomOf } from '../filter/random-expression.ts';
import { pcapFile, type RecordToWrite } from '../support/capture-bytes.ts';
import { ethernet, ipv4, type Payload, tcp, udp, vxlan } from '../support/frames.ts';

const VXLAN = 'test/pcaps/case-1/node1__enp26s0f0.pcap';
const DNS = 'test/pcaps/healthy-dns/node1__veth3d676375.pcap';
const POST = 'test/pcaps/case-2/client__eth0.pcap';

async function packets(path: string, options: PacketListOptions = {}): Promise<string[]> {
  let text = '';
  await listPackets(path, (part) => void (text += part), options);
  return text.split('\n').slice(0, -1);
}

describe('packets', () => {
  test('one line each, with tunnels, in the order of the file', async () => {
    const lines = await packets(VXLAN);
    expect(lines).toHaveLength(36);
    expect(lines[0]).toBe('      1      0.000000  ARP who has 10.153.204.1, tell 10.153.204.15');
    expect(lines[2]).toBe(
      '      3      0.000024  [vxlan 1 10.153.204.15 > 10.61.187.48] 10.233.66.0:50807 > 10.233.65.46:5000 TCP S seq 2443383999 win 64860 mss 1410 0 octets',
    );
  });

  test('selected ones keep their numbers', async () => {
    const lines = await packets(VXLAN, { selection: { filter: 'tcp[tcpflags] & tcp-fin != 0', filterInside: true } });
    expect(lines.map((line) => Number(line.slice(0, 7)))).toEqual([10, 11, 34, 35]);
    for (const line of lines) expect(line).toMatch(/ TCP F/);
  });

  test('layers and octets below the line', async () => {
    const lines = await packets(VXLAN, { layers: true, octets: true, selection: { between: ['0.00002', '0.00003'] } });
    expect(lines).toContain('           vxlan: 1');
    expect(lines.some((line) => /^ {6}0000 {2}([0-9a-f]{2} ){16} .{16}$/.test(line))).toBe(true);
  });

  test('names in DNS messages', async () => {
    const lines = await packets(DNS);
    expect(lines.some((line) => /DNS \d+ asks for \S+/.test(line))).toBe(true);
  });
});

describe('flows', () => {
  describe('SYNs without ACK', () => {
    const segment = (from: 0 | 1, seq: number, flags: string, ack = 0) => {
      const [source, destination] = from === 0 ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
      const [sourcePort, destinationPort] = from === 0 ? [40000, 179] : [179, 40000];
      const inner = tcp({ sourcePort, destinationPort, seq, ack, flags });
      return { frame: ethernet({}, ipv4({ source, destination }, inner)) };
    };
    const histories = async (records: RecordToWrite[]) =>
      (await listFlows({ name: 'a.pcap', data: pcapFile(records) })).flows.map(({ history, packets }) => [
        history,
        packets,
      ]);

    test('of both ends open one connection', async () => {
      const both = [segment(0, 100, 'S'), segment(1, 900, 'S'), segment(1, 900, 'S')];
      expect(await histories([...both, segment(0, 100, 'S.', 901), segment(1, 900, 'S.', 101)])).toEqual([
        ['SsHh', [2, 3]],
      ]);
    });

    test('from port 0, which a scanner may use, tell the port', async () => {
      const inner = tcp({ sourcePort: 0, destinationPort: 179, seq: 1, flags: 'S' });
      const scan = ethernet({}, ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }, inner));
      const { flows } = await listFlows({ name: 'a.pcap', data: pcapFile([{ frame: scan }]) });
      expect(flows.map(({ client }) => client)).toEqual(['10.0.0.1:0']);
    });

    test('are two connections where the other end had acknowledged before', async () => {
      const first = [segment(0, 100, 'S'), segment(0, 101, '.', 501)];
      expect(await histories([...first, segment(1, 900, 'S')])).toEqual([
        ['SA', [2, 0]],
        ['S', [1, 0]],
      ]);
    });
  });

  test('history, counts and state of each connection', async () => {
    const { flows } = await listFlows(VXLAN);
    expect(flows.map(({ history, state, packets, sentAgain }) => [history, state, packets, sentAgain])).toEqual([
      ['ShADadFf', 'closed', [6, 4], 0],
      ['S', 'no answer', [8, 0], 0],
      ['ShADadFf', 'closed', [8, 6], 0],
    ]);
    expect(flows[0]).toMatchObject({ tunnels: ['vxlan 1'], client: '10.233.66.0:50807', server: '10.233.65.46:5000' });
    expect(flows[0].roundTrip).toBeCloseTo(0.000189, 6);
  });

  test('segments that are sent again are counted, and sort the list', async () => {
    const { flows } = await listFlows(POST, { order: 'again' });
    expect(flows[0].sentAgain).toBe(6);
    expect((await listFlows(VXLAN, { order: 'packets' })).flows.map(({ number }) => number)).toEqual([3, 1, 2]);
  });

  test('as a table, of which the rest is told', async () => {
    const text = formatFlows(await listFlows(VXLAN), 2);
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toMatch(/^# {2}protocol +client +server +packets/);
    expect(text).toContain('TCP in vxlan 1  10.233.66.0:50807  10.233.65.46:5000  6 + 4');
    expect(text).toContain('1 more flows: --top shows more');
  });
});

describe('follow', () => {
  const text = async (path: string, number: number, form: 'text' | 'hex' = 'text') => {
    let written = '';
    await followFlow(path, number, (part) => void (written += part), { form });
    return written;
  };

  test('heads of HTTP are readable, and say who speaks', async () => {
    const lines = (await text(VXLAN, 1)).split('\n');
    expect(lines[0]).toBe('--- 10.233.66.0:50807 > 10.233.65.46:5000');
    expect(lines[1]).toMatch(/^(GET|POST) \S+ HTTP\/1\.1$/);
    expect(lines).toContain('--- 10.233.65.46:5000 > 10.233.66.0:50807');
    expect(lines.some((line) => /^HTTP\/1\.\d 200/.test(line))).toBe(true);
    expect(await text(VXLAN, 1, 'hex')).toMatch(/^ {6}0000 {2}[0-9a-f]{2} /m);
  });

  test('nothing that could move the cursor is written', async () => {
    for (const form of ['text', 'hex'] as const) expect(await text(VXLAN, 3, form)).not.toMatch(/[^\n\t\P{Cc}]/u);
  });

  test('a flow that is not there', async () => {
    await expect(text(VXLAN, 4)).rejects.toThrow('there is no flow 4: the flows are 1 to 3');
  });
});

describe('the octets of a direction', () => {
  const sent = Uint8Array.from({ length: 5000 }, (_, at) => (at * 31) & 255);

  /** Segments in random order, repeated, overlapping; without those that begin in the hole. */
  function received(seed: number, hole: readonly [number, number] = [0, 0]): { octets: Buffer; gaps: number[] } {
    const random = randomOf(seed);
    const iss = random(2) === 0 ? 0xfffffff0 : 1000;
    const segments: [number, number][] = [];
    for (let at = 0; at < sent.length; at += 1 + random(300)) segments.push([at, Math.min(sent.length, at + 400)]);
    const late = segments.map((segment, index) => ({ segment, at: index + random(4) })).sort((a, b) => a.at - b.at);
    const parts: Uint8Array[] = [];
    const gaps: number[] = [];
    const stream = new StreamOctets({
      octets: (bytes) => void parts.push(bytes.slice()),
      gap: (octets) => void gaps.push(octets),
    });
    stream.segment(iss, true, new Uint8Array(0), 0);
    for (const {
      segment: [from, to],
    } of [...late, ...late.slice(3, 6)]) {
      if (from < hole[1] && to > hole[0]) continue;
      stream.segment((iss + 1 + from) >>> 0, false, sent.subarray(from, to), to - from);
    }
    stream.end();
    return { octets: Buffer.concat(parts), gaps };
  }

  test('are in order and once, whatever came again or late, also where sequence numbers wrap', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { octets, gaps } = received(seed);
      expect(octets.equals(sent)).toBe(true);
      expect(gaps).toEqual([]);
    }
  });

  test('a hole is one gap, and what is behind it follows', () => {
    const { octets, gaps } = received(7, [2000, 2001]);
    expect(gaps).toHaveLength(1);
    expect(octets.length + gaps[0]).toBe(sent.length);
  });

  test('a segment that was cut has a gap at its end', () => {
    const gaps: number[] = [];
    const stream = new StreamOctets({ octets: () => {}, gap: (octets) => void gaps.push(octets) });
    stream.segment(5, false, sent.subarray(0, 40), 100);
    stream.segment(105, false, sent.subarray(0, 100), 100);
    expect(gaps).toEqual([60]);
  });
});

test('stats', async () => {
  const stats = await captureStats(VXLAN);
  expect(stats).toMatchObject({
    all: { packets: 36, octets: 8546 },
    protocols: [
      { name: 'TCP', packets: 32 },
      { name: 'ARP', packets: 4 },
    ],
    tunnels: [{ name: 'vxlan 1', packets: 32 }],
    tcp: { connections: 3, segments: 32, sentAgain: 0 },
  });
  expect(formatStats(stats)).toMatch(/^36 packets, 8,546 octets in 18\.052 s\n/);
});

test('times of lookups, by server', async () => {
  const message = (id: number, isAnswer: boolean): Uint8Array =>
    Uint8Array.from([0, id, isAnswer ? 0x81 : 1, isAnswer ? 0x80 : 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]);
  const [client, one, other] = ['10.0.0.1', '10.0.0.53', '10.0.0.54'];
  const asks = (server: string, id: number) =>
    ethernet({}, ipv4({ source: client, destination: server }, udp({ destinationPort: 53 }, message(id, false))));
  const answers = (server: string, id: number) =>
    ethernet(
      {},
      ipv4({ source: server, destination: client }, udp({ sourcePort: 53, destinationPort: 40000 }, message(id, true))),
    );
  const at = (milliseconds: number, frame: Payload) => ({
    frame,
    seconds: 1_700_000_000,
    nanoseconds: milliseconds * 1e6,
  });
  const stats = await captureStats(
    pcapFile([
      at(0, asks(one, 1)),
      at(2, answers(one, 1)),
      at(10, asks(one, 2)),
      at(15, asks(one, 2)),
      at(30, answers(one, 2)),
      at(40, asks(other, 3)),
      // Of another server: no answer.
      at(41, answers(one, 3)),
    ]),
  );
  expect(stats.dns).toMatchObject({ queries: 3, sentAgain: 1, answered: 2 });
  expect(stats.dns.slowest).toBeCloseTo(0.02, 6);
  expect(stats.dns.servers).toMatchObject([
    { name: one, queries: 2, sentAgain: 1, answered: 2 },
    { name: other, queries: 1, sentAgain: 0, answered: 0, median: null, p95: null, slowest: null },
  ]);
  expect(formatStats(stats)).toContain(
    '10.0.0.54  1 queries, 0 sent again, 0 answered; median -, 95 % within -, slowest -',
  );
});

test('a SYN ends a connection that was running when the capture began, and none of which only its answer came first', async () => {
  const ends = { source: '10.0.0.1', destination: '10.0.0.2' };
  const back = { source: '10.0.0.2', destination: '10.0.0.1' };
  const ports = { sourcePort: 4000, destinationPort: 80 };
  const there = (flags: string, seq: number, payload = '') => ({
    frame: ethernet({}, ipv4(ends, tcp({ ...ports, flags, seq }, payload))),
  });
  const answer = {
    frame: ethernet({}, ipv4(back, tcp({ sourcePort: 80, destinationPort: 4000, flags: 'S.', seq: 9, ack: 101 }))),
  };
  const flowsOf = async (records: Parameters<typeof pcapFile>[0]) =>
    (await listFlows(pcapFile(records))).flows.map(({ packets }) => packets);
  expect(await flowsOf([there('P.', 50, 'more'), there('F.', 54), there('S', 100), answer])).toEqual([
    [2, 0],
    [1, 1],
  ]);
  expect(await flowsOf([answer, there('S', 100), there('.', 101)])).toEqual([[2, 1]]);
});

test('both directions of a connection are one, though their tunnels have identifiers of their own', async () => {
  const inVxlan = (
    vni: number,
    source: string,
    destination: string,
    ports: { sourcePort: number; destinationPort: number },
  ) => ({
    frame: ethernet(
      {},
      ipv4(
        { source: `192.168.0.${vni}`, destination: '192.168.0.9' },
        udp({ destinationPort: 8472 }, vxlan({ vni }, ethernet({}, ipv4({ source, destination }, tcp(ports))))),
      ),
    ),
  });
  const { flows } = await listFlows(
    pcapFile([
      inVxlan(7, '10.0.0.1', '10.0.1.1', { sourcePort: 4000, destinationPort: 80 }),
      inVxlan(8, '10.0.1.1', '10.0.0.1', { sourcePort: 80, destinationPort: 4000 }),
    ]),
  );
  expect(flows).toMatchObject([{ packets: [1, 1], tunnels: ['vxlan 7'] }]);
});
