import { type IdleGap, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { tinySegments } from '../../../../src/heuristics/rules/application/tiny-segments.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, ref, ruleTable } from '../../../support/evidence.ts';
import { verdicts } from '../../../support/verdicts.ts';

/** Requests of `octets` in `segments`, each answered. */
const requests = (count: number, turns: number, segments: number, octets: number, some = {}) =>
  evidence({
    connections: each(count, (at, client) =>
      endedConnection(at, ending(at + 0.5, { direction: 0 }), {
        client,
        turns,
        ...some,
        toServer: { dataSegments: segments, payloadOctets: octets },
      }),
    ),
  });

/** Pauses of ten seconds that the client ends with an octet. */
const pauses = (count: number): IdleGap[] =>
  Array.from({ length: count }, (_, at) => ({
    seconds: 10,
    from: ref(10 * at),
    to: ref(10 * at + 10),
    direction: TO_SERVER,
    octets: 1,
    keepAlive: false,
  }));

ruleTable(tinySegments, {
  fires: {
    'octet by octet': {
      evidence: requests(3, 1, 60, 60),
      finds: [{ segments: 180, octets: 180, requests: 3, subject: { server: '10.244.2.7:80' } }],
      says: [/10\.244\.1\.5 sends 3 requests to 10\.244\.2\.7:80 in 180 segments of 1\.0 octets on average/],
    },
    'two requests of one connection, in pieces of a few octets': {
      evidence: requests(1, 2, 80, 400),
      finds: [{ segments: 80, requests: 2 }],
    },
    'requests that are too large for one segment each': {
      evidence: requests(2, 1, 1_000, 4_000),
      finds: [{ segments: 2_000, octets: 8_000 }],
      says: [/8000 octets would fit into 16 segments/],
    },
    'several clients': {
      evidence: evidence({
        connections: [5, 6, 7].map((host) =>
          endedConnection(host, ending(host + 0.5), {
            client: `10.244.1.${host}:40000`,
            turns: 1,
            toServer: { dataSegments: 60, payloadOctets: 60 },
          }),
        ),
      }),
      finds: [{ clients: 3, requests: 3, subject: { client: '3 clients' } }],
      says: [/3 clients send 3 requests to 10\.244\.2\.7:80 in 180 segments/],
    },
    'a pause before each request': {
      evidence: requests(1, 2, 80, 400, { idleGaps: pauses(2) }),
      finds: [{ requests: 2 }],
    },
  },
  notes: {
    'one request': requests(1, 1, 60, 60),
  },
  quiet: {
    'a person who types: each key is echoed': requests(2, 50, 50, 50),
    'nobody answers': requests(2, 0, 200, 400),
    'small requests with their answers': requests(2, 40, 80, 400),
    'each waits for a late acknowledgement': requests(2, 1, 60, 60, { stalls: [50, 0] }),
    'heartbeats of one octet, of which the server answers one': requests(2, 1, 60, 60, { idleGaps: pauses(8) }),
    'line by line': requests(2, 1, 12, 400),
    'many pieces that are not tiny': requests(2, 1, 60, 1200),
  },
});

const one = (turns: number, segments: number, octets: number, some = {}, toServer = {}) =>
  evidence({
    connections: [
      endedConnection(0, ending(0.5, { direction: 0 }), {
        turns,
        ...some,
        toServer: { dataSegments: segments, payloadOctets: octets, ...toServer },
      }),
    ],
  });
const paused = (gaps: IdleGap[]) => one(2, 80, 80, { idleGaps: gaps });
const four = (some: Partial<IdleGap>) => paused([...pauses(3), { ...pauses(1)[0], ...some }]);

verdicts(tinySegments, {
  'twenty segments a request': [one(2, 40, 40), 'warning', { segments: 40, octets: 40, requests: 2, clients: 1 }],
  'fewer than twenty segments a request': [one(2, 39, 39), 'nothing'],
  'eight octets a segment': [one(2, 40, 320), 'warning', { octets: 320 }],
  'more than eight octets a segment': [one(2, 40, 321), 'nothing'],
  'one request': [one(1, 40, 40), 'note', { requests: 1, pending: 'seen-once' }],
  'one request each of two connections': [requests(2, 1, 40, 40), 'warning', { requests: 2, segments: 80, octets: 80 }],
  'no request that was answered': [one(0, 40, 40), 'nothing'],
  'the client waited for the server': [one(2, 40, 40, { stalls: [1, 0] }), 'nothing'],
  'the server waited for the client': [one(2, 40, 40, { stalls: [0, 1] }), 'warning'],
  'one was sent again': [one(2, 40, 40, {}, { resentSegments: 1 }), 'nothing'],
  'a pause before each of two requests, and one more': [paused(pauses(3)), 'warning'],
  'two pauses more': [paused(pauses(4)), 'nothing'],
  'the second of them was of the server': [four({ direction: 1 }), 'warning'],
  'the second of them ended without data': [four({ octets: 0 }), 'warning'],
  'the second of them ended with a keep-alive': [four({ keepAlive: true }), 'warning'],
});
