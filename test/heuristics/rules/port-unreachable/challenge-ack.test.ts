import { challengeAck } from '../../../../src/heuristics/rules/port-unreachable/challenge-ack.ts';
import { connection, evidence, ref, reset, ruleTable } from '../../../support/evidence.ts';

/** The number that an older connection of the same port has acknowledged; `connection` gives new ones an iss of 1000. */
const OLD = 888_000;
const met = (some: Parameters<typeof connection>[0] = {}) =>
  connection({
    syn: [0, 1],
    synAck: [1.001],
    resets: [reset(0.002, 0, { seq: OLD, hasAck: false })],
    toClient: { packets: 2, first: ref(0.001) },
    ...some,
  });

ruleTable(challengeAck, {
  fires: {
    'the SYN meets an old connection, a second one opens': {
      evidence: evidence({ connections: [met()] }),
      finds: [{ connections: 1, measured: { connections: 1, longestSeconds: 1.001 } }],
      says: [/met an older one from the same client port, and opened 1\.001 s after the first SYN/],
    },
    'several clients of one server are one finding': {
      evidence: evidence({
        connections: [met(), met({ client: '10.244.1.6:40000', syn: [5, 6], synAck: [6.001] })].map((one, at) => ({
          ...one,
          resets: [reset(at * 5 + 0.002, 0, { seq: OLD, hasAck: false })],
          directions: [one.directions[0], { ...one.directions[1], first: ref(at * 5 + 0.001) }],
        })),
      }),
      finds: [{ connections: 2, subject: { client: '2 clients' } }],
    },
  },
  quiet: {
    'the client resets its own attempt': evidence({
      connections: [met({ resets: [reset(0.002, 0, { seq: 1001, hasAck: false })] })],
    }),
    'the SYN-ACK was not captured, a later copy was': evidence({
      connections: [met({ resets: [reset(0.002, 0, { seq: 1000, hasAck: false })] })],
    }),
    'no SYN-ACK ever: another rule': evidence({ connections: [met({ synAck: [] })] }),
    'the SYN-ACK is the first answer, and the client changes its mind': evidence({
      connections: [met({ synAck: [0.001] })],
    }),
    'the reset acknowledges something: an abort of the application': evidence({
      connections: [met({ resets: [reset(0.002, 0, { seq: OLD })] })],
    }),
  },
});
