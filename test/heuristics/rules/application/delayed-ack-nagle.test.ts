import { delayedAckNagle } from '../../../../src/heuristics/rules/application/delayed-ack-nagle.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';

const talk = (stalls: [number, number], turns: number) =>
  evidence({
    connections: [connection({ turns, stalls, stallSeconds: 0.042 * (stalls[0] + stalls[1]) }, { established: true })],
  });

ruleTable(delayedAckNagle, {
  fires: {
    'of the client, in nearly every exchange': {
      evidence: talk([48, 0], 55),
      finds: [{ sender: '10.244.1.5', receiver: '10.244.2.7', stalls: 48, subject: { server: '10.244.2.7:80' } }],
      says: [
        /Small writes of 10\.244\.1\.5 wait 42\.0 ms for delayed acknowledgements of 10\.244\.2\.7: 48 times in 55/,
      ],
    },
    'of the server': {
      evidence: talk([0, 12], 20),
      finds: [{ sender: '10.244.2.7', receiver: '10.244.1.5' }],
    },
    'on a connection each': {
      evidence: evidence({
        connections: Array.from({ length: 6 }, (_, at) =>
          connection(
            { client: `10.244.1.5:${40000 + at}`, turns: 1, stalls: [1, 0], stallSeconds: 0.04 },
            { established: true },
          ),
        ),
      }),
      finds: [{ stalls: 6, reach: 6 }],
    },
  },
  quiet: {
    'a few': talk([4, 0], 8),
    'a few among many exchanges': talk([6, 0], 500),
    none: talk([0, 0], 50),
  },
});
