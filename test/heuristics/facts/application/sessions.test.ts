import { describe, expect, test } from 'vitest';
import type { ApplicationFacts, Connection } from '../../../../src/flows/evidence/evidence.ts';
import {
  endedBy,
  hasArrived,
  hasEnded,
  mismatchOf,
  sessionsOf,
  useOf,
  usesOf,
} from '../../../../src/heuristics/facts/application/sessions.ts';
import { applicationError, applicationFacts, sessions, tlsFacts, use } from '../../../support/application-items.ts';
import { capture, connection, evidence, point, ref } from '../../../support/evidence.ts';

type Openings = ApplicationFacts['openings'];
const alert = (direction: 0 | 1): ApplicationFacts['tls'] =>
  tlsFacts({
    alert: { ...ref(0.1), direction, level: 2, description: 40 } as NonNullable<ApplicationFacts['tls']>['alert'],
  });
const met = (openings: Openings, some: Partial<ApplicationFacts> = {}, dataSegments = 1) => {
  const leg = connection({ toServer: { dataSegments } }, { established: true });
  return mismatchOf({ facts: applicationFacts({ openings, ...some }), leg });
};
const bad = { messages: [applicationError({ code: '400' })] };

describe('two protocols that do not fit', () => {
  test.each<[openings: Openings, some: Partial<ApplicationFacts>, expected: string | null]>([
    [['http1', 'http1'], { tlsWanted: true }, 'plain-to-tls'],
    [['postgresql', 'postgresql'], { tlsRefused: true, answers: 0 }, 'tls-refused'],
    [['postgresql', 'postgresql'], { tlsRefused: true, answers: 1 }, null],
    [['http1', 'http1'], {}, null],
    [['tls', null], {}, null],
    [[null, 'http1'], {}, null],
    [['proxy', 'http1'], bad, 'proxy-header-unexpected'],
    [['proxy', 'http1'], { messages: [applicationError({ code: '404' })] }, null],
    [['proxy', 'tls'], { tls: alert(1) }, 'proxy-header-unexpected'],
    [['proxy', 'tls'], { tls: alert(0) }, null],
    [['proxy', 'tls'], {}, null],
    [['tls', 'http1'], {}, 'tls-to-plain'],
    [['tls', 'http2'], {}, 'tls-to-plain'],
    [['tls', 'ssh'], {}, 'tls-to-plain'],
    [['tls', 'mysql'], {}, 'tls-to-plain'],
    [['tls', 'mail'], {}, 'tls-to-plain'],
    [['tls', 'amqp'], {}, 'tls-to-plain'],
    [['tls', 'tls'], {}, null],
    [['tls', 'redis'], {}, null],
    [['http1', 'tls'], { tls: alert(1) }, 'plain-to-tls'],
    [['http1', 'tls'], { tls: alert(0) }, null],
    [['http1', 'tls'], {}, null],
    [['postgresql', 'tls'], { tls: alert(1) }, null],
    [['mysql', 'tls'], { tls: alert(1) }, null],
    [['http2', 'http1'], {}, 'http2-to-http1'],
    [['http2', 'http2'], {}, null],
    [['http1', 'http2'], {}, 'http1-to-http2'],
    [['http1', 'ssh'], {}, 'other-protocol'],
    [['redis', 'http1'], {}, 'other-protocol'],
    [['redis', 'mail'], {}, 'other-protocol'],
    [['redis', 'redis'], {}, null],
    [['unknown', 'http1'], { ...bad, answers: 1 }, 'other-protocol'],
    [['unknown', 'http1'], { ...bad, answers: 2 }, null],
    [['unknown', 'http1'], { answers: 1 }, null],
    [['unknown', 'tls'], { ...bad, answers: 1 }, null],
  ])('%j, %j: %s', (openings, some, expected) => expect(met(openings, some)).toBe(expected));
  test('refused TLS is a fault only where the client says nothing more', () => {
    expect(met(['postgresql', 'postgresql'], { tlsRefused: true, answers: 0 }, 2)).toBeNull();
  });
});

test.each<[history: string, by: 'client' | 'server' | null]>([
  ['ShADadFf', 'client'],
  ['ShADadfF', 'server'],
  ['ShADR', 'client'],
  ['ShADr', 'server'],
  ['ShADad', null],
  ['', null],
])('the history %s was ended by %s', (history, by) => expect(endedBy(connection({ history }))).toBe(by));

test('a connection ends by FIN or reset of either side', () => {
  const with_ = (toServer: object, toClient: object = {}) => hasEnded(connection({ toServer, toClient }));
  expect([
    with_({}),
    with_({ fins: 1 }),
    with_({}, { fins: 1 }),
    with_({ resets: 1 }),
    with_({}, { resets: 1 }),
  ]).toEqual([false, true, true, true, true]);
});

test('what the client sent arrived when it was acknowledged whole, or a reset answered it', () => {
  const of = (toServer: object, toClient: object = {}) => hasArrived(connection({ toServer, toClient }));
  const acked = { firstAckedData: ref(1), unackedOctets: 0 };
  expect(of(acked)).toBe(true);
  expect(of({ ...acked, unackedOctets: 1 })).toBe(false);
  expect(of({ ...acked, firstAckedData: null })).toBe(false);
  expect(of({ unackedOctets: 1 }, { resets: 1 })).toBe(true);
});

describe('sessions', () => {
  const places = { points: [point(), point({ name: 'b', capture: 1 })], captures: [capture(), capture()] };
  const [plain] = sessions(1, () => applicationFacts());
  const pair = (here: Partial<Connection>, there: Partial<Connection>) => {
    const legs = [
      { ...plain, ...here },
      { ...plain, point: 1, ...there },
    ];
    return sessionsOf(evidence({ ...places, connections: legs, paths: [{ of: legs }] })).map(({ leg }) => leg.point);
  };
  const facts = (some: Partial<ApplicationFacts>): Partial<Connection> => ({ application: applicationFacts(some) });
  const error = applicationError();
  test.each<[name: string, here: Partial<Connection>, there: Partial<Connection>, at: number[]]>([
    ['nothing was read', { application: null }, { application: null }, []],
    ['one point read something', { application: null }, {}, [1]],
    ['both read as much: the first', {}, {}, [0]],
    ['one read more messages', facts({ messages: [error] }), facts({ messages: [error, error] }), [1]],
    ['one read fewer messages', facts({ messages: [error, error] }), facts({ messages: [error] }), [0]],
    ['one cut what the client said', facts({ cut: [true, false] }), facts({}), [1]],
    ['one cut what the server said', facts({ cut: [false, true] }), facts({}), [1]],
    ['one read the hello whole', facts({ tls: tlsFacts({ clientHello: null }) }), facts({ tls: tlsFacts() }), [1]],
    ['one read the alert', facts({ tls: tlsFacts() }), facts({ tls: alert(1) }), [1]],
    [
      'an alert tells more than a hello',
      facts({ tls: tlsFacts() }),
      facts({ tls: { ...alert(1)!, clientHello: null } }),
      [1],
    ],
  ])('%s', (_, here, there, at) => expect(pair(here, there)).toEqual(at));
  test('the server is the one nearest to the answer', () => {
    const legs = [plain, { ...plain, point: 1, server: { address: '10.244.2.9', port: 8080 } }];
    expect(sessionsOf(evidence({ ...places, connections: legs, paths: [{ of: legs }] }))).toMatchObject([
      { server: '10.244.2.9:8080' },
    ]);
  });
});

describe('what a client and a server exchanged besides', () => {
  const of = (...applications: ReturnType<typeof use>[]) => {
    const all = evidence({ connections: sessions(2, () => applicationFacts()), applications });
    const found = sessionsOf(all);
    return { one: useOf(all, found[0]), sum: usesOf(all, found) };
  };
  test('counts of the same two, at the same point, in the same protocol', () => {
    expect(of(use({ connections: 7, answers: 9 }))).toMatchObject({
      one: { connections: 7 },
      sum: { connections: 7, answers: 9 },
    });
  });
  test.each([
    ['another point', use({ point: 1 })],
    ['another client', use({ client: '10.244.1.6' })],
    ['another server', use({ server: '10.244.2.8:80' })],
    ['another port', use({ server: '10.244.2.7:81' })],
    ['another protocol', use({ protocol: 'http2' })],
  ])('not those of %s', (_, other) => expect(of(other)).toEqual({ one: null, sum: { connections: 2, answers: 0 } }));
  test('no fewer connections than sessions', () =>
    expect(of(use({ connections: 1, answers: 1 })).sum).toEqual({ connections: 2, answers: 1 }));
});
