import { clientGaveUp } from '../../../../src/heuristics/rules/application/client-gave-up.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { evidence, reset, ruleTable } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

const givenUp = (at: number, seconds: number, some = {}, parts: Record<string, unknown> = {}) =>
  endedConnection(
    at * 9,
    ending(at * 9 + 0.1 + seconds, { direction: 0, openRequest: true, waitedSeconds: seconds, ...some }),
    { client: `10.244.1.5:${40000 + at}`, ...parts },
  );
const answered = each(6, (at) => endedConnection(at, null, { client: `10.244.1.6:${1000 + at}`, turns: 2 }));
const waits = (seconds: number[], some = {}, parts = {}) =>
  evidence({ connections: [...seconds.map((each, at) => givenUp(at, each, some, parts)), ...answered] });

ruleTable(clientGaveUp, {
  fires: {
    'after equal waits': {
      evidence: waits([5, 5.01]),
      finds: [{ requests: 2, answered: 12, equal: true, subject: { server: '10.244.2.7:80' } }],
      says: [/gives up after 5\.01 s before 10\.244\.2\.7:80 answers: 2 requests, while 12 others are answered/],
    },
    'answered connections of the client end at once': {
      evidence: evidence({
        connections: [
          givenUp(0, 5),
          givenUp(1, 5.01),
          ...each(6, (at) =>
            endedConnection(20 + at * 2, null, {
              client: `10.244.1.5:${1000 + at}`,
              turns: 2,
              first: 20 + at * 2,
              last: 20.1 + at * 2,
            }),
          ),
        ],
      }),
      finds: [{ requests: 2 }],
    },
    'the answers come afterwards, and are reset': {
      evidence: waits([2, 4], { ignored: true }, { resets: [reset(4.2, 0)] }),
      finds: [{ late: 2 }],
    },
  },
  quiet: {
    'a client that stays a second, answered or not': evidence({
      connections: [
        givenUp(0, 1.2, {}, { first: 0, last: 1.3 }),
        givenUp(1, 1.2, {}, { first: 9, last: 10.3 }),
        ...each(6, (at) =>
          endedConnection(20 + at * 2, null, {
            client: `10.244.1.5:${1000 + at}`,
            turns: 2,
            first: 20 + at * 2,
            last: 21.3 + at * 2,
          }),
        ),
      ],
    }),
    'the server answers nobody': evidence({ connections: [0, 1].map((at) => givenUp(at, 5)) }),
    'a client that stops: different waits': waits([2, 4, 7]),
    'a half-close, and the answer follows': waits([2, 2], { ignored: true }),
    'long polls that the client ends': evidence({
      connections: [
        givenUp(0, 5),
        givenUp(1, 5),
        endedConnection(30, null, {
          client: '10.244.1.5:50000',
          turns: 4,
          slowTurns: [3, 3.01, 3, 3.02].map((seconds, at) => turn(30 + 3.03 * at, seconds, { thinkSeconds: 0.001 })),
        }),
      ],
    }),
  },
});
