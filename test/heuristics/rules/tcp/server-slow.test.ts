import { serverSlow } from '../../../../src/heuristics/rules/tcp/server-slow.ts';
import { connection, evidence, ruleTable } from '../../../support/evidence.ts';
import { pause, segment, shut, turn } from '../../../support/segment-items.ts';

const SLOW = [turn(1, 2), turn(5, 2.5)];
const talk = (rest = {}) => connection({ turns: 4, slowTurns: SLOW, ...rest }, { established: true });

const behindService = ['10.244.2.7:80', '10.244.2.8:80'].map((server, index) =>
  talk({ client: `10.244.1.5:${40000 + index}`, server }),
);

ruleTable(serverSlow, {
  fires: {
    'acknowledged at once, answered late': {
      evidence: evidence({ connections: [talk()] }),
      finds: [{ grade: 'confirmed', key: '10.244.2.7:80', measured: { slow: 2, turns: 4, longestSeconds: 2.5 } }],
      says: [/takes up to 2\.5 s to answer \(2 of 4 exchanges are slow\)/],
    },
    'over several connections': {
      evidence: evidence({
        connections: [
          talk({ turns: 1, slowTurns: [turn(1, 2)] }),
          talk({ client: '10.244.1.6:40000', turns: 1, slowTurns: [turn(1, 3)] }),
        ],
      }),
      finds: [{ reach: 2, conversations: [0, 1], subject: { client: null } }],
    },
    'waits of different length: work, not a timer': {
      evidence: evidence({ connections: [talk({ turns: 3, slowTurns: [turn(1, 4), turn(6, 4.4), turn(11, 3.6)] })] }),
      finds: [{ polls: false }],
    },
    'equal waits for large answers': {
      evidence: evidence({
        connections: [
          talk({
            turns: 3,
            slowTurns: [turn(1, 4), turn(6, 4), turn(11, 4)],
            toClient: { payloadOctets: 27_000, dataSegments: 20 },
          }),
        ],
      }),
      finds: [{ polls: false }],
    },
    'two endpoints of one service are one finding': {
      evidence: evidence({
        connections: behindService,
        paths: behindService.map((one) => ({ of: [one], serverBeforeNat: '10.96.0.20:80' })),
      }),
      finds: [{ key: '10.96.0.20:80', reach: 4 }],
    },
    'over IPv6': {
      evidence: evidence({ connections: [talk({ client: '[fd00::5]:40000', server: '[fd00::7]:80' })] }),
      finds: [{ key: '[fd00::7]:80' }],
      says: [/node of fd00::7/],
    },
    'no acknowledgement was seen alone': {
      evidence: evidence({ connections: [talk({ slowTurns: SLOW.map((one) => ({ ...one, ackTime: null })) })] }),
      finds: [{ grade: 'inferred' }],
    },
  },
  notes: {
    'long polls: equal waits for small answers': evidence({
      connections: [talk({ turns: 3, slowTurns: [turn(1, 4), turn(6, 4.003), turn(11, 4.001)] })],
    }),
    'long polls beside quick exchanges': evidence({
      connections: [
        talk({ turns: 3, slowTurns: [turn(1, 4), turn(6, 4.003), turn(11, 4.001)] }),
        talk({ turns: 5, slowTurns: [] }),
      ],
    }),
  },
  quiet: {
    'most exchanges of the server are quick': evidence({ connections: [talk({ turns: 20 })] }),
    'one slow answer': evidence({ connections: [talk({ turns: 1, slowTurns: [turn(1, 9)] })] }),
    'the server speaks unasked: a chat or push channel': evidence({
      connections: [talk({ idleGaps: [pause(4, 20, 1)] })],
    }),
    'the request was lost and sent again': evidence({
      connections: [talk({ events: [segment(1.5, 'retransmission', 0), segment(5.5, 'retransmission', 0)] })],
    }),
    'the answer was lost': evidence({
      connections: [
        talk({ events: [segment(2.9, 'previousSegmentNotCaptured', 1), segment(7, 'previousSegmentNotCaptured', 1)] }),
      ],
    }),
    'the client’s window was shut': evidence({ connections: [talk({ zeroWindowSpans: [shut(0, 1, 8)] })] }),
    'less than a second': evidence({ connections: [talk({ slowTurns: [turn(1, 0.9), turn(5, 0.8)] })] }),
    'a long path: two round trips': evidence({ connections: [talk({ handshakeServerSide: 1 })] }),
    'nothing was answered': evidence({
      connections: [talk({ slowTurns: SLOW.map((one) => ({ ...one, response: null })) })],
    }),
    'roles are guessed': evidence({ connections: [talk({ rolesFrom: 'guess' })] }),
  },
});
