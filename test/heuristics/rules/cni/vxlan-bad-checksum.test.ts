import { expect, test } from 'vitest';
import type { TunnelFlow, WrongChecksum } from '../../../../src/flows/evidence/evidence.ts';
import { vxlanBadChecksum } from '../../../../src/heuristics/rules/cni/vxlan-bad-checksum.ts';
import {
  checkedDirection,
  datagram,
  type EvidenceParts,
  evidence,
  hop,
  point,
  ruleTable,
  wrongChecksum,
} from '../../../support/evidence.ts';
import { attempt, between, pod } from '../../../support/tunnel-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const FLOW = 7;
const fates = (some: Partial<TunnelFlow['fates']> = {}) => ({
  sent: 3,
  answered: 0,
  wrong: 3,
  wrongAnswered: 0,
  ...some,
});
const carrying = (more: Partial<TunnelFlow> = {}) => between(0, 1, 2, { fates: fates(), ...more });
const back = between(1, 2, 1);
const wrong = (at: number, some: Partial<WrongChecksum> = {}) =>
  wrongChecksum(at, { header: 'outer-udp', tunnel: 0, ...some });
const wrongSyns = [wrong(0), wrong(1), wrong(3)];
const silent = attempt(0, null, { flow: FLOW });

const facts = (packets: WrongChecksum[], more: EvidenceParts = {}) =>
  evidence({
    tunnels: [carrying()],
    connections: [silent],
    checked: [checkedDirection(FLOW, { wrong: packets })],
    ...more,
  });
const neighbours = [1, 2, 3].map((number) => attempt(0, 1, { flow: number, client: `${pod(1, 9)}:4000${number}` }));

/** A VXLAN tunnel over IPv6 whose one direction carries no UDP checksum, and the other one does. */
const [NEAR, FAR] = ['fd77:a::11', 'fd77:b::12'];
const sums = (some: Partial<TunnelFlow['checksums']>) => ({
  good: 0,
  bad: 0,
  partial: 0,
  absent: 0,
  notCaptured: 0,
  ...some,
});
const bare = (some: Partial<TunnelFlow> = {}) =>
  carrying({ source: NEAR, destination: FAR, packets: 4, checksums: sums({ absent: 4 }), ...some });
const summed = (some: Partial<TunnelFlow> = {}) => ({
  ...back,
  source: FAR,
  destination: NEAR,
  packets: 2,
  checksums: sums({ good: 2 }),
  ...some,
});
const leftOut = (...tunnels: TunnelFlow[]) => evidence({ tunnels, connections: [silent] });

ruleTable(vxlanBadChecksum, {
  fires: {
    'no checksum over IPv6, and the other side sends with checksums': {
      evidence: leftOut(bare(), summed()),
      finds: [{ leftOut: true, bad: 4, grade: 'inferred', source: NEAR, measured: { absent: 4 } }],
      says: [
        /4 VXLAN \(UDP 8472\) packets from fd77:a::11 to fd77:b::12 carry no outer UDP checksum over IPv6, and none is answered/,
        /udp6zerocsumrx/,
        /Udp6InCsumErrors/,
      ],
    },
    'wrong checksums and no answers': {
      evidence: facts(wrongSyns),
      finds: [{ bad: 3, conversations: [0], grade: 'inferred' }],
      says: [/3 VXLAN \(UDP 8472\) packets .* wrong outer UDP checksum and are not answered; 1 conversation is hit/],
    },
    'healthy neighbours in the same tunnel acquit nothing': {
      evidence: facts(wrongSyns, {
        tunnels: [carrying({ fates: fates({ sent: 9, answered: 6 }) }), back],
        connections: [...neighbours, silent],
      }),
      finds: [{ bad: 3, conversations: [3], othersAnswered: 6 }],
      says: [/only part of its traffic is affected/],
    },
    'an outer IP header': {
      evidence: facts(wrongSyns.map((packet) => ({ ...packet, header: 'outer-ip' }))),
      finds: [{ header: 'IP' }],
      says: [
        /wrong outer IP checksum/,
        /a device on the way rewrites the outer header/,
        /it leaves the checksum of the IP header right/,
      ],
    },
    'at the NIC of the receiving node, of two points': {
      evidence: facts(
        wrongSyns.map((packet) => ({ ...packet, tunnel: 0 })),
        {
          points: [point({ name: 'a' }), point({ name: 'b', role: 'node-nic' })],
          tunnels: [carrying({ point: 1, ttls: [{ value: 63, count: 4 }] })],
          connections: [{ ...silent, point: 1 }],
          checked: [checkedDirection(FLOW, { point: 1, wrong: wrongSyns })],
        },
      ),
      finds: [{ grade: 'confirmed' }],
    },
    'and the unanswered conversations of the same tunnel whose packets are cut': {
      evidence: facts(wrongSyns, {
        tunnels: [carrying({ checksums: { good: 0, bad: 3, partial: 0, absent: 0, notCaptured: 3 } })],
        connections: [silent, attempt(0, null, { client: `${pod(1, 9)}:41000` })],
      }),
      finds: [{ conversations: [0, 1], conversationsHit: 1 }],
    },
    'where they vanish': {
      evidence: facts(wrongSyns, {
        points: [point({ name: 'eth0' }), point({ name: 'flannel.1' })],
        paths: [{ of: [silent], hops: [hop({ packets: 3, lost: 3, matched: 0 })] }],
      }),
      finds: [{ between: [0, 1] }],
    },
  },
  quiet: {
    'no checksum over IPv6 on both sides': leftOut(bare(), summed({ checksums: sums({ absent: 2 }) })),
    'no checksum over IPv6, and nothing of the other side was captured': leftOut(bare()),
    'no checksum over IPv6, and some packets of the other side have none': leftOut(
      bare(),
      summed(),
      summed({ index: 2, networkId: 9, checksums: sums({ absent: 1 }) }),
    ),
    'no checksum over IPv6, and one is answered': leftOut(bare({ fates: fates({ answered: 1 }) }), summed()),
    'no checksum over IPv6, and nothing that wants an answer': leftOut(bare({ fates: fates({ sent: 0 }) }), summed()),
    'some packets over IPv6 have a checksum': leftOut(bare({ checksums: sums({ absent: 3, good: 1 }) }), summed()),
    'logs over UDP without a checksum over IPv6, which nobody answers': evidence({
      tunnels: [bare(), summed()],
      datagrams: [datagram({ sent: [0, 1, 2, 3], tunnels: [0], encapsulation: ['vxlan'] })],
    }),
    'two packets without a checksum over IPv6': leftOut(bare({ packets: 2, checksums: sums({ absent: 2 }) }), summed()),
    'no checksum over IPv4': leftOut(carrying({ packets: 4, checksums: sums({ absent: 4 }) }), {
      ...back,
      packets: 2,
      checksums: sums({ good: 2 }),
    }),
    'IPIP has no UDP header': leftOut(bare({ kind: 'ipip' }), summed({ kind: 'ipip' })),
    'partial sums that the NIC fills in, none, or cut by the snaplen: nothing is wrong': evidence({
      tunnels: [carrying({ fates: fates({ wrong: 0 }) })],
      connections: [silent],
    }),
    'sums of the inner packet only': facts(wrongSyns.map((packet) => ({ ...packet, header: 'tcp', tunnel: -1 }))),
    'one of them is answered all the same': facts([...wrongSyns, wrong(4, { outcome: 'answered' })]),
    'a wrong one of another conversation of the tunnel is answered': facts(wrongSyns, {
      tunnels: [carrying({ fates: fates({ answered: 1, wrongAnswered: 1 }) })],
    }),
    'right ones get no answer either': facts(wrongSyns.map((packet) => ({ ...packet, outcome: 'resent' }))),
    'two wrong ones': facts(wrongSyns.slice(0, 2)),
    'the capture ends at once': facts(wrongSyns, { points: [point({ quality: { lastTime: 0.5 } })] }),
  },
});

test('warns when the first SYNs of two connections arrive wrong and their second SYNs open them', () => {
  const late = [0, 5].map((at, number) =>
    attempt(0, 1, { flow: number, client: `${pod(1)}:4000${number}`, syn: [at, at + 1], synAck: [at + 1.001] }),
  );
  const found = [
    ...vxlanBadChecksum.detect(
      evidence({
        tunnels: [carrying({ fates: fates({ sent: 4, answered: 2, wrong: 2 }) }), back],
        connections: late,
        checked: [0, 5].map((at, flow) =>
          checkedDirection(flow, { right: true, wrong: [wrong(at, { outcome: 'answered-when-resent' })] }),
        ),
      }),
    ),
  ];
  expect(found).toMatchObject([{ level: 'warning', conversations: [0, 1], repaired: true }]);
});

const ofBare = (some: Partial<TunnelFlow>) => leftOut(bare(some), summed());
const ofSummed = (some: Partial<TunnelFlow>) => leftOut(bare(), summed(some));
/** What travels in the tunnel in vain is a flow of datagrams. */
const udp = (parts: EvidenceParts = {}) =>
  evidence({
    tunnels: [bare(), summed()],
    datagrams: [
      datagram({
        client: `${pod(1)}:5000`,
        server: `${pod(2)}:53`,
        sent: [0, 1, 3],
        tunnels: [0],
        encapsulation: ['vxlan'],
      }),
    ],
    ...parts,
  });

verdicts(vxlanBadChecksum, {
  'no checksum one way, checksums the other way': [leftOut(bare(), summed()), 'error', { leftOut: true, bad: 4 }],
  'three packets': [ofBare({ packets: 3, checksums: sums({ absent: 3 }) }), 'error', { bad: 3 }],
  'two packets': [ofBare({ packets: 2, checksums: sums({ absent: 2 }) }), 'nothing'],
  'one of four has a checksum': [ofBare({ checksums: sums({ absent: 3, good: 1 }) }), 'nothing'],
  'nothing that could be answered': [ofBare({ fates: fates({ sent: 0 }) }), 'nothing'],
  'one is answered': [ofBare({ fates: fates({ answered: 1 }) }), 'nothing'],
  'over IPv4': [
    leftOut(
      bare({ source: '192.168.0.1', destination: '192.168.0.2' }),
      summed({ source: '192.168.0.2', destination: '192.168.0.1' }),
    ),
    'nothing',
  ],
  Geneve: [leftOut(bare({ kind: 'geneve' }), summed({ kind: 'geneve' })), 'error'],
  'VXLAN-GPE': [leftOut(bare({ kind: 'vxlan-gpe' }), summed({ kind: 'vxlan-gpe' })), 'error'],
  'GRE, which is not over UDP': [leftOut(bare({ kind: 'gre' }), summed({ kind: 'gre' })), 'nothing'],
  'nothing comes back': [leftOut(bare()), 'nothing'],
  'what comes back is of another kind': [ofSummed({ kind: 'geneve' }), 'nothing'],
  'what comes back is of another node': [ofSummed({ source: 'fd77:c::13' }), 'nothing'],
  'what comes back is for another node': [ofSummed({ destination: 'fd77:c::13' }), 'nothing'],
  'what comes back is seen elsewhere': [
    evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      tunnels: [bare(), summed({ point: 1 })],
      connections: [silent],
    }),
    'nothing',
  ],
  'what comes back was not verified': [ofSummed({ checksums: sums({ notCaptured: 2 }) }), 'nothing'],
  'some of what comes back has none either': [ofSummed({ checksums: sums({ good: 2, absent: 1 }) }), 'nothing'],
  'of two tunnels back one has none either': [
    leftOut(bare(), summed(), summed({ index: 2, networkId: 7, checksums: sums({ absent: 2 }) })),
    'nothing',
  ],
  'two tunnels of another network': [leftOut(bare(), summed(), bare({ index: 2, networkId: 7 })), '2 errors'],
  'datagrams that may want no answer': [udp(), 'nothing'],
});
