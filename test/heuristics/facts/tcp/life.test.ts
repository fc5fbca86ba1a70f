import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { lifeOf, type Stage } from '../../../../src/heuristics/facts/tcp/life.ts';
import { idleTimeout } from '../../../../src/heuristics/rules/tcp/idle-timeout.ts';
import { peerVanished } from '../../../../src/heuristics/rules/tcp/peer-vanished.ts';
import { connection, evidence, point, ref, reset } from '../../../support/evidence.ts';
import { pause, repeat } from '../../../support/segment-items.ts';

const OFFERS = [0.001, 1.001, 3.001];
const inVain = [repeat({ seqStart: 1, times: [0.1, 0.3, 0.7] })];

describe('how far a connection got', () => {
  type Parts = NonNullable<Parameters<typeof connection>[0]>;
  const offered = (some: Parts = {}) =>
    connection({ syn: [0], synAck: OFFERS, handshakeAck: ref(0.002), ...some, toClient: { ackHigh: 1001 } });
  const sends = { packets: 5, ackHigh: 5001, dataSegments: 3, repeats: inVain };
  const vain = (some: Parts = {}) => connection({ syn: [0], toServer: sends, ...some });
  const rows: [string, Stage, Connection[]][] = [
    ['a SYN', 'asked', [connection({ syn: [0] })]],
    ['a SYN-ACK', 'offered', [connection({ syn: [0], synAck: [0.001] })]],
    ['a SYN-ACK whose SYN was not captured', 'offered', [connection({ synAck: [0.001] })]],
    [
      'a SYN-ACK that the client resets',
      'offered',
      [connection({ syn: [0], synAck: [0.001], resets: [reset(0.002, 0)] })],
    ],
    ['a handshake', 'opened', [connection({ syn: [0], synAck: [0.001], handshakeAck: ref(0.002) })]],
    [
      'data of the server',
      'opened',
      [connection({ syn: [0], synAck: [0.001], toClient: { dataSegments: 1, packets: 2 } })],
    ],
    [
      'data in the middle, both ways',
      'opened',
      [connection({ toServer: { packets: 2, ackHigh: 9 }, toClient: { packets: 2, ackHigh: 9 } })],
    ],
    [
      'data in the middle, and only resets come back',
      'unknown',
      [connection({ toServer: { packets: 1, ackHigh: 9 }, toClient: { packets: 1 }, resets: [reset(1, 1)] })],
    ],
    [
      'SYN-ACKs go on after the acknowledgement',
      'not-taken',
      [connection({ syn: [0], synAck: OFFERS, handshakeAck: ref(0.002), toClient: { ackHigh: 1001 } })],
    ],
    [
      'SYN-ACKs went on before the acknowledgement',
      'opened',
      [connection({ syn: [0], synAck: OFFERS, handshakeAck: ref(3.002), toClient: { ackHigh: 1001 } })],
    ],
    [
      'the first data is acknowledged after all',
      'opened',
      [
        connection({
          syn: [0],
          synAck: OFFERS,
          handshakeAck: ref(0.002),
          toServer: { packets: 5, dataSegments: 3 },
          toClient: { ackHigh: 1101 },
        }),
      ],
    ],
    [
      'nothing of the server was captured, and data is sent in vain',
      'not-taken',
      [connection({ syn: [0], toServer: { packets: 5, ackHigh: 5001, dataSegments: 3, repeats: inVain } })],
    ],
    [
      'one point has the acknowledgement',
      'opened',
      [
        connection({ syn: [0], synAck: [0.001] }),
        connection({ point: 1, syn: [0], synAck: [0.001], handshakeAck: ref(0.002) }),
      ],
    ],
    ['one point has the SYN', 'asked', [connection({ toServer: { packets: 1 } }), connection({ point: 1, syn: [0] })]],
    [
      'one point has the SYN-ACK',
      'offered',
      [connection({ syn: [0] }), connection({ point: 1, syn: [0], synAck: [0.001] })],
    ],
    [
      'one point has data of the server',
      'opened',
      [
        connection({ syn: [0], synAck: [0.001] }),
        connection({ point: 1, syn: [0], synAck: [0.001], toClient: { dataSegments: 1 } }),
      ],
    ],
    ['a FIN of the server', 'opened', [connection({ syn: [0], synAck: [0.001], toClient: { fins: 1 } })]],
    ['data of the server, without a SYN-ACK', 'opened', [connection({ syn: [0], toClient: { dataSegments: 1 } })]],
    [
      'one point has data of the server, without a SYN-ACK',
      'opened',
      [connection({ syn: [0] }), connection({ point: 1, syn: [0], toClient: { dataSegments: 1 } })],
    ],
    ['SYN-ACKs go on, and one point has a reset', 'opened', [offered(), offered({ point: 1, resets: [reset(9, 0)] })]],
    ['SYN-ACKs go on at one point', 'not-taken', [offered(), offered({ point: 1, synAck: [0.001] })]],
    ['two SYN-ACKs', 'opened', [offered({ synAck: [0.001, 1.001] })]],
    ['copies of SYN-ACKs', 'opened', [offered({ synAck: [0.001, 0.1, 1.001, 1.1] })]],
    ['SYN-ACKs a fifth of a second apart', 'not-taken', [offered({ synAck: [1, 1.25, 1.5] })]],
    ['the last in the moment of the acknowledgement', 'opened', [offered({ handshakeAck: ref(3.001) })]],
    [
      'the acknowledgement came sooner at another point',
      'not-taken',
      [offered({ handshakeAck: ref(3.002) }), offered({ point: 1, synAck: [0.001] })],
    ],
    [
      'sent in vain, and one point has packets of the server',
      'opened',
      [vain(), vain({ point: 1, toClient: { packets: 1 } })],
    ],
    ['one point has all sendings', 'not-taken', [vain(), vain({ point: 1, toServer: { ...sends, repeats: [] } })]],
    [
      'two sendings',
      'opened',
      [vain({ toServer: { ...sends, repeats: [repeat({ seqStart: 1, times: [0.1, 0.3] })] } })],
    ],
  ];
  it.each(rows)('%s: %s', (_, stage, connections) => {
    const seen = evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      connections,
      ...(connections.length > 1 && { paths: [{ of: connections, hops: [] }] }),
    });
    expect(lifeOf(seen, seen.conversations[0]).stage).toBe(stage);
  });

  it('joins halves of which the SYN-ACK acknowledges the very SYN, and no others', () => {
    const half = (iss: number) => connection({ syn: [0], toServer: { iss } });
    const answer = connection({ point: 1, synAck: [0.001], synAckAcks: 8 });
    const stageWith = (iss: number): Stage => {
      const seen = evidence({ points: [point({ name: 'a' }), point({ name: 'b' })], connections: [half(iss), answer] });
      return lifeOf(seen, seen.conversations[0]).stage;
    };
    expect(stageWith(7)).toBe('offered');
    expect(stageWith(8)).toBe('asked');
  });
});

/** Data that is never acknowledged, whatever the pause before it, the retransmission timer and the rhythm. */
describe('between peer-vanished and idle-timeout there is no gap', () => {
  const rows = [0, 1, 1.4, 1.6, 2.9, 3, 5, 60, 3600].flatMap((idle) =>
    [0.2, 0.4, 1, 3].flatMap((timer) => [0, 0.5, 1].map((survived) => [idle, timer, survived] as const)),
  );
  it.each(rows)('a pause of %f s, a timer of %f s, %f of it survived', (idle, timer, survived) => {
    const start = 5000;
    const dying = connection(
      {
        toServer: {
          packets: 9,
          repeats: [repeat({ times: [0, 1, 3, 7].map((n) => start + n * timer) })],
          largestAckedL3: 200,
        },
        toClient: { packets: 5, ackHigh: 100, last: ref(start - idle) },
        idleGaps: [
          ...(idle > 0 ? [pause(idle, start)] : []),
          ...(idle * survived >= 1 ? [pause(idle * survived, start - idle)] : []),
        ],
      },
      { established: true },
    );
    const seen = evidence({ points: [point({ quality: { lastTime: 6000 } })], connections: [dying] });
    expect([...peerVanished.detect(seen), ...idleTimeout.detect(seen)]).toHaveLength(1);
  });
});
