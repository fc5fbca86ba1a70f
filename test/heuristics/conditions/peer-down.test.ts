import { peerDown } from '../../../src/heuristics/rules/network-unreachable/peer-down.ts';
import { arp, connection, echo, evidence, hostActivity, point, ref } from '../../support/evidence.ts';
import { verdicts } from '../../support/verdicts.ts';

const [SERVER, OTHER, THIRD] = ['10.244.2.7', '10.244.3.9', '10.244.4.4'];
/** Heard until 10 s, asked until 16 s. */
const gone = (some: Parameters<typeof hostActivity>[1] = {}, address = SERVER) =>
  hostActivity(address, { lastSent: 10, lastReceived: 16, ...some });
const waiting = (port: number, server = SERVER, some: Parameters<typeof connection>[0] = {}) =>
  connection(
    {
      client: `10.244.1.5:${port}`,
      server: `${server}:80`,
      ...some,
      toServer: { last: ref(16), unackedOctets: 100, ...some.toServer },
    },
    { established: true },
  );
/** A third machine is heard all the time, so that this side works. */
const goesOn = {
  hosts: [hostActivity(THIRD, { firstSent: 0, lastSent: 16 })],
  echoes: [echo({ destination: THIRD, request: 15, reply: 15.001 })],
};
/** Two machines fall silent, each with so many connections that wait. */
const two = (one: object, other: object, [ofOne, ofOther] = [2, 2], more: object = {}) =>
  evidence({
    hosts: [gone(one), gone(other, OTHER), ...goesOn.hosts],
    connections: [
      ...Array.from({ length: ofOne }, (_, at) => waiting(4000 + at)),
      ...Array.from({ length: ofOther }, (_, at) => waiting(5000 + at, OTHER)),
    ],
    echoes: goesOn.echoes,
    ...more,
  });
const ttl = (value: number) => ({ ttls: [{ value, count: 9 }] });
const FIRST = { address: SERVER, others: [OTHER] };
const SECOND = { address: OTHER, others: [SERVER] };

/** Two connections that wait, and what is lost of each at each of these hops. */
const hops = (...lost: object[]) => {
  const pairs = [4000, 4001].map((port) => [waiting(port), waiting(port, SERVER, { point: 1 })]);
  return evidence({
    points: [point({ name: 'near' }), point({ name: 'far' }), point({ name: 'farther' })],
    hosts: [gone(), ...goesOn.hosts],
    echoes: goesOn.echoes,
    connections: pairs.flat(),
    paths: pairs.map((of) => ({
      of,
      hops: lost.map((some, at) => ({ from: at, to: at + 1, packets: 9, matched: 4, lost: 5, ...some })),
    })),
  });
};
const ENDS = { lostData: 0, lostControl: 5 };

verdicts(peerDown, {
  'one machine': [
    evidence({ ...goesOn, hosts: [gone(), ...goesOn.hosts], connections: [waiting(4000), waiting(4001)] }),
    'error',
    { address: SERVER, others: [], silence: 6, unanswered: 2, asked: 0, grade: 'confirmed' },
  ],
  'two machines at once': [two({}, {}), 'error', { unanswered: 4, reach: 4 }],
  'two machines within five seconds': [two({ lastSent: 5 }, {}), 'error', { others: [OTHER] }],
  'two machines more than five seconds apart': [two({ lastSent: 4.9 }, {}), '2 errors', { others: [] }],
  'the nearer of the two is told: the first': [two(ttl(64), ttl(62)), 'error', FIRST],
  'the nearer of the two is told: the second': [two(ttl(62), ttl(64)), 'error', SECOND],
  'the largest of the TTLs of a machine counts': [
    two(
      {
        ttls: [
          { value: 64, count: 1 },
          { value: 30, count: 9 },
        ],
      },
      ttl(62),
    ),
    'error',
    FIRST,
  ],
  'the one with more conversations is told: the first': [two({}, {}, [3, 2]), 'error', FIRST],
  'the one with more conversations is told: the second': [two({}, {}, [2, 3]), 'error', SECOND],
  'nearness counts before conversations': [two(ttl(62), ttl(64), [3, 2]), 'error', SECOND],
  'most requests for a MAC are told': [
    two({}, {}, [2, 2], {
      arp: [
        arp({ asker: '10.244.1.5', target: SERVER, requests: [12, 13] }),
        arp({ asker: '10.244.1.5', target: OTHER, requests: [12, 13, 14] }),
      ],
    }),
    'error',
    { asked: 3 },
  ],
  'only what closes is lost': [hops(ENDS), 'nothing'],
  'data is lost as well': [hops({ lostData: 1, lostControl: 4 }), 'error'],
  'nothing else passes': [hops({ ...ENDS, matched: 0 }), 'error'],
  'what is lost is neither': [hops({ lostData: 0, lostControl: 0 }), 'error'],
  'a second hop loses nothing': [hops(ENDS, { lost: 0, matched: 0 }), 'nothing'],
  'a second hop loses data': [hops(ENDS, { lostData: 5 }), 'error'],
  'what a second hop loses is not known': [
    hops(ENDS, { lostData: 5, unknown: { code: 'clock-unrelated', between: [0, 1] } }),
    'nothing',
  ],
});
