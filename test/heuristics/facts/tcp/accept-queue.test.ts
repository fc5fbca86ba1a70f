import { describe, expect, test } from 'vitest';
import { attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import { acceptQueue, isQueueFull, lostOnTheWay } from '../../../../src/heuristics/facts/tcp/accept-queue.ts';
import type { Listener } from '../../../../src/heuristics/facts/tcp/listener.ts';
import {
  capture,
  connection,
  type EvidenceParts,
  evidence,
  type Path,
  point,
  ref,
  reset,
} from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
/** A SYN at 30 s that nothing answers; the capture ends at 60 s. */
const ignored = (at = 30) => connection({ client: '10.244.1.5:999', syn: [at, at + 1] });
const opened = (some: Parts = {}) => connection({ client: '10.244.1.5:1', ...some }, { established: true });
function judged(connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) {
  const all = evidence({ connections: [...connections, ignored()], ...parts });
  const attempts = attemptsOf(all);
  const listener: Listener = { point: 0, address: '10.244.2.7', port: 80, attempts, openedBesides: [] };
  const silent = attempts.filter(({ outcome }) => outcome === 'silent');
  return [acceptQueue(all, listener, silent), isQueueFull(all, listener, silent)];
}

describe('what open connections show of the accept queue when SYNs are ignored', () => {
  /** A request at the handshake that the kernel acknowledges and no program answers. */
  const waiting = (some: Parts = {}): Parts => ({
    handshakeAck: ref(20),
    ...some,
    toServer: { dataSegments: 1, largestAckedL3: 100, ...some.toServer },
    toClient: { dataSegments: 0, ...some.toClient },
  });
  const answeredLate = (seconds: number, response = true): Parts => ({
    handshakeAck: ref(20),
    slowTurns: [turn(21, seconds, response ? {} : { response: null })],
  });
  test.each<[name: string, some: Parts, expected: string]>([
    ['nothing', { toServer: { dataSegments: 0 } }, 'unknown'],
    ['a request and its answer', { turns: 1 }, 'served'],
    ['a request that waits', waiting(), 'full'],
    ['for a second', waiting({ handshakeAck: ref(59) }), 'full'],
    ['for less', waiting({ handshakeAck: ref(59.01) }), 'unknown'],
    ['no request', waiting({ toServer: { dataSegments: 0 } }), 'unknown'],
    ['the request is not acknowledged', waiting({ toServer: { largestAckedL3: 0 } }), 'unknown'],
    ['the server resets', waiting({ toClient: { resets: 1 } }), 'unknown'],
    ['the handshake is not finished', waiting({ handshakeAck: null }), 'unknown'],
    [
      'SYN-ACKs again after the acknowledgement',
      { synAck: [0.001, 25], handshakeAck: ref(20), toClient: { dataSegments: 0 } },
      'full',
    ],
    ['answered after a SYN was ignored', answeredLate(10), 'full'],
    ['answered in that moment', answeredLate(9), 'full'],
    ['answered before', answeredLate(8.9), 'unknown'],
    ['not answered by then', answeredLate(10, false), 'unknown'],
    ['opened in that moment', { ...answeredLate(20), handshakeAck: ref(30) }, 'full'],
    ['opened after a SYN was ignored', { ...answeredLate(20), handshakeAck: ref(30.1) }, 'unknown'],
    ['a full queue beside served requests', { turns: 1, ...waiting() }, 'full'],
  ])('%s', (_, some, expected) => {
    expect(judged([opened(some)])).toEqual([expected, expected === 'full']);
  });
  test('only answered attempts tell', () => {
    const refused = connection({ client: '10.244.1.5:2', syn: [5], resets: [reset(6, 1)], turns: 1 });
    expect(judged([refused])).toEqual(['unknown', false]);
  });
});

describe('where the queue shows nothing, the place decides', () => {
  const ttls = (...values: number[]) => values.map((value) => ({ value, count: 1 }));
  const seen = (client: number[], server: number[], some: Parts = {}) =>
    judged([
      opened({
        ...some,
        toServer: { dataSegments: 0, ttls: ttls(...client), ...some.toServer },
        toClient: { ttls: ttls(...server), ...some.toClient },
      }),
    ])[1];
  test.each<[name: string, client: number[], server: number[], some: Parts, expected: boolean]>([
    ['the client comes from afar, the server does not', [62], [64], {}, true],
    ['some of the client come from afar', [64, 62], [64], {}, true],
    ['the server comes from afar', [64], [62], {}, false],
    ['both come from afar', [62], [62], {}, false],
    ['some of the server come from afar', [62], [64, 62], {}, false],
    ['of the server nothing is known', [62], [], {}, false],
    ['of the client nothing is known', [], [64], {}, true],
    ['both are near, the server nearer', [64], [64], { handshakeServerSide: 0.001, handshakeClientSide: 0.0021 }, true],
    ['both are near, and as far', [64], [64], { handshakeServerSide: 0.001, handshakeClientSide: 0.002 }, false],
    [
      'both are near, and the client is nearer',
      [64],
      [64],
      { handshakeServerSide: 0.004, handshakeClientSide: 0.001 },
      false,
    ],
    ['both are near, one time is unknown', [64], [64], { handshakeServerSide: null, handshakeClientSide: 1 }, false],
    [
      'both are near, the other time is unknown',
      [64],
      [64],
      { handshakeServerSide: 0, handshakeClientSide: null },
      false,
    ],
    ['requests were served', [62], [64], { turns: 1 }, false],
  ])('%s', (_, client, server, some, expected) => expect(seen(client, server, some)).toBe(expected));
  test('the last point of the attempt counts', () => {
    const [near, far] = [
      opened({ toServer: { dataSegments: 0, ttls: ttls(62) }, toClient: { ttls: ttls(64) } }),
      opened({ point: 1, toServer: { dataSegments: 0, ttls: ttls(62) }, toClient: { ttls: ttls(62) } }),
    ];
    const parts = (of: (typeof near)[]): EvidenceParts => ({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      paths: [{ of }],
    });
    expect(judged([near, far], parts([near, far]))[1]).toBe(false);
    expect(judged([near, far], parts([far, near]))[1]).toBe(true);
  });
});

test('attempts whose SYNs were lost between two points', () => {
  const lost = (hop: NonNullable<Path['hops']>[number]) => {
    const [near, far] = [ignored(), { ...ignored(), point: 1, syn: [], directions: connection().directions }];
    const all = evidence({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      connections: [near, far as typeof near],
      paths: [{ of: [near, far as typeof near], hops: [hop] }],
    });
    return lostOnTheWay(attemptsOf(all)).length;
  };
  expect(lost({ lost: 1 })).toBe(1);
  expect(lost({ lost: 0 })).toBe(0);
  expect(lost({ lost: 1, direction: 1, from: 1, to: 0 })).toBe(0);
  expect(lost({ lost: 1, unknown: { code: 'no-common-time' } })).toBe(0);
});
