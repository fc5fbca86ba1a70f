import { EXPECTATION_SECONDS } from '../../../flows/evidence/applications.ts';
import { type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { type Session, sessionsOf } from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { roundTripOf } from '../../facts/tcp/beginnings.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  requests: { value: 2, unit: 'requests', source: 'docs/thresholds.md, two-show-a-habit' },
  roundTrips: { value: 2, unit: 'factor', source: 'docs/thresholds.md, expectation' },
} as const;

interface NotAnswered extends Occurrence {
  server: string;
  requests: number;
  longest: number;
}

/** A client waits for 100 (Continue), and sends its body in the end without it. */
export const expectNotAnswered = defineRule<NotAnswered>({
  meta: {
    id: 'expect-not-answered',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    summary: 'Uploads wait for 100 (Continue) that the server never sends',
    meaning:
      'The client asks whether its body is welcome (Expect: 100-continue) and waits. The server says nothing, so the client sends the body after a time of its own: each upload takes that much longer.',
    rule: 'Two or more requests in the clear that expect to hear whether their body is welcome (Expect) whose client sends the body 0.3 s or more after the header, without an answer of the server in between, and later than two round trips.',
    notThis: [
      'The server answers 100, or the final answer, before the body.',
      'The client sends the body at once.',
      'A long path: the answer may be on its way.',
      'Segments are sent again: the answer may be among the lost ones.',
      'The capture misses octets of the connection, or all that the server sends: the answer may be among them.',
      'One upload alone: a note.',
    ],
    causes: [
      'The server, or a proxy before it, does not know Expect: 100-continue',
      'A proxy takes the whole request before it passes the header on',
    ],
    confirm: [
      {
        on: '<client pod>',
        command: "curl -v -H 'Expect: 100-continue' --data-binary @<file> http://<server>:<port>/",
        expect: 'a pause after "Done waiting for 100-continue"',
      },
    ],
    fix: ['Let the server or proxy answer 100', 'Switch Expect off in the client (curl: -H "Expect:")'],
    references: ['RFC 9110, 10.1.1: Expect', 'RFC 9110, 15.2.1: 100 (Continue)'],
  },
  thresholds: {
    ...thresholds,
    waitedSeconds: { value: EXPECTATION_SECONDS, unit: 's', source: 'docs/thresholds.md, expectation' },
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    const waited = sessionsOf(evidence).filter((session) => isInVain(evidence, session));
    for (const [server, sessions] of groupBy(waited, (session) => session.server)) {
      const requests = sessions.reduce((sum, { facts }) => sum + facts.expectations!.requests, 0);
      const longest = Math.max(...sessions.map(({ facts }) => facts.expectations!.seconds));
      const concerned = sessions.map(({ leg, conversation }) => ({ leg, conversation: conversation.index }));
      yield {
        ...aboutConnections(evidence, server, concerned, ({ point, first, last }) => [
          ...packetsAt(point, [first], 'first packet of the connection', '>'),
          ...packetsAt(point, [last], 'last packet'),
        ]),
        ...(requests < thresholds.requests.value && { level: 'note' as const, pending: 'seen-once' as const }),
        grade: gradeOf({ 'the-request-asks-for-it': 'passed', 'no-answer-before-the-body': 'passed' }),
        measured: { requests, waitedSeconds: longest },
        server,
        requests,
        longest,
      };
    }
  },

  explain({ server, requests, longest }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${server} does not answer Expect: 100-continue in time: ${counted(requests, 'upload')} ${requests === 1 ? 'waits' : 'wait'} up to ${duration(longest)} before the body is sent`,
      why: `The header of the request arrives at ${names.address(address)} and is acknowledged. The client waits for "100 Continue", gives up waiting, and sends the body. Nothing is sent again meanwhile.`,
      causes: [
        {
          id: 'expect-not-known',
          cause: 'the server, or a proxy before it, does not know Expect: 100-continue',
          telling: ['no answer comes before the body'],
          for: [],
          against: [],
        },
        {
          id: 'server-busy',
          cause: 'the server is too slow to answer in time',
          for: [],
          against: [],
        },
      ],
      confirm: [],
      fix: ['Let what listens on that port answer 100, or switch Expect off in the client.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && http.request`,
    };
  },
});

/** The wait is longer than the way there and back, and no packet is missing or lost that may have been the answer. */
function isInVain(evidence: Evidence, { facts, leg }: Session): boolean {
  const { expectations } = facts;
  const { point, complete, directions } = leg;
  const gates = gatesOf(evidence);
  if (expectations === undefined || !gates.absence(point).ok || !gates.single(point).ok) return false;
  if (!complete || directions[TO_CLIENT].packets === 0) return false;
  if (directions.some(({ resentSegments, gapOctets }) => resentSegments > 0 || gapOctets > 0)) return false;
  return expectations.seconds > thresholds.roundTrips.value * roundTripOf(leg);
}
