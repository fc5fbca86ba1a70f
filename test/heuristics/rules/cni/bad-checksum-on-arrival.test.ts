import { describe, expect, test } from 'vitest';
import type { WrongChecksum } from '../../../../src/flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../../src/flows/evidence/evidence.ts';
import { badChecksumOnArrival } from '../../../../src/heuristics/rules/cni/bad-checksum-on-arrival.ts';
import {
  checkedDirection,
  checkedSender,
  connection,
  type EvidenceParts,
  evidence,
  point,
  ruleTable,
  wrongChecksum,
} from '../../../support/evidence.ts';

const FLOW = 7;
const silent = connection({ flow: FLOW, syn: [0, 1, 3] });
const wrongSyns = [wrongChecksum(0), wrongChecksum(1), wrongChecksum(3)];
const sender = checkedSender({ wrong: 3 });

/** One connection at one point, with these packets wrong. */
const atOnePoint = (wrong: WrongChecksum[], more: EvidenceParts = {}) =>
  evidence({
    connections: [silent],
    checked: [checkedDirection(FLOW, { wrong })],
    checkedSenders: [sender],
    ...more,
  });

const twoPoints = [point({ name: 'n1 eth0', host: 'n1' }), point({ name: 'n2 eth0', host: 'n2' })];
const behind = { ...silent, point: 1, flow: 3 };
/** The same connection at two points of its way. */
const atTwoPoints = (first: Parameters<typeof checkedDirection>[1], more: EvidenceParts = {}) =>
  evidence({
    points: twoPoints,
    connections: [silent, behind],
    paths: [{ of: [silent, behind], hops: [{ packets: 3 }] }],
    checked: [checkedDirection(FLOW, first), checkedDirection(3, { point: 1, wrong: wrongSyns })],
    ...more,
  });

const opened = (flow: number, at: number) =>
  connection({ flow, client: `10.244.1.5:4000${flow}`, syn: [at, at + 1] }, { established: true });

ruleTable(badChecksumOnArrival, {
  fires: {
    'three wrong ones, while right ones of the same link address are answered': {
      evidence: atOnePoint(wrongSyns),
      finds: [{ wrong: 3, header: 'TCP', before: null, between: null, grade: 'inferred', conversations: [0] }],
      says: [/wrong TCP checksum; none is answered/, /2 packets with right checksums from the same link address/],
    },
    'an IP header': {
      evidence: atOnePoint(wrongSyns.map((packet) => ({ ...packet, header: 'ip' }))),
      finds: [{ header: 'IPv4' }],
      says: [/IpInHdrErrors/, /ip\.checksum\.status==0/],
    },
    'right at one point and wrong at the next: proof and place, whatever else is answered': {
      evidence: atTwoPoints({}),
      finds: [{ between: [0, 1], grade: 'confirmed', before: 0, beforeIs: 'right' }],
      says: [/the checksums are right at n1 eth0/],
    },
    'partial at the sender and wrong on the wire': {
      evidence: atTwoPoints({ right: false, partial: true }),
      finds: [{ between: [0, 1], beforeIs: 'partial' }],
      says: [/fills in a wrong checksum/, /Find what completes the checksums between/],
    },
    'wrong at both points: the first one shows it': {
      evidence: atTwoPoints({ wrong: wrongSyns }, { checkedSenders: [sender, { ...sender, point: 1 }] }),
      finds: [{ point: 0, between: null }],
    },
    'replies, by the way that they go': {
      evidence: evidence({
        points: twoPoints,
        connections: [silent, behind],
        paths: [{ of: [silent, behind], hops: [{ packets: 3 }] }],
        checked: [
          checkedDirection(FLOW, { direction: TO_CLIENT, wrong: wrongSyns }),
          checkedDirection(3, { point: 1, direction: TO_CLIENT }),
        ],
      }),
      finds: [{ between: [1, 0], grade: 'confirmed', sender: '10.244.2.7:80', receiver: '10.244.1.5' }],
    },
  },
  quiet: {
    'partial sums that transmit offload leaves': evidence({
      connections: [silent],
      checked: [checkedDirection(FLOW, { right: false, partial: true })],
      checkedSenders: [sender],
    }),
    'one of them is answered': atOnePoint([...wrongSyns.slice(0, 2), wrongChecksum(3, { outcome: 'answered' })]),
    'wrong ones of that sender are answered elsewhere': atOnePoint(wrongSyns, {
      checkedSenders: [{ ...sender, wrongAnswered: 1 }],
    }),
    'nothing right of that sender is answered': atOnePoint(wrongSyns, {
      checkedSenders: [{ ...sender, rightAnswered: 1 }],
    }),
    'right ones come from another link address': atOnePoint(wrongSyns, {
      checkedSenders: [{ ...sender, rightAnswered: 0 }, checkedSender({ mac: '02:00:00:00:00:09' })],
    }),
    'right ones of that sender are answered at another point': atOnePoint(wrongSyns, {
      points: twoPoints,
      checkedSenders: [
        { ...sender, point: 1 },
        { ...sender, rightAnswered: 0 },
      ],
    }),
    'replies between these subnets go another way': atOnePoint(wrongSyns, {
      connections: [
        silent,
        connection({ client: '10.244.1.9:41000', syn: [0], toServer: { packets: 5, ackHigh: 9 } }),
        ...[1, 2, 3, 4].map((nth) =>
          connection({ client: `10.9.1.${nth}:40000`, server: '10.9.2.1:80' }, { established: true }),
        ),
      ],
    }),
    'nothing could be verified': evidence({ connections: [silent], checkedSenders: [sender] }),
    'what was sent again with a right checksum got no answer either': atOnePoint(
      wrongSyns.map((packet) => ({ ...packet, outcome: 'resent' })),
    ),
    'the outer header of a tunnel': atOnePoint(wrongSyns.map((packet) => ({ ...packet, header: 'outer-udp' }))),
    'two packets of one connection': atOnePoint(wrongSyns.slice(0, 2)),
    'the capture ends before an answer is due': atOnePoint(wrongSyns, {
      points: [point({ quality: { lastTime: 0.5 } })],
    }),
    'the capture dropped packets': atOnePoint(wrongSyns, {
      captures: [{ ...evidence().captures[0], dropped: 50 }],
    }),
  },
});

describe('bad-checksum-on-arrival, where work goes on', () => {
  const late = [opened(1, 0), opened(2, 5)];
  const repaired = (flow: number, at: number) =>
    checkedDirection(flow, { right: true, wrong: [wrongChecksum(at, { outcome: 'answered-when-resent' })] });
  const facts = evidence({
    connections: late,
    checked: [repaired(1, 0), repaired(2, 5)],
    checkedSenders: [sender],
  });

  test('warns when the first SYNs of two connections arrive wrong', () => {
    const found = [...badChecksumOnArrival.detect(facts)];
    expect(found).toMatchObject([{ level: 'warning', reach: 2, measured: { wrong: 2 } }]);
    const words = badChecksumOnArrival.explain(found[0], {
      point: () => 'p',
      host: () => 'h',
      device: () => null,
      machine: (text: string) => text,
      nodeOf: (text: string) => `the node of ${text}`,
      address: (text) => text,
    });
    expect(words.message).toMatch(/only what is sent again with a right one is answered/);
  });

  test('says nothing about a single connection', () => {
    const one = evidence({ connections: [late[0]], checked: [repaired(1, 0)], checkedSenders: [sender] });
    expect([...badChecksumOnArrival.detect(one)]).toEqual([]);
  });
});
