import { describe, expect, test } from 'vitest';
import type { ServiceTry } from '../../../../src/heuristics/facts/hosts/service-tries.ts';
import { staleFlows } from '../../../../src/heuristics/facts/hosts/stale-flows.ts';
import {
  capture,
  datagram,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  ref,
} from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof datagram>[0]>;
const [SERVICE, GONE, NEW] = ['10.96.0.20:5000', '10.244.2.7:5000', '10.244.2.8:5000'];
interface Flow {
  flow: ReturnType<typeof datagram>;
  server: string;
  serverBeforeNat: string | null;
}
const to = (server: string, some: Parts, service: string | null = SERVICE): Flow => ({
  flow: datagram({ client: '10.244.1.5:20044', server: SERVICE, ...some }),
  server,
  serverBeforeNat: service,
});
/** Answered at 1 s, silent from then on. */
const stale = (some: Parts = {}, service: string | null = SERVICE) =>
  to(GONE, { sent: [0, 1, 2, 3, 4], back: [0.1, 1.1], ...some }, service);
const fresh = (some: Parts = {}, service: string | null = SERVICE) =>
  to(NEW, { client: '10.244.1.5:20045', sent: [5], back: [5.1], ...some }, service);
const tryText = ({ conversation, packets }: ServiceTry) =>
  `${conversation.index} ${packets.map(({ time }) => time).join(' ')}`.trim();
const judged = (flows: Flow[], parts: EvidenceParts = {}) =>
  [
    ...staleFlows(
      evidence({
        ...parts,
        datagrams: flows.map(({ flow }) => flow),
        paths: flows.map(({ flow, server, serverBeforeNat }) => ({ of: [flow], server, serverBeforeNat })),
      }),
    ),
  ].map(
    ({ stale: old, others, endpoint }) =>
      `${endpoint.address}:${endpoint.port}: ${old.map(tryText).join(', ')}; others ${others.map(tryText).join(', ')}`,
  );
const found = ['10.244.2.7:5000: 0 2 3 4; others 1'];

describe('datagrams still go to an endpoint that is gone', () => {
  test.each<[name: string, flows: Flow[], expected: string[]]>([
    ['so', [stale(), fresh()], found],
    ['nobody is answered since', [stale()], []],
    ['others were answered before', [stale(), fresh({ sent: [0], back: [1.1] })], []],
    ['others were not answered', [stale(), fresh({ back: [] })], []],
    ['others ask another service', [stale(), fresh({}, '10.96.0.21:5000')], []],
    ['another port of the service', [stale(), fresh({}, '10.96.0.20:5001')], []],
    ['three without an answer', [stale({ packets: [5, 2] }), fresh()], found],
    ['two without an answer', [stale({ packets: [5, 3] }), fresh()], []],
    ['one is sent in the moment of the last answer', [stale({ sent: [0, 1.1, 2, 3, 4] }), fresh()], found],
    ['over 2 s', [stale({ sent: [0, 1, 2, 3, 3.11] }), fresh()], ['10.244.2.7:5000: 0 2 3 3.11; others 1']],
    ['over less', [stale({ sent: [0, 1, 2, 3, 3.09] }), fresh()], []],
    ['never answered', [stale({ back: [] }), fresh()], ['10.244.2.7:5000: 0 0 1 2 3 4; others 1']],
    ['never answered, over less', [stale({ sent: [0, 1, 1.99], back: [] }), fresh()], []],
    ['no service', [stale({}, null), fresh()], []],
    ['lookups', [stale({}, '10.96.0.20:53'), fresh({}, '10.96.0.20:53')], []],
    ['the client sent nothing', [stale({ sent: [], packets: [5, 2] }), fresh()], []],
    ['one of its flows is answered', [stale(), stale({ client: '10.244.1.5:9', sent: [3], back: [3.1] }), fresh()], []],
    [
      'two of its flows, from the earlier silence on',
      [
        stale({ sent: [5, 6, 7, 8], back: [5.1] }),
        stale({ client: '10.244.1.5:9' }),
        fresh({ sent: [3], back: [3.1] }),
      ],
      ['10.244.2.7:5000: 0 6 7 8, 1 2 3 4; others 2'],
    ],
    [
      'the last is not among the samples',
      [stale({ last: [ref(9), ref(1.1)] }), fresh()],
      ['10.244.2.7:5000: 0 2 3 4 9; others 1'],
    ],
  ])('%s', (_, flows, expected) => expect(judged(flows)).toEqual(expected));

  test('its host still speaks', () => {
    const hosts = (lastSent: number | null, address = '10.244.2.7') => ({
      hosts: [hostActivity(address, { lastSent })],
    });
    expect(judged([stale(), fresh()], hosts(1.1))).toEqual(found);
    expect(judged([stale(), fresh()], hosts(1.11))).toEqual([]);
    expect(judged([stale(), fresh()], hosts(null))).toEqual(found);
    expect(judged([stale(), fresh()], hosts(9, '10.244.2.8'))).toEqual(found);
  });
  test('where absence proves nothing', () =>
    expect(judged([stale(), fresh()], { captures: [capture({ dropped: 50 })] })).toEqual([]));
  test('times are those of the common clock', () => {
    const two = (shift: number, at = 0) => ({
      points: [point({ timeShift: at }), point({ capture: 1, timeShift: shift })],
      captures: [capture(), capture()],
    });
    const later = fresh({ point: 1, sent: [0], back: [1] });
    expect(judged([stale(), later], two(0.1))).toEqual([]);
    expect(judged([stale(), later], two(0.2))).toEqual(found);
    expect(judged([stale(), fresh({ point: 1, sent: [5], back: [5.1] })], two(0, 4))).toEqual([]);
    const spoke = (lastSent: number) => ({ ...two(5), hosts: [hostActivity('10.244.2.7', { point: 1, lastSent })] });
    expect(judged([stale(), fresh()], spoke(-3.9))).toEqual(found);
    expect(judged([stale(), fresh()], spoke(-3.8))).toEqual([]);
  });
  test('each as a try of the service', () => {
    const flow = stale();
    const other = fresh();
    const all = evidence({
      datagrams: [flow.flow, other.flow],
      paths: [flow, other].map((one) => ({ of: [one.flow], server: one.server, serverBeforeNat: SERVICE })),
    });
    const [{ stale: tries }] = [...staleFlows(all)];
    expect(tries).toEqual([
      {
        protocol: 'udp',
        conversation: all.conversations[0],
        client: { address: '10.244.1.5', port: 20044 },
        service: SERVICE,
        serviceAddress: '10.96.0.20',
        translated: true,
        point: 0,
        time: 0,
        outcome: 'failed',
        error: null,
        packets: [2, 3, 4].map((time) => ({
          ...ref(time),
          point: 0,
          direction: '>',
          note: 'datagram without an answer',
        })),
      },
    ]);
  });
});
