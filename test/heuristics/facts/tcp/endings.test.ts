import { describe, expect, test } from 'vitest';
import type { Connection, ConnectionEnd } from '../../../../src/flows/evidence/evidence.ts';
import {
  endingsByServer,
  isForeignReset,
  isLateRequest,
  isWithoutAnswer,
  wantsAnswer,
  wasIdle,
} from '../../../../src/heuristics/facts/tcp/endings.ts';
import { endedConnection, ending, midStream, roundTrips } from '../../../support/ending-items.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref, reset } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof endedConnection>[2]>;
type End = Partial<ConnectionEnd>;
const ended = (end: End = {}, some: Parts = {}) => endedConnection(1, ending(9, end), { turns: 2, ...some });
const ttls = (value: number, count: number) => [{ value, count }];

describe('connections of which nothing is missing, by server', () => {
  const servers = (parts: EvidenceParts) =>
    [...endingsByServer(evidence(parts)).values()].map(
      ({ server, connections }) =>
        `${server}: ${connections.map(({ conversation, leg, legs, end }) => `${conversation} at ${leg.point} of ${legs.length}, ${end === null ? 'open' : `ended at ${end.time}`}`).join('; ')}`,
    );
  const found = ['10.244.2.7:80: 0 at 0 of 1, ended at 9'];
  test.each<[name: string, some: Parts, expected: string[]]>([
    ['whole', {}, found],
    ['open', { end: null }, ['10.244.2.7:80: 0 at 0 of 1, open']],
    ['began before the capture, and its ports tell the client', midStream, found],
    ['began before, and no port tells', { ...midStream, server: '10.244.2.7:40001' }, []],
    ['SYN without SYN-ACK', { synAck: [] }, []],
    ['the snapshot length cut it', { complete: false }, []],
    ['an octet of the client is missing', { toServer: { gapOctets: 1 } }, []],
    ['an octet of the server is missing', { toClient: { gapOctets: 1 } }, []],
    ['no packet of the client', { toServer: { packets: 0 } }, []],
    ['no packet of the server', { toClient: { packets: 0 } }, []],
  ])('%s', (_, some, expected) => expect(servers({ connections: [ended({}, some)] })).toEqual(expected));
  test('the capture dropped packets', () =>
    expect(servers({ captures: [capture({ dropped: 50 })], connections: [ended()] })).toEqual([]));
  test('nearest to the server, and by the server that answers', () => {
    const [near, far] = [ended(), ended({}, { point: 1, server: '10.244.2.8:80' })];
    const other = ended({}, { client: '10.244.1.6:40000', server: '10.244.2.8:80', point: 1 });
    expect(
      servers({
        points: [point(), point({ capture: 1 })],
        captures: [capture(), capture()],
        connections: [near, far, other],
        paths: [{ of: [near, far] }],
      }),
    ).toEqual(['10.244.2.8:80: 0 at 1 of 2, ended at 9; 1 at 1 of 1, ended at 9']);
  });
});

describe('what was sent last wants an answer', () => {
  // Two requests of 100 octets before: half of their mean is 50.
  const wants = (requestOctets: number, some: Parts = {}) => {
    const leg = ended({ requestOctets }, { toServer: { payloadOctets: 200 + requestOctets }, ...some });
    return wantsAnswer(evidence({ connections: [leg] }), leg, leg.end as ConnectionEnd);
  };
  test('from half of the requests before', () => {
    expect(wants(50)).toBe(true);
    expect(wants(49)).toBe(false);
    expect(wants(50, { turns: 1, toServer: { payloadOctets: 150 } })).toBe(true);
    expect(wants(49, { turns: 1, toServer: { payloadOctets: 149 } })).toBe(false);
  });
  test('the first request, where the beginning was captured', () => {
    expect(wants(1, { turns: 0 })).toBe(true);
    expect(wants(1, { turns: 0, ...midStream })).toBe(false);
  });
});

test('idle before the end: 0.2 s, or two round trips', () => {
  const idle = (idleSeconds: number, some: Parts = {}) => wasIdle(ended({}, some), ending(9, { idleSeconds }));
  expect(idle(0.2)).toBe(true);
  expect(idle(0.199)).toBe(false);
  const far = { handshakeServerSide: 0.25, handshakeClientSide: 0.25 };
  expect(idle(1, far)).toBe(true);
  expect(idle(0.99, far)).toBe(false);
  expect(idle(1, { ...midStream, rtt: [roundTrips(0.5), null] })).toBe(true);
  expect(idle(0.99, { ...midStream, rtt: [roundTrips(0.5), null] })).toBe(false);
});

describe('a request that came too late', () => {
  const late = (end: End, some: Parts = {}) => {
    const leg = ended({ idleSeconds: 5, ...end }, some);
    return isLateRequest(evidence({ connections: [leg] }), leg);
  };
  const answeredBy = (direction: 0 | 1, time: number): Parts => ({ resets: [reset(time, direction)] });
  test.each<[name: string, end: End, some: Parts, expected: boolean]>([
    ['it crossed the end', { crossed: true }, {}, true],
    ['neither open nor crossed nor ignored', {}, {}, false],
    ['ignored, and the server resets it', { ignored: true }, answeredBy(1, 9), true],
    ['ignored, and the server reset before', { ignored: true }, answeredBy(1, 8.9), false],
    ['ignored, and the client resets', { ignored: true }, answeredBy(0, 9), false],
    ['ignored', { ignored: true }, {}, false],
    ['open, and the server had not read it', { openRequest: true, unread: true }, {}, true],
    ['open, and the server had read it', { openRequest: true }, {}, false],
    ['open, and the server forgot the connection', { openRequest: true, unread: true, byReset: true }, {}, false],
    ['open, read, and crossed', { openRequest: true, crossed: true }, {}, false],
    ['the client ended it', { crossed: true, direction: 0 }, {}, false],
    ['the first request', { crossed: true }, { turns: 0 }, false],
    ['not idle', { crossed: true, idleSeconds: 0.1 }, {}, false],
    ['a farewell', { crossed: true, requestOctets: 1 }, {}, false],
    ['still open', {}, { end: null }, false],
  ])('%s', (_, end, some, expected) => expect(late(end, some)).toBe(expected));
});

describe('ended without an answer', () => {
  const THINKS = 1;
  const without = (end: End, some: Parts = {}) => {
    const leg = ended(end, some);
    return isWithoutAnswer(evidence({ connections: [leg] }), leg, THINKS);
  };
  const first = { turns: 0 };
  const open = { openRequest: true };
  const asked = { turns: 0, toServer: { dataSegments: 1 } };
  const foreign = { resets: [reset(9, 1, { ttl: 60 })], toClient: { ttls: ttls(64, 9) } };
  test.each<[name: string, end: End, some: Parts, expected: boolean]>([
    ['the first request', open, first, true],
    ['the first request that was not read', { ...open, unread: true }, first, true],
    ['the first that was captured', open, { turns: 0, ...midStream }, false],
    ['a later one that waited', { ...open, waitedSeconds: 1 }, {}, true],
    ['a later one after a pause', { ...open, idleSeconds: 1 }, {}, true],
    ['a later one that the server ends sooner', { ...open, idleSeconds: 0.9, waitedSeconds: 0.9 }, {}, false],
    ['a later one that the server resets', { ...open, byReset: true }, {}, true],
    ['a later farewell', { ...open, byReset: true, requestOctets: 1 }, {}, false],
    ['a later one that was not read, reset', { ...open, unread: true, byReset: true }, {}, true],
    [
      'a later one that was not read, reset after a pause',
      { ...open, unread: true, byReset: true, idleSeconds: 5 },
      {},
      false,
    ],
    ['a later one that was not read', { ...open, unread: true, waitedSeconds: 5 }, {}, false],
    ['it crossed the end, and the server had sent nothing', { crossed: true }, asked, true],
    ['it was ignored, and the server had sent nothing', { ignored: true }, asked, true],
    ['neither', {}, asked, false],
    ['the server had sent data', { crossed: true }, { ...asked, toClient: { dataSegments: 1 } }, false],
    ['the client had sent nothing', { crossed: true }, { turns: 0, toServer: { dataSegments: 0 } }, false],
    ['there were requests before', { crossed: true }, { toServer: { dataSegments: 1 } }, false],
    ['the client ended it', { ...open, direction: 0 }, first, false],
    ['a late request', { ...open, unread: true, idleSeconds: 5 }, {}, false],
    ['somebody else reset it', { ...open, byReset: true }, foreign, false],
    ['still open', {}, { end: null }, false],
  ])('%s', (_, end, some, expected) => expect(without(end, some)).toBe(expected));
});

describe('a reset with another hop limit than the packets of the server', () => {
  const foreign = (resets: Connection['resets'], counts: { value: number; count: number }[]) =>
    isForeignReset(connection({ end: ending(9), resets, toClient: { ttls: counts } }));
  const own = reset(9, 1, { ttl: 64 });
  test.each<
    [name: string, resets: Connection['resets'], counts: { value: number; count: number }[], expected: boolean]
  >([
    ['no reset', [], ttls(60, 9), false],
    ['the end is another packet', [{ ...own, ...ref(8) }], ttls(60, 9), false],
    ['from another distance', [own], ttls(60, 9), true],
    ['from the same', [own], ttls(64, 2), false],
    ['only the reset itself has it', [own], ttls(64, 1), true],
    ['only the two resets have it', [own, { ...own, ...ref(9.1) }], ttls(64, 2), true],
    ['one packet more than the two resets', [own, { ...own, ...ref(9.1) }], ttls(64, 3), false],
    ['the packets have several, that among them', [own], [...ttls(60, 9), ...ttls(64, 9)], false],
    ['it is not the first', [reset(8, 1, { ttl: 60 }), own], ttls(60, 9), true],
  ])('%s', (_, resets, counts, expected) => expect(foreign(resets, counts)).toBe(expected));
});
