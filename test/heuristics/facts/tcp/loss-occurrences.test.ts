import { describe, expect, test } from 'vitest';
import type { Hop } from '../../../../src/flows/evidence/evidence.ts';
import {
  exactOccurrence,
  finsOccurrence,
  onePointOccurrence,
  requestOccurrence,
  vainOccurrence,
} from '../../../../src/heuristics/facts/tcp/loss-occurrences.ts';
import { capture, connection, evidence, hop, point, ref } from '../../../support/evidence.ts';
import { repeat, segment } from '../../../support/segment-items.ts';

const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const points = [
  point({ name: 'veth', host: 'a', role: 'pod-veth', quality: { firstTime: 10, lastTime: 20 } }),
  point({ name: 'eth0', host: 'a', role: 'node-nic', capture: 1 }),
];
const captures = [capture(), capture()];
const lossy = (some: Partial<Hop> = {}) =>
  hop({
    packets: 1000,
    lost: 10,
    lostData: 8,
    lostControl: 1,
    smallestLost: 60,
    largestLost: 90,
    largestArrived: 80,
    lostPackets: [ref(11)],
    ...some,
  });
const known = (parts: Parameters<typeof evidence>[0] = {}) => {
  const of = [0, 1].map((at) =>
    connection({ point: at, toServer: { repeats: [repeat({ ackedTime: 9 })] }, toClient: { repeats: [repeat()] } }),
  );
  return evidence({ points, captures, connections: of, paths: [{ of }], ...parts });
};
const exact = (hops: Hop[], datagrams = false, parts: Parameters<typeof evidence>[0] = {}, all = hops) => {
  const known_ = known(parts);
  return exactOccurrence(known_, { all, losing: hops, conversations: known_.conversations }, datagrams);
};

test('a loss that two points counted', () =>
  expect(exact([lossy()])).toEqual({
    key: `${CLIENT}>${SERVER} pod-veth>node-nic`,
    level: 'warning',
    grade: 'confirmed',
    subject: { protocol: 'tcp', client: CLIENT, server: `${SERVER}:80`, serverBeforeNat: null },
    conversations: [0],
    between: [0, 1],
    packets: [{ ...ref(11), point: 0, direction: '>', note: 'seen here, not at the next point' }],
    packetsTotal: 1,
    reach: 9,
    measured: { lost: 9, sent: 1000, share: 0.009, exact: true, lostData: 8, lostWithAcknowledgements: 10 },
    lost: 9,
    sent: 1000,
    share: 0.009,
    connections: 1,
    lostControl: 1,
    lostAcknowledgements: 1,
    shape: { smallest: 60, largest: 90, arrived: 80, repeated: 1, open: 0 },
    exact: true,
    from: 0,
    to: 1,
    sender: CLIENT,
    receiver: SERVER,
    bursts: null,
    vain: null,
    datagrams: false,
    inside: true,
    fins: null,
    requests: null,
  }));

describe('its share and level', () => {
  const told = (some: Partial<Hop>, datagrams = false) => {
    const { share, level } = exact([lossy(some)], datagrams);
    return [share, level];
  };
  test.each<[name: string, told: unknown[], expected: unknown[]]>([
    ['two of a hundred', told({ lost: 20, lostData: 20, lostControl: 0 }), [0.02, 'error']],
    ['fewer', told({ lost: 19, lostData: 19, lostControl: 0 }), [0.019, 'warning']],
    ['five of a thousand', told({ lost: 5, lostData: 5, lostControl: 0 }), [0.005, 'warning']],
    ['four of a thousand', told({ lost: 4, lostData: 4, lostControl: 0 }), [0.004, 'note']],
    ['only SYNs and FINs, many', told({ lost: 30, lostData: 0, lostControl: 30 }), [0.03, 'warning']],
    ['only SYNs and FINs, few', told({ lost: 4, lostData: 0, lostControl: 4 }), [0.004, 'note']],
    ['datagrams', told({ lost: 20, lostData: 0, lostControl: 0 }, true), [0.02, 'error']],
    ['datagrams, fewer', told({ lost: 6, lostData: 0, lostControl: 0 }, true), [0.006, 'warning']],
    ['nothing was sent', told({ packets: 0 }), [0, 'note']],
  ])('%s', (_, text, expected) => expect(text).toEqual(expected));
  test('of all that passed between the two points', () => {
    const left = (some = {}) =>
      ({ hopsLeftOut: [{ from: 0, to: 1, packets: 500, ...some }] }) as Parameters<typeof evidence>[0];
    const sent = (datagrams: boolean, parts: Parameters<typeof evidence>[0]) =>
      exact([lossy()], datagrams, parts, [lossy(), lossy({ lost: 5, lostData: 0, lostControl: 0 })]).sent;
    expect(sent(false, left())).toBe(2500);
    expect(sent(true, left())).toBe(2000);
    expect(sent(false, left({ from: 1 }))).toBe(2000);
    expect(sent(false, left({ to: 0 }))).toBe(2000);
    const ends = { from: 0, to: 1, direction: 0 as const, client: CLIENT, server: SERVER };
    const datagrams = (some = {}) => ({
      datagramsLeftOut: [{ ...ends, packets: 300, conversations: 200, ...some }],
    });
    expect(sent(true, datagrams())).toBe(2300);
    expect(sent(false, datagrams())).toBe(2000);
    for (const other of [{ from: 1 }, { to: 0 }, { direction: 1 }, { client: '10.9.9.9' }, { server: '10.9.9.9' }])
      expect(sent(true, datagrams(other))).toBe(2000);
  });
  test('of several hops', () => {
    const more = exact([lossy(), lossy({ lostData: 1, lost: 4 })], false, {}, [
      lossy(),
      lossy({ lostData: 1, lost: 4 }),
      lossy({ lost: 5, lostData: 0, lostControl: 0 }),
    ]);
    expect(more).toMatchObject({
      lost: 11,
      lostControl: 2,
      lostAcknowledgements: 1 + 2 + 5,
      measured: { lostData: 9, lostWithAcknowledgements: 19 },
    });
  });
  test('to the client, and of datagrams', () => {
    expect(exact([lossy({ direction: 1, from: 1, to: 0 })])).toMatchObject({
      key: `${SERVER}>${CLIENT} node-nic>pod-veth`,
      sender: SERVER,
      receiver: CLIENT,
      shape: { repeated: 1, open: 1 },
    });
    expect(exact([lossy()], true)).toMatchObject({
      key: `${CLIENT}>${SERVER} pod-veth>node-nic datagrams`,
      lost: 10,
      lostAcknowledgements: 0,
      datagrams: true,
    });
    const apart = [points[0], { ...points[1], host: 'b' }];
    expect(exact([lossy()], false, { points: apart }).inside).toBe(false);
  });
  test('bursts, over the time of the first point', () => {
    const four = (at: number) => lossy({ lostPackets: [at, at, at, at].map((time) => ref(time)) });
    expect(exact([four(11), four(11), four(11)])).toMatchObject({
      bursts: { bursts: 1, flows: 3, lost: 12 },
      measured: { bursts: 1, burstFlows: 3 },
    });
    const short = [point({ quality: { firstTime: 10, lastTime: 10.4 } }), points[1]];
    expect(exact([four(10), four(10), four(10)], false, { points: short }).bursts).toBeNull();
  });
});

describe('a loss that one point saw', () => {
  const legs = [
    connection({
      events: [segment(5, 'retransmission', 0, { seqStart: 1, seqEnd: 9 }), segment(6, 'retransmission', 1)],
      toServer: { dataSegments: 30, repeats: [repeat({ l3Length: 70 })] },
    }),
    connection({ client: `${CLIENT}:2`, toServer: { dataSegments: 40 } }),
  ];
  const all = evidence({ points, captures, connections: legs });
  const [one, two] = all.connections;
  const loss = (some = {}) => ({
    legs: [one],
    direction: 0 as const,
    sender: CLIENT,
    receiver: SERVER,
    lost: 3,
    sent: 100,
    conversations: all.conversations.slice(0, 1),
    connections: 1,
    ...some,
  });
  test('all that is told', () => {
    expect(onePointOccurrence(all, loss())).toEqual({
      key: `${CLIENT}>${SERVER}`,
      level: 'error',
      grade: 'inferred',
      subject: { protocol: 'tcp', client: CLIENT, server: `${SERVER}:80`, serverBeforeNat: null },
      conversations: [0],
      between: null,
      place: `on the path of ${CLIENT} to ${SERVER}, seen from veth`,
      packets: [{ ...ref(5), point: 0, direction: '>', note: '1:9 sent again' }],
      packetsTotal: 1,
      reach: 3,
      measured: { lost: 3, sent: 100, share: 0.03, exact: false },
      lost: 3,
      sent: 100,
      share: 0.03,
      connections: 1,
      lostControl: 0,
      lostAcknowledgements: 0,
      exact: false,
      from: null,
      to: null,
      bursts: null,
      vain: null,
      datagrams: false,
      inside: false,
      fins: null,
      requests: null,
      shape: { smallest: 70, largest: 70, arrived: 0, repeated: 1, open: 1 },
      sender: CLIENT,
      receiver: SERVER,
    });
    expect(onePointOccurrence(all, loss({ connections: 2, lost: 1 }))).toMatchObject({
      level: 'warning',
      measured: { connections: 2 },
    });
  });
  test('requests without a reply: a warning at most', () => {
    const requests = {
      point: 1,
      source: CLIENT,
      destination: SERVER,
      lost: [ref(3)],
      total: 4,
      sent: 100,
      conversations: all.conversations,
    };
    expect(requestOccurrence(all, { ...requests, what: 'UDP request', port: 53 })).toMatchObject({
      key: `${CLIENT}>${SERVER} 53`,
      level: 'warning',
      grade: 'inferred',
      conversations: [0, 1],
      place: `between eth0 and ${SERVER}, there or back`,
      packets: [{ ...ref(3), point: 1, direction: '>', note: 'UDP request, no reply' }],
      packetsTotal: 1,
      reach: 4,
      measured: { lost: 4, sent: 100, share: 0.04, exact: false },
      lost: 4,
      sent: 100,
      share: 0.04,
      connections: 2,
      shape: { smallest: 0, largest: 0, arrived: 0, repeated: 0, open: 0 },
      sender: CLIENT,
      receiver: SERVER,
      exact: false,
      datagrams: true,
      inside: false,
      requests: { what: 'UDP request', port: 53 },
    });
    expect(requestOccurrence(all, { ...requests, what: 'echo request', port: 0, sent: 2000 })).toMatchObject({
      key: `${CLIENT}>${SERVER} echoes`,
      level: 'note',
    });
  });
  const vain = {
    sender: CLIENT,
    receiver: SERVER,
    direction: 0 as const,
    conversations: all.conversations,
    legs: [one, two],
  };
  test('FINs in vain', () => {
    const fins = { ...vain, ended: 4, sendings: 6, packets: [{ point: 0, ref: ref(7) }] };
    expect(finsOccurrence(all, fins)).toMatchObject({
      key: `${CLIENT}>${SERVER} FINs`,
      level: 'warning',
      lost: 2,
      sent: 4,
      connections: 2,
      packets: [{ ...ref(7), note: 'FIN, not acknowledged' }],
      packetsTotal: 1,
      measured: { lost: 2, sent: 4, share: 0.5, connections: 2, sendings: 6 },
      fins,
    });
    expect(finsOccurrence(all, { ...fins, sendings: 0 }).measured).toEqual({
      lost: 2,
      sent: 4,
      share: 0.5,
      exact: false,
      connections: 2,
    });
  });
  test('data in vain', () => {
    const data = { ...vain, sendings: 9, missing: 0, none: true, packets: [{ point: 0, ref: ref(7), octets: 400 }] };
    expect(vainOccurrence(all, data)).toMatchObject({
      key: `${CLIENT}>${SERVER}`,
      level: 'error',
      lost: 9,
      sent: 70,
      packets: [{ ...ref(7), note: '400 octets, not acknowledged' }],
      measured: { lost: 9, sent: 70, sendings: 9 },
      vain: data,
    });
    expect(vainOccurrence(all, { ...data, sendings: 90 })).toMatchObject({ lost: 90, sent: 90 });
    const missing = vainOccurrence(all, { ...data, sendings: 0, missing: 800 });
    expect(missing).toMatchObject({ lost: 2, sent: 72, measured: { missingOctets: 800 } });
    expect(missing.measured).not.toHaveProperty('sendings');
  });
});
