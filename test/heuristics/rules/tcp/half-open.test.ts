import { halfOpen } from '../../../../src/heuristics/rules/tcp/half-open.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { pause, repeat } from '../../../support/segment-items.ts';

const OWN_TTL = [{ value: 63, count: 9 }];
/** After 20 s of silence one request, answered by a reset without ACK. */
const forgotten = (answer = {}, toServer = {}, toClient = {}, rest = {}) =>
  connection(
    {
      toServer: { packets: 9, unackedSince: ref(25), unackedOctets: 100, ackHigh: 5101, ...toServer },
      toClient: { packets: 9, ackHigh: 100, last: ref(25.001), ttls: OWN_TTL, ...toClient },
      idleGaps: [pause(20, 25)],
      resets: [reset(25.001, 1, { hasAck: false, ttl: 63, seq: 5101, ...answer })],
      ...rest,
    },
    { established: true },
  );

/** All that was captured: data from the middle of a connection, and a reset. */
const stranger = (index: number, answer = {}) =>
  connection({
    client: `10.244.1.5:${40000 + index}`,
    toServer: { packets: 1, dataSegments: 1, first: ref(index), ackHigh: 5101 },
    toClient: { packets: 1 },
    resets: [reset(index + 0.001, 1, { hasAck: false, seq: 5101, ...answer })],
  });

ruleTable(halfOpen, {
  fires: {
    'a request after a pause draws a reset without ACK': {
      evidence: evidence({ connections: [forgotten()] }),
      finds: [{ grade: 'confirmed', speaker: '10.244.1.5', peer: '10.244.2.7', measured: { idleSeconds: 20 } }],
      says: [/10\.244\.2\.7 has forgotten the connection of 10\.244\.1\.5/],
    },
    'no pause before: it was in use': {
      evidence: evidence({ connections: [forgotten({}, {}, {}, { idleGaps: [] })] }),
      finds: [{ grade: 'inferred', measured: { idleSeconds: 0 } }],
      says: [/data is answered by a reset without ACK at once"/, /in the name of the peer/],
    },
    'the peer repeated data long before, and had time to repeat it again': {
      evidence: evidence({ connections: [forgotten({}, {}, { repeats: [repeat({ times: [3, 3.2, 3.6] })] })] }),
      finds: [{ peer: '10.244.2.7' }],
    },
    'two from the middle, which began before the capture': {
      evidence: evidence({ connections: [stranger(0), stranger(1)] }),
      finds: [{ midStream: true }, { midStream: true }],
    },
  },
  quiet: {
    'the peer was repeating data of its own, and gave up': evidence({
      connections: [forgotten({}, {}, { repeats: [repeat({ times: [10, 15, 24] })] })],
    }),
    'the peer had closed': evidence({ connections: [forgotten({}, {}, { fins: 1 })] }),
    'the speaker had closed': evidence({ connections: [forgotten({}, { fins: 1 })] }),
    'ignored several times first': evidence({
      connections: [forgotten({ ...ref(26) }, { repeats: [repeat({ times: [25, 25.2, 25.6] })] })],
    }),
    'the reset has another TTL than the peer': evidence({ connections: [forgotten({ ttl: 50 })] }),
    'the reset has another TTL than the peer, and came twice': evidence({
      connections: [
        forgotten(
          {},
          {},
          { ttls: [...OWN_TTL, { value: 50, count: 2 }] },
          { resets: [25.001, 25.002].map((time) => reset(time, 1, { hasAck: false, ttl: 50, seq: 5101 })) },
        ),
      ],
    }),
    'an abort by the application carries ACK': evidence({ connections: [forgotten({ hasAck: true })] }),
    'a side had reset before: the data is a stranger’s': evidence({
      connections: [
        forgotten({}, {}, {}, { resets: [reset(1, 0), reset(25.001, 1, { hasAck: false, ttl: 63, seq: 5101 })] }),
      ],
    }),
    'the reset is of another number than the data acknowledged': evidence({ connections: [forgotten({ seq: 5000 })] }),
    'two from the middle, and the peer sends other packets than the reset': evidence({
      connections: [0, 1].map((at) => {
        const leg = stranger(at);
        leg.directions[1].packets = leg.directions[1].resets + 1;
        return leg;
      }),
    }),
    'one of which nothing else was captured': evidence({ connections: [stranger(0)] }),
    'two of which nothing else was captured, and resets of another number': evidence({
      connections: [stranger(0, { seq: 1 }), stranger(1, { seq: 1 })],
    }),
    'the reset comes late': evidence({ connections: [forgotten({ ...ref(28) })] }),
  },
});
