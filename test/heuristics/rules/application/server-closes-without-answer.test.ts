import { serverClosesWithoutAnswer } from '../../../../src/heuristics/rules/application/server-closes-without-answer.ts';
import { applicationError, applicationFacts } from '../../../support/application-items.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, reset, ruleTable } from '../../../support/evidence.ts';
import { shut } from '../../../support/segment-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const unanswered = (at: number, client: string, some = {}) =>
  endedConnection(at * 5, ending(at * 5 + 0.2, { openRequest: true, waitedSeconds: 0.05, ...some }), { client });
const answered = (at: number, client: string) =>
  endedConnection(at * 5, ending(at * 5 + 0.2, { direction: 0 }), { client, turns: 1 });

const brokenOff = { announced: 90_000, came: 20_000 };
/** The server ends it in the middle of an answer. */
const broken = (at: number, client: string, some: Parameters<typeof endedConnection>[2] = {}) =>
  endedConnection(at * 5, ending(at * 5 + 0.3, { byReset: true }), {
    client,
    turns: 1,
    application: applicationFacts({ brokenOff }),
    ...some,
  });

ruleTable(serverClosesWithoutAnswer, {
  fires: {
    'in the middle of the answer': {
      evidence: evidence({ connections: each(2, (at, client) => broken(at, client)) }),
      finds: [
        {
          key: '10.244.2.7:80 broken',
          grade: 'inferred',
          subject: { server: '10.244.2.7:80' },
          measured: { brokenOff: 2, connections: 2, byReset: 2, announced: 90_000, came: 20_000 },
        },
      ],
      says: [
        /10\.244\.2\.7:80 breaks answers off in the middle: it resets 2 of 2 connections before all octets came \(20000 of 90000\)/,
      ],
    },
    'in the middle of the answer, behind a proxy that passes it on': {
      evidence: evidence({
        connections: [0, 1].flatMap((at) => [
          broken(at, `10.244.1.5:${40_000 + at}`, { server: '10.244.3.9:8080', end: ending(at * 5 + 0.31) }),
          broken(at, `10.244.3.9:${50_000 + at}`, { end: ending(at * 5 + 0.3) }),
        ]),
      }),
      finds: [{ server: '10.244.2.7:80', conversations: [1, 3, 0, 2] }],
    },
    'one, where its client tells its own client at once': {
      evidence: evidence({
        connections: [
          unanswered(0, '10.244.3.9:50000'),
          endedConnection(0, ending(0.3, { direction: 0 }), {
            client: '10.244.1.5:40000',
            server: '10.244.3.9:8080',
            turns: 1,
            application: applicationFacts({ messages: [applicationError({ at: 0.2005, code: '502' })] }),
          }),
        ],
      }),
      finds: [{ server: '10.244.2.7:80', closed: 1 }],
    },
    'two of two, by FIN, after they acknowledged the request': {
      evidence: evidence({ connections: each(2, (at, client) => unanswered(at, client)) }),
      finds: [
        {
          key: '10.244.2.7:80',
          grade: 'confirmed',
          subject: { server: '10.244.2.7:80' },
          measured: { closed: 2, connections: 2, byReset: 0 },
        },
      ],
      says: [/10\.244\.2\.7:80 ends connections without an answer to the request: 2 of 2/],
    },
    'some of many': {
      evidence: evidence({
        connections: [
          ...each(3, (at, client) => unanswered(at, client)),
          ...each(9, (at) => answered(at, `10.244.1.6:${41000 + at}`)),
        ],
      }),
      finds: [{ closed: 3, all: 12 }],
    },
    'by reset, in the middle of a large request that was answered early': {
      evidence: evidence({
        connections: each(2, (at, client) =>
          endedConnection(
            at * 5,
            ending(at * 5 + 0.2, { openRequest: true, unread: true, byReset: true, requestOctets: 2896 }),
            { client, turns: 1 },
          ),
        ),
      }),
      finds: [{ resets: 2, unread: 2, grade: 'inferred' }],
      says: [/still on its way into it/],
    },
    'before the request comes': {
      evidence: evidence({
        connections: each(2, (at, client) =>
          endedConnection(at * 5, ending(at * 5 + 0.01, { ignored: true }), { client }),
        ),
      }),
      finds: [{ unheard: 2 }],
    },
    'a second request after some thought': {
      evidence: evidence({
        connections: each(2, (at, client) =>
          endedConnection(at * 5, ending(at * 5 + 3, { openRequest: true, waitedSeconds: 0.01, idleSeconds: 1 }), {
            client,
            turns: 2,
          }),
        ),
      }),
      finds: [{ closed: 2 }],
    },
    'over IPv6': {
      evidence: evidence({
        connections: [0, 1].map((at) =>
          endedConnection(at * 5, ending(at * 5 + 0.2, { openRequest: true }), {
            client: `[fd00::5]:${40000 + at}`,
            server: '[fd00::7]:80',
          }),
        ),
      }),
      finds: [{ key: '[fd00::7]:80' }],
    },
  },
  notes: {
    'one answer broken off': evidence({ connections: [broken(0, '10.244.1.5:40000')] }),
    'one connection, whose client has told an error long before': evidence({
      connections: [
        unanswered(1, '10.244.3.9:50000'),
        endedConnection(0, ending(0.3, { direction: 0 }), {
          client: '10.244.1.5:40000',
          server: '10.244.3.9:8080',
          turns: 1,
          application: applicationFacts({ messages: [applicationError({ at: 0.2, code: '502' })] }),
        }),
      ],
    }),
    'one connection': evidence({ connections: [unanswered(0, '10.244.1.5:40000')] }),
  },
  quiet: {
    'in the middle of an answer that the client does not take: its window is shut': evidence({
      connections: each(2, (at, client) => broken(at, client, { zeroWindowSpans: [shut(0, at * 5 + 0.1, null)] })),
    }),
    'one of twenty': evidence({
      connections: [unanswered(0, '10.244.1.5:40000'), ...each(20, (at) => answered(at, `10.244.1.6:${41000 + at}`))],
    }),
    'a farewell: much smaller than the requests before': evidence({
      connections: each(3, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 2, { openRequest: true, requestOctets: 31, idleSeconds: 1 }), {
          client,
          turns: 2,
          toServer: { payloadOctets: 1031 },
        }),
      ),
    }),
    'a reaction that draws the end at once: the answer to a GOAWAY': evidence({
      connections: each(3, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 2, { openRequest: true, waitedSeconds: 0.001, idleSeconds: 0.002 }), {
          client,
          turns: 3,
        }),
      ),
    }),
    'everything was answered': evidence({
      connections: each(3, (at, client) => endedConnection(at * 5, ending(at * 5 + 0.2), { client, turns: 1 })),
    }),
    'probes that connect and close': evidence({
      connections: each(3, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 0.01, { direction: 0 }), { client }),
      ),
    }),
    'the server ends idle connections that never asked': evidence({
      connections: each(3, (at, client) => endedConnection(at * 5, ending(at * 5 + 4, { idleSeconds: 4 }), { client })),
    }),
    'a request on an idle connection crosses the end': evidence({
      connections: each(2, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 3, { openRequest: true, unread: true, idleSeconds: 2 }), {
          client,
          turns: 1,
        }),
      ),
    }),
    'a reset of somebody else': evidence({
      connections: each(2, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 0.2, { openRequest: true, byReset: true, packet: 9 }), {
          client,
          resets: [reset(at * 5 + 0.2, 1, { packet: 9, ttl: 255 })],
          toClient: {
            ttls: [
              { value: 63, count: 2 },
              { value: 255, count: 1 },
            ],
          },
        }),
      ),
    }),
    'the capture misses packets': evidence({
      connections: each(2, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 0.2, { openRequest: true }), { client, toClient: { gapOctets: 500 } }),
      ),
    }),
  },
});

const clientOf = (at: number) => `10.244.1.5:${40_000 + at}`;
/** So many without an answer, among answered ones. */
const without = (count: number, others: number, some: (at: number) => object = () => ({})) =>
  evidence({
    connections: Array.from({ length: count + others }, (_, at) =>
      at < count ? unanswered(at, clientOf(at), some(at)) : answered(at, clientOf(at)),
    ),
  });
/** What each of the broken answers announced, and what of it came. */
const brokenOffs = (...parts: { announced: number | null; came: number | null }[]) =>
  evidence({
    connections: parts.map((part, at) =>
      broken(at, clientOf(at), { application: applicationFacts({ brokenOff: part }) }),
    ),
  });
const [MUCH, LITTLE] = [
  { announced: 90_000, came: 20_000 },
  { announced: 90_000, came: 80_000 },
];
const brokenOf = (count: number, others: number) =>
  evidence({
    connections: Array.from({ length: count + others }, (_, at) =>
      at < count ? broken(at, clientOf(at)) : answered(at, clientOf(at)),
    ),
  });

verdicts(serverClosesWithoutAnswer, {
  'one of ten': [without(1, 9), 'note', { closed: 1, all: 10, unheard: 0, unread: 0, resets: 0, broken: null }],
  'one of eleven': [without(1, 10), 'nothing'],
  'two of twenty': [without(2, 18), 'warning', { closed: 2, all: 20 }],
  'two of twenty-one': [without(2, 19), 'nothing'],
  'the longest wait is told': [
    without(3, 0, (at) => ({ waitedSeconds: [0.02, 0.05, 0.03][at] })),
    'warning',
    { after: 0.05, measured: { closed: 3, connections: 3, byReset: 0, waitedSeconds: 0.05 } },
  ],
  'one of two by a reset': [
    without(2, 0, (at) => ({ byReset: at === 1 })),
    'warning',
    { resets: 1, measured: { byReset: 1 }, grade: 'inferred' },
  ],
  'one of ten answers is broken off': [brokenOf(1, 9), 'note', { closed: 1, all: 10 }],
  'one of eleven answers is broken off': [brokenOf(1, 10), 'nothing'],
  'two of ten answers are broken off': [brokenOf(2, 8), 'warning', { closed: 2, resets: 2, all: 10, whole: true }],
  'most is missing of the first': [brokenOffs(MUCH, LITTLE), 'warning', { broken: MUCH }],
  'most is missing of the second': [brokenOffs(LITTLE, MUCH), 'warning', { broken: MUCH }],
  'of one it is not known how much is missing': [
    brokenOffs({ announced: null, came: 5 }, LITTLE),
    'warning',
    { broken: LITTLE },
  ],
  'as much is missing of both': [
    brokenOffs({ announced: 80_000, came: 10_000 }, MUCH),
    'warning',
    { broken: { announced: 80_000, came: 10_000 } },
  ],
  'of one it is not known what came': [brokenOffs({ announced: 5, came: null }, LITTLE), 'warning', { broken: LITTLE }],
});
