import { halfOpen } from '../../../../src/heuristics/rules/tcp/half-open.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';
import { pause, repeat } from '../../tcp/segments.ts';

const OWN_TTL = [{ value: 63, count: 9 }];
/** After 20 s of silence one request, answered by a reset without ACK. */
const forgotten = (answer = {}, toServer = {}, toClient = {}, rest = {}) =>
  connection(
    {
      toServer: { packets: 9, unackedSince: ref(25), unackedOctets: 100, ...toServer },
      toClient: { packets: 9, ackHigh: 100, last: ref(25.001), ttls: OWN_TTL, ...toClient },
      idleGaps: [pause(20, 25)],
      resets: [reset(25.001, 1, { hasAck: false, ttl: 63, ...answer })],
      ...rest,
    },
    { established: true },
  );

ruleTable(halfOpen, {
  fires: {
    'a request after a pause draws a reset without ACK': {
      evidence: evidence({ connections: [forgotten()] }),
      finds: [{ grade: 'confirmed', speaker: '10.244.1.5', peer: '10.244.2.7', measured: { idleSeconds: 20 } }],
      says: [/10\.244\.2\.7 has forgotten the connection of 10\.244\.1\.5/],
    },
  },
  quiet: {
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
          { resets: [25.001, 25.002].map((time) => reset(time, 1, { hasAck: false, ttl: 50 })) },
        ),
      ],
    }),
    'an abort by the application carries ACK': evidence({ connections: [forgotten({ hasAck: true })] }),
    'a side had reset before: the data is a stranger’s': evidence({
      connections: [forgotten({}, {}, {}, { resets: [reset(1, 0), reset(25.001, 1, { hasAck: false, ttl: 63 })] })],
    }),
    'no pause before: an abort in mid-transfer': evidence({ connections: [forgotten({}, {}, {}, { idleGaps: [] })] }),
    'the reset comes late': evidence({ connections: [forgotten({ ...ref(28) })] }),
  },
});
