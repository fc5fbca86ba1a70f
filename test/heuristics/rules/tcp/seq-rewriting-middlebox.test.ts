import { seqRewritingMiddlebox } from '../../../../src/heuristics/rules/tcp/seq-rewriting-middlebox.ts';
import { connection, evidence, point, ref, ruleTable } from '../../../support/evidence.ts';

const acknowledging = (foreign: number, some: Parameters<typeof connection>[0] = {}) =>
  connection(
    {
      ...some,
      toServer: {
        packets: 40,
        foreignSacks: Array.from({ length: foreign }, (_, at) => ref(1 + at)),
        foreignSacksTotal: foreign,
      },
      toClient: { packets: 80, dataSegments: 80 },
    },
    { established: true },
  );

/** The same connection before and after the device. */
const ENDS = [acknowledging(0), acknowledging(4, { point: 1 })];

ruleTable(seqRewritingMiddlebox, {
  fires: {
    'SACKs that name octets never sent': {
      evidence: evidence({ connections: [acknowledging(5)] }),
      finds: [{ grade: 'inferred', receiver: '10.244.1.5', sender: '10.244.2.7', sacks: 5, rightAt: null }],
      says: [/SACKs of 10\.244\.1\.5 name octets that 10\.244\.2\.7 never sent \(5 acknowledgements\)/],
    },
    'and at another point they fit': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        connections: ENDS,
        paths: [{ of: ENDS }],
      }),
      finds: [{ grade: 'confirmed', point: 1, rightAt: 0 }],
      says: [/at a the blocks fit: the device lies between the two/],
    },
  },
  quiet: {
    'blocks just beyond what the capture saw: the tracker counts none of them': evidence({
      connections: [acknowledging(0)],
    }),
    'D-SACKs: neither does it count those': evidence({
      connections: [
        connection({ toServer: { packets: 40, duplicateSacks: 9 }, toClient: { packets: 80 } }, { established: true }),
      ],
    }),
    'data with such numbers was seen: the tracker counts none': evidence({
      connections: [
        connection(
          { toServer: { packets: 40 }, toClient: { packets: 80, spuriousRetransmissions: 4, retransmissions: 4 } },
          { established: true },
        ),
      ],
    }),
    'two packets only': evidence({ connections: [acknowledging(2)] }),
  },
});
