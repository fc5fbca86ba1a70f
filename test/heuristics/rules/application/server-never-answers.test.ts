import type { Opening } from '../../../../src/flows/evidence/evidence.ts';
import { serverNeverAnswers } from '../../../../src/heuristics/rules/application/server-never-answers.ts';
import { use } from '../../../support/application-items.ts';
import { each, endedConnection, ending } from '../../../support/ending-items.ts';
import { connection, evidence, ref, ruleTable } from '../../../support/evidence.ts';
import { segment, turn } from '../../../support/segment-items.ts';

/** The client waits `seconds` and ends it. */
const givenUp = (at: number, client: string, seconds = 3, parts: Record<string, unknown> = {}, some = {}) =>
  endedConnection(
    at,
    ending(at + 0.1 + seconds, { direction: 0, openRequest: true, waitedSeconds: seconds, ...some }),
    { client, ...parts },
  );
const asked = (protocol: Opening) => use({ protocol, connections: 1, answered: 0, answers: 0 });
const silent = each(3, (at, client) => givenUp(at * 5, client));

/** The sequence number of the server's last packet tells that 400 octets were sent before it. */
const answerLost = each(3, (at, client) =>
  givenUp(at * 5, client, 3, {
    toServer: { packets: 4, dataSegments: 1, payloadOctets: 100, ackHigh: 9001 },
    toClient: {
      packets: 3,
      iss: 9000,
      holes: [{ seqStart: 1, seqEnd: 401, noticed: ref(at * 5 + 3.2), filledTime: null, acknowledged: false }],
    },
  }),
);

ruleTable(serverNeverAnswers, {
  fires: {
    'acknowledged, and never answered': {
      evidence: evidence({ connections: silent }),
      finds: [{ key: '10.244.2.7:80', grade: 'confirmed', measured: { requests: 3, answered: 0 } }],
      says: [/10\.244\.2\.7:80 never answers: 3 requests wait up to 3\.00 s until the client gives up/],
    },
    'one request of a protocol that has an answer to each': {
      evidence: evidence({ connections: [givenUp(0, '10.244.1.5:40000')], applications: [asked('http1')] }),
      finds: [{ requests: 1 }],
      says: [/never answers: 1 request waits 3\.00 s until the client gives up/],
    },
    'behind a proxy that answers 504: the proxy waits for it': {
      evidence: evidence({
        connections: [
          ...each(2, (at) => givenUp(at * 5 + 0.01, `10.244.3.3:${50000 + at}`, 2.9)),
          ...each(2, (at, client) =>
            connection(
              {
                client,
                server: '10.244.3.3:80',
                syn: [at * 5],
                turns: 1,
                slowTurns: [turn(at * 5 + 0.1, 3)],
                last: at * 5 + 4,
              },
              { established: true },
            ),
          ),
        ],
      }),
      finds: [{ key: '10.244.2.7:80', conversations: [0, 1, 2, 3] }],
      says: [/10\.244\.1\.5 waits 3\.00 s for 10\.244\.3\.3:80, which waits 2\.90 s for 10\.244\.2\.7:80/],
    },
  },
  quiet: {
    'its answers were sent, and did not arrive': evidence({ connections: answerLost }),
    'one request of a protocol that is not known': evidence({
      connections: [givenUp(0, '10.244.1.5:40000')],
      applications: [asked('unknown')],
    }),
    'one request of HTTP, where others were answered': evidence({
      connections: [givenUp(0, '10.244.1.5:40000'), endedConnection(9, null, { client: '10.244.1.6:1', turns: 1 })],
      applications: [asked('http1')],
    }),
    'one request': evidence({ connections: [givenUp(0, '10.244.1.5:40000')] }),
    'it answers others': evidence({
      connections: [
        ...silent,
        ...each(8, (at) => endedConnection(at, null, { client: `10.244.1.6:${at + 1000}`, turns: 2 })),
      ],
    }),
    'one-way: the client sends on and on': evidence({
      connections: silent.map((one) => ({
        ...one,
        slowTurns: one.slowTurns.map((each) => ({ ...each, requestSeconds: 40 })),
      })),
    }),
    'a farewell': evidence({
      connections: each(3, (at, client) =>
        givenUp(at * 5, client, 3, { turns: 1, toServer: { payloadOctets: 1000 } }, { requestOctets: 31 }),
      ),
    }),
    'no request is open': evidence({
      connections: each(3, (at, client) =>
        endedConnection(at * 5, ending(at * 5 + 4, { direction: 0 }), { client, turns: 0 }),
      ),
    }),
    'still waiting when the capture ends': evidence({
      connections: silent.map((one) => ({ ...one, end: null })),
    }),
    'within a second': evidence({ connections: each(3, (at, client) => givenUp(at * 5, client, 0.8)) }),
    'the request was lost': evidence({
      connections: each(3, (at, client) =>
        givenUp(at * 5, client, 3, { events: [segment(at * 5 + 1, 'retransmission', 0)] }),
      ),
    }),
  },
});
