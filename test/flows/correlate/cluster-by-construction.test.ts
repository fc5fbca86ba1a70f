import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import {
  type Conversation,
  type Evidence,
  type Hop,
  NOTHING_KNOWN,
  type PointRole,
} from '../../../src/flows/evidence/evidence.ts';
import { type DigestOfObjects, digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { arp, ethernet, ipv4, type Payload, tcp, udp, vxlan } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';

/**
 * A cluster of two nodes that is built frame by frame, captured at each device:
 *
 *   veth ── cni0 ── flannel.1 ── eth0 ═ eth0 ── flannel.1 ── cni0 ── veth
 *
 * Places, hosts, orders and the place of each loss are those of the build, with names of files and without.
 */

const DEVICES = ['veth', 'cni0', 'flannel.1', 'eth0'] as const;
type Device = (typeof DEVICES)[number];
const ROLES: Record<Device, PointRole> = {
  veth: 'pod-veth',
  cni0: 'bridge',
  'flannel.1': 'tunnel-device',
  eth0: 'node-nic',
};
/** One capture. */
interface Place {
  node: number;
  device: Device;
}
const PATH: readonly Place[] = [
  ...DEVICES.map((device) => ({ node: 0, device })),
  ...[...DEVICES].reverse().map((device) => ({ node: 1, device })),
];
const DELAYS = [0, 15e-6, 20e-6, 25e-6, 300e-6, 25e-6, 20e-6, 15e-6];

const macOf = (node: number, number: number): string => `02:00:00:0${node}:00:0${number}`;
const POD_MAC = 1;
const [BRIDGE_MAC, TUNNEL_MAC, NIC_MAC] = [2, 3, 4];
const podOf = (node: number): string => `10.244.${node + 1}.5`;
const nodeOf = (node: number): string => `192.168.0.${node + 1}`;

/** The frame of a packet between the pods as one place shows it. @param from node of its sender */
function frameAt({ node, device }: Place, from: number, id: number, layer: Payload): Payload {
  const to = 1 - from;
  const [source, destination] = [podOf(from), podOf(to)];
  const packet = (ttl: number) => ipv4({ source, destination, ttl, id }, layer);
  const between = (sender: [number, number], receiver: [number, number], payload: Payload) =>
    ethernet({ source: macOf(...sender), destination: macOf(...receiver) }, payload);
  const inner = between([from, TUNNEL_MAC], [to, TUNNEL_MAC], packet(63));
  if (device === 'flannel.1') return inner;
  if (device === 'eth0') {
    const outer = { source: nodeOf(from), destination: nodeOf(to), ttl: 64, id };
    const port = { sourcePort: 50_000 + (id % 100), destinationPort: 8472, checksum: 0 };
    return between([from, NIC_MAC], [to, NIC_MAC], ipv4(outer, udp(port, vxlan({ vni: 1 }, inner))));
  }
  return node === from
    ? between([from, POD_MAC], [from, BRIDGE_MAC], packet(64))
    : between([to, BRIDGE_MAC], [to, POD_MAC], packet(62));
}

interface Sent {
  time: number;
  from: number;
  layer: Payload;
  conversation: number;
  /** Lost behind so many places of its way; null: arrives. */
  lostAfter: number | null;
}

const choices = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  conversations: fc.integer({ min: 2, max: 4 }),
  client: fc.constantFrom(0, 1),
  protocol: fc.constantFrom<('tcp' | 'udp')[]>('tcp', 'udp'),
  /** The last conversation: all packets of its client are lost behind so many places; null: none. */
  hole: fc.constantFrom(null, 0, 1, 2, 3, 4, 5, 6),
  lossPercent: fc.constantFrom(0, 8),
  offset: fc.constantFrom(0, 0.75, -30),
});
type Choice = typeof choices extends fc.Arbitrary<infer T> ? T : never;

function packetsOf({ seed, conversations, client, protocol, hole, lossPercent }: Choice): Sent[] {
  const next = randomFrom(seed);
  const server = 1 - client;
  const all: Sent[] = [];
  for (let conversation = 0; conversation < conversations; conversation++) {
    const isLast = conversation === conversations - 1;
    const [clientPort, port] = [40_000 + conversation, 80];
    let time = 1 + conversation;
    const seqs = [0, 1].map(() => 1000 + Math.floor(next() * 1e9));
    const send = (from: number, flags: string, length = 0): void => {
      time += 0.01;
      const isClient = from === client;
      const [sourcePort, destinationPort] = isClient ? [clientPort, port] : [port, clientPort];
      const payload = new Uint8Array(length).fill(1 + (all.length % 200));
      const layer =
        protocol === 'udp'
          ? udp({ sourcePort, destinationPort }, payload)
          : tcp(
              {
                sourcePort,
                destinationPort,
                seq: seqs[from],
                ack: flags === 'S' ? 0 : seqs[1 - from],
                flags,
                ...(flags.startsWith('S') && { mss: 1410 }),
              },
              payload,
            );
      const isInHole = isLast && hole !== null && isClient;
      const isLost = length > 0 && !isLast && all.length > 8 && next() * 100 < lossPercent;
      const lostAfter = isInHole ? hole : isLost ? Math.floor(next() * 7) : null;
      all.push({ time, from, layer, conversation, lostAfter });
      if (lostAfter !== null && !isInHole && protocol === 'tcp')
        all.push({ ...all[all.length - 1], time: time + 0.004, lostAfter: null });
      seqs[from] += length + (/[SF]/.test(flags) ? 1 : 0);
    };
    if (isLast && hole !== null) {
      for (let nth = 0; nth < 4; nth++) {
        time += nth;
        seqs[client] -= nth > 0 && protocol === 'tcp' ? 1 : 0;
        send(client, 'S', protocol === 'udp' ? 60 : 0);
      }
      continue;
    }
    if (protocol === 'tcp') {
      send(client, 'S');
      send(server, 'S.');
      send(client, '.');
    }
    for (let nth = 0; nth < 4; nth++) {
      send(client, '.P', 100 + nth);
      send(server, '.P', 700 + nth);
    }
    if (protocol === 'tcp') {
      send(client, '.');
      send(client, 'F.');
      send(server, 'F.');
      send(client, '.');
    }
  }
  return all.sort((a, b) => a.time - b.time);
}

/** What each place shows, by its own clock. */
function capturesOf(sent: readonly Sent[], { offset }: Choice): TimedFrame[][] {
  return PATH.map((place, at) => {
    const frames = sent.flatMap(({ time, from, layer, lostAfter }, nth): TimedFrame[] => {
      const way = from === 0 ? at : 7 - at;
      if (lostAfter !== null && way > lostAfter) return [];
      const passed = from === 0 ? DELAYS.slice(0, at + 1) : DELAYS.slice(at + 1);
      const seen = time + passed.reduce((sum, delay) => sum + delay, 0);
      return [[seen, frameAt(place, from, nth + 1, layer)]];
    });
    const clock = 40 + (place.node === 1 ? offset : 0);
    return [...around(place), ...frames]
      .map(([time, frame]): TimedFrame => [time + clock, frame])
      .sort((a, b) => a[0] - b[0]);
  });
}

/** Neighbours ask for each other, before and after everything else: each capture runs all the time. */
function around({ node, device }: Place): TimedFrame[] {
  const own = device === 'eth0' ? NIC_MAC : device === 'flannel.1' ? TUNNEL_MAC : POD_MAC;
  const [sender, target] =
    device === 'eth0'
      ? [nodeOf(0), nodeOf(1)]
      : device === 'flannel.1'
        ? [podOf(node), `10.244.${2 - node}.0`]
        : [podOf(node), `10.244.${node + 1}.1`];
  const asker = device === 'eth0' ? 0 : node;
  const answerer: [number, number] =
    device === 'eth0' ? [1, NIC_MAC] : device === 'flannel.1' ? [1 - node, TUNNEL_MAC] : [node, BRIDGE_MAC];
  return [0, 0.2, 20].flatMap((time): TimedFrame[] => {
    const mac = macOf(asker, own);
    const asks = arp({ sender, target, senderMac: mac });
    const answers = arp({
      operation: 2,
      sender: target,
      target: sender,
      senderMac: macOf(...answerer),
      targetMac: mac,
    });
    return [
      [time, ethernet({ source: mac, destination: 'ff:ff:ff:ff:ff:ff' }, asks)],
      [time + 0.0001, ethernet({ source: macOf(...answerer), destination: mac }, answers)],
    ];
  });
}

const nameOf = ({ node, device }: Place, isNamed: boolean, at: number): string =>
  isNamed ? `node${node + 1}__${device === 'veth' ? `veth${node}abc1234` : device}.pcap` : `${(at * 5) % 8}0.pcap`;

/** @param kept the places of which there are captures */
async function compared(
  choice: Choice,
  isNamed: boolean,
  kept = PATH.map((_, at) => at),
): Promise<{ evidence: Evidence; placeOf: number[]; sent: Sent[] }> {
  const sent = packetsOf(choice);
  const captures = capturesOf(sent, choice);
  const digests: DigestOfObjects[] = [];
  const names = PATH.map((place, at) => nameOf(place, isNamed, at));
  const order = [...kept].sort((a, b) => (names[a] < names[b] ? -1 : 1));
  for (const at of order) digests.push(await digestOf(captures[at], { path: names[at] }));
  const evidence = correlate(digests, { known: NOTHING_KNOWN });
  return { evidence, placeOf: evidence.points.map(({ capture }) => order[capture]), sent };
}

/** Number of the conversation, by the port of its client; undefined of neighbours. */
const numberOf = ({ client, server }: Conversation): number => Math.max(client.port, server.port) - 40_000;

function checkConversations(
  { evidence, placeOf, sent }: Awaited<ReturnType<typeof compared>>,
  { client, conversations, hole }: Choice,
): void {
  const way = PATH.map((_, at) => (client === 0 ? at : 7 - at)).filter((at) => placeOf.includes(at));
  const wayNumber = (at: number) => (client === 0 ? at : 7 - at);
  const told = evidence.conversations.filter(({ protocol }) => protocol === 'tcp' || protocol === 'udp');
  const ofPods = told.filter(({ client: { port }, server }) => port >= 40_000 && server.port === 80);
  const isSeen = (number: number) => number < conversations - 1 || hole === null || wayNumber(way[0]) <= hole;
  const all = Array.from({ length: conversations }, (_, nth) => nth).filter(isSeen);
  expect(ofPods.map(numberOf).sort()).toEqual(all);
  for (const conversation of ofPods) {
    const number = numberOf(conversation);
    const isHole = number === conversations - 1 && hole !== null;
    const legs = conversation.legs.map(({ point }) => placeOf[point]);
    const seen = isHole ? way.filter((at) => wayNumber(at) <= hole) : way;
    expect(legs).toEqual(seen);
    const lostBetween = (a: number, b: number, from: number): number =>
      sent.filter((one) => {
        const [low, high] = [a, b].map((at) => (from === 0 ? at : 7 - at));
        const { lostAfter } = one;
        return (
          one.conversation === number && one.from === from && lostAfter !== null && lostAfter >= low && lostAfter < high
        );
      }).length;
    const hops = conversation.hops.map(({ direction, from, to, lost, unknown }: Hop) => {
      return { direction, from: placeOf[from], to: placeOf[to], lost, unknown };
    });
    const expected = (direction: 0 | 1) => {
      const from = direction === 0 ? client : 1 - client;
      const places = direction === 0 ? way : [...way].reverse();
      const starts = isHole ? seen : places;
      return starts.flatMap((at, nth) => {
        const to = places[nth + 1];
        return to === undefined ? [] : [{ direction, from: at, to, lost: lostBetween(at, to, from), unknown: null }];
      });
    };
    expect(hops).toEqual(isHole ? expected(0) : [...expected(0), ...expected(1)]);
  }
}

const runs = { seed: 47, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 30 : 10)) };

test('names of files: places, order and the place of each loss', () =>
  fc.assert(
    fc.asyncProperty(choices, fc.subarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 3 }), async (choice, kept) => {
      const all = await compared(choice, true, kept);
      const { evidence, placeOf } = all;
      expect(evidence.points.map(({ host, role }) => ({ host, role }))).toEqual(
        placeOf.map((at) => ({ host: `node${PATH[at].node + 1}`, role: ROLES[PATH[at].device] })),
      );
      checkConversations(all, choice);
    }),
    runs,
  ));

test('without names: the same from the traffic', () =>
  fc.assert(
    fc.asyncProperty(choices, async (choice) => {
      const all = await compared(choice, false);
      const { evidence, placeOf } = all;
      const hosts = placeOf.map((at, point) => ({ node: PATH[at].node, host: evidence.points[point].host }));
      const ofNode = [0, 1].map((node) => new Set(hosts.filter((one) => one.node === node).map(({ host }) => host)));
      expect(ofNode.map((names) => names.size)).toEqual([1, 1]);
      expect(ofNode[0]).not.toEqual(ofNode[1]);
      checkConversations(all, choice);
    }),
    runs,
  ));
