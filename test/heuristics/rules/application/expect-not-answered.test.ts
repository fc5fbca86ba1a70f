import { expectNotAnswered } from '../../../../src/heuristics/rules/application/expect-not-answered.ts';
import { applicationFacts, sessions } from '../../../support/application-items.ts';
import { capture, evidence, point, ruleTable } from '../../../support/evidence.ts';

const waiting = (count: number, seconds: number, some = {}) =>
  sessions(count, () => applicationFacts({ expectations: { requests: 1, seconds } }), some);
const long = waiting(3, 0.35).map((one) => ({ ...one, handshakeServerSide: 0.2, handshakeClientSide: 0 }));

ruleTable(expectNotAnswered, {
  fires: {
    'each upload waits for a second': {
      evidence: evidence({ connections: waiting(3, 1.001) }),
      finds: [{ requests: 3, longest: 1.001, subject: { server: '10.244.2.7:80' } }],
      says: [
        /10\.244\.2\.7:80 does not answer Expect: 100-continue in time: 3 uploads wait up to 1\.00 s before the body is sent/,
      ],
    },
  },
  notes: {
    'one upload': evidence({ connections: waiting(1, 1) }),
  },
  quiet: {
    'answered, or the body comes at once: no facts': evidence({ connections: sessions(3, () => null) }),
    'nothing was expected': evidence({ connections: sessions(3, () => applicationFacts()) }),
    'a path as long as the wait': evidence({ connections: long }),
    'something was sent again': evidence({ connections: waiting(3, 1, { toClient: { resentSegments: 1 } }) }),
    'the capture misses octets of this connection': evidence({
      connections: waiting(3, 1, { toClient: { gapOctets: 25 } }),
    }),
    'the way back of these connections was not captured': evidence({
      connections: waiting(3, 1, { toClient: { packets: 0 } }),
    }),
    'the capture dropped packets': evidence({
      captures: [capture({ packets: 900, dropped: 100 })],
      connections: waiting(3, 1),
    }),
    'packets are missing that may have been the answer': evidence({
      points: [point({ quality: { gapOctets: 900, tcpOctets: 1_000 } as never })],
      connections: waiting(3, 1),
    }),
  },
});
