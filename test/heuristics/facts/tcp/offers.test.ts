import { describe, expect, test } from 'vitest';
import { offersOf, stuckAtOffer } from '../../../../src/heuristics/facts/tcp/offers.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref, reset } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const told = (parts: EvidenceParts): string[] => {
  const all = evidence(parts);
  const found = offersOf(all);
  expect([...stuckAtOffer(all)]).toEqual(found.flatMap(({ stuck }) => stuck.map(({ conversation }) => conversation)));
  return found.map(
    ({ client, server, acknowledged, stuck }) =>
      `${client}>${server.address}:${server.port}${acknowledged ? ' acknowledged' : ''}: ${stuck.map(({ conversation, syns, times }) => `${conversation.index} ${syns}/${times.length}`).join(', ')}`,
  );
};
/** SYN-ACKs at 0.1, 1.1, 3.1, 7.1 … s after the start. */
const OFFERED = [0.1, 1.1, 3.1, 7.1, 15.1];
const asked = (start: number, times: number) => Array.from({ length: times }, (_, at) => start + at);
const offered = (port: number, syns: number, offers: number, start = 0, some: Parts = {}) =>
  connection({
    client: `10.244.1.5:${port}`,
    syn: asked(start, syns),
    synAck: OFFERED.slice(0, offers).map((time) => start + time),
    ...some,
  });
const way = '10.244.1.5>10.244.2.7:80';

describe('nobody acknowledges the SYN-ACK', () => {
  const noSack: Parts = { toServer: { sackPermitted: false } };
  test.each<[name: string, connections: ReturnType<typeof connection>[], expected: string]>([
    ['two connections that repeat their SYN', [offered(1, 2, 3), offered(2, 2, 3)], `${way}: 0 2/3, 1 2/3`],
    ['one', [offered(1, 2, 3)], ''],
    ['one that repeats it, and one that does not', [offered(1, 2, 3), offered(2, 1, 3)], ''],
    ['two offers only', [offered(1, 2, 2), offered(2, 2, 2)], ''],
    ['one with four of both', [offered(1, 4, 4)], `${way}: 0 4/4`],
    ['four SYNs and three offers', [offered(1, 4, 3)], ''],
    ['three SYNs and four offers', [offered(1, 3, 4)], ''],
    [
      'three that ask once, apart',
      [offered(1, 1, 3), offered(2, 1, 3, 10), offered(3, 1, 3, 20)],
      `${way}: 0 1/3, 1 1/3, 2 1/3`,
    ],
    ['two that ask once', [offered(1, 1, 3), offered(2, 1, 3, 10)], ''],
    [
      'one of three without the usual options',
      [offered(1, 1, 3), offered(2, 1, 3, 10), offered(3, 1, 3, 20, noSack)],
      '',
    ],
    // The distance of two SYN-ACKs is a second.
    [
      'a tenth of a second apart',
      [offered(1, 1, 3), offered(2, 1, 3, 0.125), offered(3, 1, 3, 0.25)],
      `${way}: 0 1/3, 1 1/3, 2 1/3`,
    ],
    ['two in a burst', [offered(1, 1, 3, 20), offered(2, 1, 3, 0.05), offered(3, 1, 3, 0)], ''],
    ['in any order', [offered(1, 1, 3, 20), offered(2, 1, 3, 0), offered(3, 1, 3, 10)], `${way}: 0 1/3, 1 1/3, 2 1/3`],
    ['one was reset', [offered(1, 2, 3), offered(2, 2, 3, 0, { resets: [reset(9, 0)] })], ''],
    ['one was cut', [offered(1, 2, 3), offered(2, 2, 3, 0, { complete: false })], ''],
    [
      'an older connection had answered one',
      [
        offered(1, 2, 3),
        offered(2, 2, 3, 0, {
          synAck: [2, 3, 5],
          toClient: { first: ref(0.1) },
          resets: [reset(0.2, 0, { hasAck: false, seq: 7 })],
        }),
      ],
      '',
    ],
    ['of two clients', [offered(1, 2, 3), offered(2, 2, 3, 0, { client: '10.244.1.6:2' })], ''],
    ['of two servers', [offered(1, 2, 3), offered(2, 2, 3, 0, { server: '10.244.2.8:80' })], ''],
    ['of two ports', [offered(1, 2, 3), offered(2, 2, 3, 0, { server: '10.244.2.7:81' })], ''],
  ])('%s', (_, connections, expected) => expect(told({ connections })).toEqual(expected === '' ? [] : [expected]));
  test('at two points', () => {
    const points = [point(), point({ capture: 1 })];
    const connections = [offered(1, 2, 3), offered(2, 2, 3, 0, { point: 1 })];
    expect(told({ points, captures: [capture(), capture()], connections })).toEqual([]);
  });
  test('SYNs count where most were captured', () => {
    const [near, far] = [offered(1, 4, 4), offered(1, 2, 4, 0, { point: 1 })];
    const points = [point(), point({ capture: 1 })];
    const seen = (...of: (typeof near)[]) =>
      told({ points, captures: [capture(), capture()], connections: of, paths: [{ of }] });
    expect(seen(near, far)).toEqual([`${way}: 0 4/4`]);
    expect(seen({ ...far, point: 0 }, { ...near, point: 1 })).toEqual([`${way}: 0 4/4`]);
  });
});

describe('the server does not get the acknowledgement', () => {
  /** The client acknowledges at 0.2 s and sends data. */
  const acknowledged = (port: number, offers: number, some: Parts = {}) =>
    offered(port, 1, offers, 0, {
      handshakeAck: ref(0.2),
      ...some,
      toServer: { packets: 4, ackHigh: 5001, dataSegments: 1, ...some.toServer },
    });
  const opened = (some: Parts = {}) => connection({ client: '10.244.1.9:9', ...some }, { established: true });
  const silent = { toServer: { dataSegments: 0 } };
  test.each<[name: string, connections: ReturnType<typeof connection>[], expected: string]>([
    ['two connections', [acknowledged(1, 3), acknowledged(2, 3)], `${way} acknowledged: 0 1/3, 1 1/3`],
    ['one', [acknowledged(1, 3)], ''],
    ['one with four offers', [acknowledged(1, 4)], `${way} acknowledged: 0 1/4`],
    ['the clients send no data', [acknowledged(1, 4, silent), acknowledged(2, 4, silent)], ''],
    ['one of them sends data', [acknowledged(1, 4, silent), acknowledged(2, 4)], `${way} acknowledged: 0 1/4, 1 1/4`],
    ['another one was accepted', [acknowledged(1, 3), acknowledged(2, 3), opened()], ''],
    ['another server accepts', [acknowledged(1, 4), opened({ server: '10.244.2.8:80' })], `${way} acknowledged: 0 1/4`],
    [
      'nothing of the server was captured of another one',
      [acknowledged(1, 4), opened({ synAck: [], toClient: { packets: 0, dataSegments: 0 } })],
      `${way} acknowledged: 0 1/4`,
    ],
    ['another one is offered only', [acknowledged(1, 4), offered(9, 1, 1)], `${way} acknowledged: 0 1/4`],
  ])('%s', (_, connections, expected) => expect(told({ connections })).toEqual(expected === '' ? [] : [expected]));
  test('both kinds are told apart', () =>
    expect(told({ connections: [offered(1, 4, 4), acknowledged(2, 4)] })).toEqual([
      `${way}: 0 4/4`,
      `${way} acknowledged: 1 1/4`,
    ]));
});
