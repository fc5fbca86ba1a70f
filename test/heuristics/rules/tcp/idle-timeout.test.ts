import { idleTimeout } from '../../../../src/heuristics/rules/tcp/idle-timeout.ts';
import { connection, evidence, point, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { pause, repeat, segment, shut } from '../../../support/segment-items.ts';
import { verdicts } from '../../../support/verdicts.ts';

const TIMES = [400, 400.2, 400.6, 401.4];
/** Idle from 40 s to 400 s, then a request in vain. */
const expired = (toServer = {}, toClient = {}, rest = {}) =>
  connection(
    {
      toServer: { packets: 9, repeats: [repeat({ times: TIMES })], ...toServer },
      toClient: { packets: 5, ackHigh: 100, last: ref(40), ...toClient },
      idleGaps: [pause(360, 400), pause(20, 40)],
      ...rest,
    },
    { established: true },
  );
const points = [point({ name: 'pod', quality: { lastTime: 500 } })];

ruleTable(idleTimeout, {
  fires: {
    'ignored to the end': {
      evidence: evidence({ points, connections: [expired()] }),
      finds: [{ grade: 'inferred', measured: { idleSeconds: 360, survivedSeconds: 20, sendings: 4, reset: false } }],
      says: [/no longer passes after 360\.0 s of silence/, /close to the default of AWS NLB \(350 s\)/],
    },
    'a loss probe comes sooner than the timer': {
      evidence: evidence({
        points,
        connections: [
          expired({ repeats: [repeat({ times: [400, 400.01, 400.21] })] }, {}, { idleGaps: [pause(3, 400)] }),
        ],
      }),
      finds: [{ measured: { idleSeconds: 3, survivedSeconds: 0 } }],
      says: [/it worked up to the pause of 3\.0 s, and not after it/],
    },
    'the client closes after the pause, in vain': {
      evidence: evidence({ points, connections: [expired({ fins: 1 })] }),
      finds: [{ measured: { sendings: 4 } }],
    },
    'ignored, then reset': {
      evidence: evidence({ points, connections: [expired({}, {}, { resets: [reset(402, 1)] })] }),
      finds: [{ grade: 'confirmed', measured: { reset: true } }],
      says: [/then a reset comes/],
    },
    'the server speaks first after the pause': {
      evidence: evidence({
        points,
        connections: [
          connection(
            {
              toClient: { packets: 9, repeats: [repeat({ times: TIMES })] },
              toServer: { packets: 5, ackHigh: 100, last: ref(40) },
              idleGaps: [pause(360, 400, 1)],
            },
            { established: true },
          ),
        ],
      }),
      finds: [{ speaker: '10.244.2.7', peer: '10.244.1.5' }],
    },
    'a device that has forgotten it answers with a reset of its own TTL': {
      evidence: evidence({
        points,
        connections: [
          expired(
            { repeats: [], unackedSince: ref(400), unackedOctets: 100 },
            {
              ttls: [
                { value: 61, count: 5 },
                { value: 63, count: 1 },
              ],
            },
            { resets: [reset(400.001, 1, { ttl: 63, hasAck: false })] },
          ),
        ],
      }),
      finds: [{ grade: 'confirmed', measured: { sendings: 1, reset: true } }],
      says: [/a device on the way answers with a reset/],
    },
  },
  quiet: {
    'another connection of the two survived a pause as long': evidence({
      points,
      connections: [
        expired(),
        connection(
          {
            client: '10.244.1.5:40001',
            toServer: { last: ref(480) },
            toClient: { last: ref(480.1) },
            idleGaps: [pause(370, 420)],
          },
          { established: true },
        ),
      ],
    }),
    'another point shows that the peer acknowledged after the pause': (() => {
      const legs = [expired(), expired({ repeats: [repeat({ times: TIMES, ackedTime: 400.3 })] }, {}, { point: 1 })];
      return evidence({
        points: [...points, point({ name: 'nic', quality: { lastTime: 500 } })],
        connections: legs,
        paths: [{ of: legs }],
      });
    })(),
    'the peer closed during the pause': evidence({ points, connections: [expired({}, { fins: 1 })] }),
    'reset at once: the peer forgot it': evidence({
      points,
      connections: [
        expired({ repeats: [], unackedSince: ref(400), unackedOctets: 100 }, {}, { resets: [reset(400.001, 1)] }),
      ],
    }),
    'held back by a full window': evidence({
      points,
      connections: [expired({}, {}, { events: [segment(400, 'windowFull', 0)] })],
    }),
    'held back by a shut window': evidence({
      points,
      connections: [expired({}, {}, { zeroWindowSpans: [shut(1, 40, null)] })],
    }),
    'an end had reset it before': evidence({ points, connections: [expired({}, {}, { resets: [reset(50, 1)] })] }),
    'no pause before': evidence({ points, connections: [expired({}, {}, { idleGaps: [] })] }),
    'two seconds are no timeout': evidence({ points, connections: [expired({}, {}, { idleGaps: [pause(2, 400)] })] }),
    'a pause that was survived before': evidence({
      points,
      connections: [expired({}, {}, { idleGaps: [pause(360, 400), pause(350, 40)] })],
    }),
    'a pause that is short beside the retransmission timer': evidence({
      points,
      connections: [
        expired({ repeats: [repeat({ times: [400, 403, 409] })] }, {}, { idleGaps: [pause(40, 400), pause(20, 40)] }),
      ],
    }),
    'acknowledgements advanced after the pause': evidence({
      points,
      connections: [expired({}, {}, { idleGaps: [pause(360, 399.5)] })],
    }),
    'acknowledged on the second try': evidence({
      points,
      connections: [expired({ repeats: [repeat({ times: TIMES, ackedTime: 402 })] })],
    }),
  },
});

/** Idle for so long before a request in vain. */
const idleFor = (seconds: number) =>
  evidence({ points, connections: [expired({}, {}, { idleGaps: [pause(seconds, 400)] })] });
const near = (seconds: number, ...known: string[]) => [idleFor(seconds), 'error', { idle: seconds, known }] as const;

verdicts(idleTimeout, {
  'just below a minute': [...near(59.9)],
  'a minute': [...near(60, 'AWS ALB (60 s)')],
  'a tenth more than a minute': [...near(66, 'AWS ALB (60 s)')],
  'more than a tenth above a minute': [...near(66.1)],
  'just below four minutes': [...near(239.9)],
  'four minutes': [...near(240, 'Azure load balancer (240 s)')],
  'a tenth more than four minutes': [...near(264, 'Azure load balancer (240 s)')],
  'just below five minutes': [...near(299.9)],
  'five minutes': [...near(300, 'many firewalls (300 s)')],
  '350 seconds': [...near(350, 'AWS NLB (350 s)')],
  'just below 350 seconds': [...near(349.9)],
  'just below ten minutes': [...near(599.9)],
  'ten minutes': [...near(600, 'Google Cloud (600 s)')],
  'just below a quarter of an hour': [...near(899.9)],
  'a quarter of an hour': [...near(900, 'IPVS (900 s)')],
  'just below an hour': [...near(3599.9)],
  'an hour': [...near(3600, 'many firewalls (3600 s)')],
  'a tenth more than an hour': [...near(3960, 'many firewalls (3600 s)')],
});
