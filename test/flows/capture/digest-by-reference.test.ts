import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withObjects } from '../../../src/flows/correlate/conversations/drop-ordinary.ts';
import { joinDigests } from '../../../src/flows/correlate/points/join-digests.ts';
import { NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { arp, bytesOf, ethernet, geneve, icmp, ipv4, type Payload, udp, vxlan } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';
import { ReferenceCapture, type Written } from './reference-exchanges.ts';

const HOSTS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];
const ALL = 'ff:ff:ff:ff:ff:ff';
const GROUP = '01:00:5e:00:00:01';
const rarely = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const packet = fc.record({
  kind: fc.constantFrom<Written['kind'][]>('datagram', 'query', 'response', 'ping', 'pong', 'ask', 'reply', 'announce'),
  ends: fc.constantFrom<[number, number]>([0, 1], [1, 0], [0, 2], [2, 0]),
  choice: rarely(0, 1),
  service: fc.constantFrom(7000, 443),
  turned: fc.boolean(),
  length: fc.constantFrom(0, 1, 40, 900),
  mac: rarely(0, 1, 2),
  to: rarely('', ALL, GROUP),
  ttl: rarely(64, 30, 31, 5),
  df: fc.boolean(),
  tunnel: rarely<'vxlan' | 'geneve' | null>(null, 'vxlan', 'geneve'),
  networkId: rarely(5, 6),
  rcode: rarely(0, 2, 3),
  truncated: rarely(false, true),
  answers: fc.nat(2),
  name: fc.constantFrom('a.test', 'A.test', 'b.test'),
  pause: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0.001, 0.05, 1) },
    { weight: 1, arbitrary: fc.constantFrom(14, 15, 29, 30, 59, 60, 149, 150) },
  ),
});
type Drawn = typeof packet extends fc.Arbitrary<infer T> ? T : never;

/** Each limit alone at few items, or far from reached. */
const limits = fc.record({
  packetsPerItem: rarely(16, 1, 2),
  biflows: rarely(1000, 1, 2, 3),
  datagrams: rarely(1000, 0, 1, 2),
  dnsExchanges: rarely(1000, 0, 1, 2),
  echoExchanges: rarely(1000, 0, 1, 2),
  arpExchanges: rarely(1000, 0, 1, 2),
  claims: rarely(1000, 0, 1, 2),
  hosts: rarely(1000, 1, 2, 3),
  tunnels: rarely(1000, 1, 2),
  countedValues: rarely(32, 1, 2),
  probes: rarely(1000, 0, 1),
  tunnelChecksums: rarely(64, 1),
});

const be16 = (value: number): number[] => [value >> 8, value & 255];

function dnsMessage({ kind, id, name, rcode, truncated, answers }: Written): number[] {
  const isResponse = kind === 'response';
  const flags = (isResponse ? 0x8180 : 0x0100) | (isResponse && truncated ? 0x0200 : 0) | (isResponse ? rcode : 0);
  const labels = name.split('.').flatMap((label) => [label.length, ...bytesOf(label)]);
  const records = answers.flatMap((address) => [
    0xc0,
    12,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
  const counts = [...be16(1), ...be16(isResponse ? answers.length : 0), 0, 0, 0, 0];
  return [...be16(id), ...be16(flags), ...counts, ...labels, 0, 0, 1, 0, 1, ...(isResponse ? records : [])];
}

/** The payload of the innermost frame, and what the packet is. */
function write(one: Drawn, number: number, time: number): [Payload, Written] {
  const { kind, ends, choice, service, turned } = one;
  const [source, destination] = ends.map((end) => HOSTS[end]);
  const isPing = kind === 'ping' || kind === 'pong';
  const isLookup = kind === 'query' || kind === 'response';
  const isArp = !isPing && !isLookup && kind !== 'datagram';
  const port = 40_000 + choice;
  const ports = isArp
    ? [0, 0]
    : isPing
      ? [7 + choice, 7 + choice]
      : isLookup
        ? kind === 'query'
          ? [port, 53]
          : [53, port]
        : turned
          ? [service, port]
          : [port, service];
  const w: Written = {
    kind,
    number,
    time,
    source,
    destination: kind === 'announce' ? source : destination,
    sourcePort: ports[0],
    destinationPort: ports[1],
    sourceMac: MACS[one.mac],
    destinationMac: one.to || (kind === 'ask' && choice === 0 ? ALL : MACS[2 - one.mac]),
    tunnel: null,
    ttl: one.ttl,
    ipId: number,
    dontFragment: one.df,
    l3Length: 0,
    payloadLength: one.length,
    id: 20 + choice,
    name: one.name,
    sequence: 1 + choice,
    rcode: one.rcode,
    truncated: one.truncated,
    answers: Array.from({ length: one.answers }, (_, nth) => `192.0.2.${nth + 1}`),
  };
  if (isArp) return [arpOf(w), w];
  const content = isLookup ? dnsMessage(w) : Array<number>(one.length).fill(1);
  const layer = isPing
    ? icmp({ type: kind === 'ping' ? 8 : 0, id: w.sourcePort, sequence: w.sequence }, content)
    : udp({ sourcePort: w.sourcePort, destinationPort: w.destinationPort }, content);
  w.payloadLength = content.length;
  w.l3Length = 28 + content.length;
  const { ttl, ipId: id, dontFragment } = w;
  return [ipv4({ source, destination, ttl, id, dontFragment }, layer), w];
}

const arpOf = ({ kind, source, destination, sourceMac }: Written): Payload =>
  arp({ operation: kind === 'reply' ? 2 : 1, senderMac: sourceMac, sender: source, target: destination });

function inTunnel(frame: Payload, w: Written, { tunnel, networkId, ends, mac, ttl }: Drawn): Payload {
  if (tunnel === null) return frame;
  const [source, destination] = ends.map((end) => `172.16.0.${end + 1}`);
  const port = tunnel === 'vxlan' ? 8472 : 6081;
  const layer = tunnel === 'vxlan' ? vxlan({ vni: networkId }, frame) : geneve({ vni: networkId }, frame);
  const l3Length = 36 + bytesOf(frame).length;
  const [sourceMac, destinationMac] = [MACS[2 - mac], MACS[mac]];
  w.tunnel = { kind: tunnel, port, networkId, source, destination, ttl: ttl + 1, sourceMac, destinationMac, l3Length };
  const outer = ipv4(
    { source, destination, ttl: ttl + 1, id: w.number },
    udp({ sourcePort: 50_000, destinationPort: port }, layer),
  );
  return ethernet({ source: sourceMac, destination: destinationMac }, outer);
}

function capture(drawn: readonly Drawn[], reference: ReferenceCapture): TimedFrame[] {
  let time = 0;
  return drawn.map((one, index) => {
    if (index > 0) time += Math.round(one.pause * 1000);
    const [payload, w] = write(one, index + 1, time / 1000);
    const frame = ethernet({ source: w.sourceMac, destination: w.destinationMac }, payload);
    const whole = inTunnel(frame, w, one);
    reference.take(w);
    return [time / 1000, whole];
  });
}

test('datagrams, lookups, pings, neighbours, hosts, tunnels and probes are what a naive reading says, at any limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 40 }), limits, async (drawn, some) => {
      const all: Limits = { ...DEFAULT_LIMITS, ...some };
      const reference = new ReferenceCapture(all);
      const digest = await digestOf(capture(drawn, reference), { limits: some });
      const { columns, length } = digest.sightings ?? expect.fail('no rows');
      const rows = Array.from({ length }, (_, row) => ({
        packet: columns.packet[row],
        flow: columns.flow[row],
        direction: columns.direction[row],
        tunnel: columns.tunnel[row],
      }));
      expect({
        datagrams: digest.datagrams,
        datagramsTotal: digest.datagramsTotal,
        dns: digest.dns,
        dnsTotal: digest.dnsTotal,
        echoes: digest.echoes,
        echoesTotal: digest.echoesTotal,
        arp: digest.arp,
        claims: digest.claims,
        probes: digest.probes,
        probesTotal: digest.probesTotal,
        hosts: digest.hosts,
        tunnels: digest.tunnels.map(({ fates: _, ...tunnel }) => tunnel),
        rows,
      }).toEqual({
        datagrams: reference.datagrams,
        datagramsTotal: reference.datagramsTotal,
        dns: reference.dns,
        dnsTotal: reference.dnsTotal,
        echoes: reference.echoes,
        echoesTotal: reference.echoesTotal,
        arp: reference.arp,
        claims: reference.claims,
        probes: reference.probes,
        probesTotal: reference.probesTotal,
        hosts: reference.hosts(),
        tunnels: reference.tunnels(),
        rows: reference.rows,
      });
      const records = await digestOf(capture(drawn, new ReferenceCapture(all)), { limits: some, compact: true });
      const { dns, datagrams } = withObjects(joinDigests([records], NOTHING_KNOWN));
      expect({ dns, datagrams }).toEqual({ dns: reference.dns, datagrams: reference.datagrams });
    }),
    { seed: 42, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 500 : 200)) },
  );
});
