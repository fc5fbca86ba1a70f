import { halfClosed } from '../../../../src/heuristics/rules/application/half-closed.ts';
import { each, endedConnection, ending, midStream } from '../../../support/ending-items.ts';
import { evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

/** The client ended it, the FIN is acknowledged, and the server sends nothing more. */
const byClient = (at: number, client: string, some = {}, parts: Record<string, unknown> = {}) =>
  endedConnection(at, ending(at + 0.1, { direction: 0, ...some }), {
    client,
    turns: 1,
    toServer: { seqHigh: 102, fins: 1 },
    toClient: { ackHigh: 102, fins: 0 },
    ...parts,
  });
/** The server ended it, and the client does not. */
const byServer = (at: number, client: string) =>
  endedConnection(at, ending(at + 2), {
    client,
    turns: 1,
    toClient: { seqHigh: 102, fins: 1 },
    toServer: { ackHigh: 102, fins: 0 },
  });

ruleTable(halfClosed, {
  fires: {
    'the server never ends': {
      evidence: evidence({ connections: each(2, (at, client) => byClient(at * 8, client)) }),
      finds: [{ side: 'server', who: '10.244.2.7', measured: { halfClosed: 2, ended: 2 } }],
      says: [/10\.244\.2\.7 never ends connections that the client has ended: 2 of 2/],
    },
    'the client never ends, and opens one after the other': {
      evidence: evidence({ connections: each(6, (at, client) => byServer(at * 5, client)) }),
      finds: [{ side: 'client', measured: { halfClosed: 5, ended: 6 } }],
    },
    'the client never ends, and opens further connections': {
      evidence: evidence({
        connections: [...each(3, (at, client) => byServer(at * 5, client)), byClient(30, '10.244.1.5:50000')],
      }),
      finds: [{ side: 'client', who: '10.244.1.5' }],
    },
  },
  notes: {
    'opened before the capture, and answered since': evidence({
      connections: [byClient(8, '10.244.1.5:40000', {}, midStream)],
    }),
    'the server never ends one connection': evidence({ connections: [byClient(8, '10.244.1.5:40000')] }),
  },
  quiet: {
    'the server ended them, too: its numbers tell of a FIN that was lost': evidence({
      connections: each(2, (at, client) =>
        byClient(
          at * 8,
          client,
          {},
          {
            toClient: {
              ackHigh: 102,
              fins: 0,
              holes: [
                { seqStart: 101, seqEnd: 102, noticed: ref(at * 8 + 0.2), filledTime: null, acknowledged: false },
              ],
            },
          },
        ),
      ),
    }),
    'the latest ones of a client that may still use them': evidence({
      connections: [
        ...each(3, (at, client) => byServer(at * 5, client)),
        ...each(4, (at) => byServer(16 + at * 0.1, `10.244.1.5:${50_000 + at}`)),
      ],
    }),
    'a half-close: data follows': evidence({
      connections: each(3, (at, client) => byClient(at * 8, client, { ignored: true })),
    }),
    'an answer is owed': evidence({
      connections: each(3, (at, client) => byClient(at * 8, client, { openRequest: true })),
    }),
    'idle pool: the server ended them, and the client has nothing to do': evidence({
      connections: each(4, (at, client) => byServer(at, client)),
    }),
    'opened before the capture, and nothing was answered since: a request may be older': evidence({
      connections: each(2, (at, client) => byClient(at * 8, client, {}, { ...midStream, turns: 0 })),
    }),
    'of each client one, and only other clients open further ones': evidence({
      connections: each(4, (at) => byServer(at * 5, `10.244.1.${20 + at}:40000`)),
    }),
    'the further ones are seen at another point': evidence({
      points: [point(), point({ name: 'other' })],
      connections: each(4, (at, client) => ({
        ...byServer(at * 5, client),
        point: at % 4 === 3 ? 1 : 0,
        first: ref(1),
      })),
    }),
    'most of what the client leaves open may still be used': evidence({
      connections: [
        ...each(3, (at, client) => byServer(at, client)),
        ...each(4, (at) => byServer(40, `10.244.1.5:${50_000 + at}`)),
      ],
    }),
    'the end of the capture': evidence({ connections: each(2, (at, client) => byClient(58 + at, client)) }),
    'nobody acknowledged the FIN': evidence({
      connections: each(2, (at, client) =>
        byClient(at * 8, client, {}, { toClient: { ackHigh: 101, fins: 0 }, toServer: { seqHigh: 102, fins: 1 } }),
      ),
    }),
    'the other side ends a little later': evidence({
      connections: each(2, (at, client) => byClient(at * 8, client, {}, { toClient: { ackHigh: 102, fins: 1 } })),
    }),
    'it was reset afterwards': evidence({
      connections: each(2, (at, client) => byClient(at * 8, client, {}, { resets: [reset(at * 8 + 1, 1)] })),
    }),
    'one of three': evidence({
      connections: [
        byClient(0, '10.244.1.5:40000'),
        ...each(3, (at) => byClient(at * 8, `10.244.1.6:${at + 1000}`, {}, { toClient: { ackHigh: 102, fins: 1 } })),
      ],
    }),
  },
});

const clientOf = (at: number) => `10.244.1.5:${40_000 + at}`;
/** Two connections that the server never ends; the second is otherwise. */
const second = (some: object = {}, parts: Record<string, unknown> = {}, lastTime = 60) =>
  evidence({
    points: [point({ quality: { lastTime } })],
    connections: [byClient(0, clientOf(0)), byClient(8, clientOf(1), some, parts)],
  });
/** So many of these are never ended by the server, the others are. */
const share = (count: number, all: number) =>
  evidence({
    connections: Array.from({ length: all }, (_, at) =>
      byClient(at, clientOf(at), {}, at < count ? {} : { toClient: { ackHigh: 102, fins: 1 } }),
    ),
  });
/** So many are never ended by the client, and one that it opens afterwards. */
const ofClient = (count: number, parts: object = {}) =>
  evidence({
    points: [point({ name: 'a' }), point({ name: 'b' })],
    connections: [
      ...Array.from({ length: count }, (_, at) => byServer(at * 5, clientOf(at))),
      { ...byClient(30, '10.244.1.5:50000'), ...parts },
    ],
  });
const ONE = { open: 1, all: 2, pending: 'seen-once' };

verdicts(halfClosed, {
  'two connections': [second(), 'warning', { open: 2, all: 2, longest: 59.9, side: 'server', who: '10.244.2.7' }],
  'the second ends by a reset': [second({ byReset: true }), 'note', ONE],
  'the second has an open request': [second({ openRequest: true }), 'note', ONE],
  'the second has something unread': [second({ unread: true }), 'note', ONE],
  'the second is crossed by a request': [second({ crossed: true }), 'note', ONE],
  'the end of the second is ignored': [second({ ignored: true }), 'note', ONE],
  'the server ends the second': [second({}, { toClient: { ackHigh: 102, fins: 1 } }), 'note', ONE],
  'the second has a reset': [second({}, { resets: [reset(9, 0)] }), 'note', ONE],
  'the end of the second is not acknowledged': [second({}, { toClient: { ackHigh: 101, fins: 0 } }), 'note', ONE],
  'nothing of the second is acknowledged': [second({}, { toClient: { ackHigh: null, fins: 0 } }), 'note', ONE],
  'three seconds are left behind the second': [second({}, {}, 11.5), 'warning'],
  'less than three seconds are left behind the second': [second({}, {}, 11), 'note', ONE],
  'two of four': [share(2, 4), 'warning', { open: 2, all: 4 }],
  'two of five': [share(2, 5), 'nothing'],
  'the client never ends three': [ofClient(3), 'warning', { side: 'client', open: 3, who: '10.244.1.5' }],
  'the client never ends two': [ofClient(2), 'note', { side: 'server' }],
});
