import type { BrokenOff, Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { LEAST_TRANSFER } from '../../../flows/evidence/turns.ts';
import { duration } from '../../../text/duration.ts';
import { isPassedOn, PASSED_ON_THRESHOLDS } from '../../facts/application/upstream.ts';
import { aboutConnections, endPacket, openRequest } from '../../facts/tcp/about-endings.ts';
import { roundTripOf } from '../../facts/tcp/beginnings.ts';
import { type BrokenAnswers, brokenAnswers } from '../../facts/tcp/broken-answers.ts';
import {
  ENDINGS_THRESHOLDS,
  endingsByServer,
  IDLE_THRESHOLDS,
  isWithoutAnswer,
  LAST_REQUEST_THRESHOLDS,
} from '../../facts/tcp/endings.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Explanation, type Names, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { podWith, sockets } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  thinkSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, last-request' },
  share: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, tenth-of-connections' },
} as const;

/** A large upload may want no answer: a measurement of throughput, a stream of logs. */
const LARGE_OCTETS = LEAST_TRANSFER.octets;
const SEEN_ONCE = { pending: 'seen-once' } as const;

interface WithoutAnswer extends Occurrence {
  server: string;
  closed: number;
  all: number;
  resets: number;
  unheard: number;
  unread: number;
  after: number;
  /** The handshakes of all were captured. */
  whole: boolean;
  /** Of answers that were broken off: the one with most octets missing. Null where none had begun. */
  broken: BrokenOff | null;
  roundTrip: number;
}

/** The server ends the connection with a request unanswered. */
export const serverClosesWithoutAnswer = defineRule<WithoutAnswer>({
  meta: {
    id: 'server-closes-without-answer',
    faultClass: 'application',
    level: 'warning',
    recordedIn: null,
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['half-closed'],
    explainedBy: ['immediate-close', 'reset-injected', 'half-open', 'idle-timeout'],
    summary: 'The server ends connections without an answer to the request, or in the middle of it',
    meaning:
      'The network delivers the request and the end of the connection. The program that listens decided not to answer, or failed.',
    rule: 'The server ends it in the middle of an HTTP/1 answer, by Content-Length or chunks, or sends the first FIN or reset while a request waits that it had acknowledged, or resets while it still receives one, or ends before it heard a client that goes on to ask: two connections or more, and a tenth of those to that server. One connection alone is a note, unless its client is itself a server and passes the failure on at once.',
    notThis: [
      'A farewell before the end (QUIT, close_notify, GOAWAY): the last message is less than half as large as those before, or draws the end at once.',
      'A polite end after all was answered.',
      'A probe that connects and closes.',
      'A request on a connection that was idle and crosses the end: keepalive-race.',
      'An answer whose end the client did not take: it ended the connection first, or its window was shut.',
      'A server that was itself reading a broken answer: the one behind it is blamed.',
      'The capture misses packets.',
    ],
    causes: [
      'The program does not understand the request: TLS, a PROXY header or a client certificate is expected',
      'The program crashes or is killed while it works',
      'A limit of the program: size of the request, number of connections, access list',
    ],
    confirm: [{ on: '<server pod>', command: 'kubectl logs --previous', expect: 'an error or a restart at that time' }],
    fix: ['Read the log of the program that listens on the port, not of the network'],
    references: [
      'RFC 9293, 3.6: closing a connection',
      'RFC 9112, 9.5: failures and timeouts',
      'RFC 9112, 8: incomplete messages',
    ],
  },
  thresholds: {
    ...thresholds,
    ...LAST_REQUEST_THRESHOLDS,
    ...PASSED_ON_THRESHOLDS,
    ...IDLE_THRESHOLDS,
    ...ENDINGS_THRESHOLDS,
  },

  *detect(evidence) {
    for (const one of brokenAnswers(evidence))
      if (one.broken.length >= thresholds.share.value * one.all) yield brokenOccurrence(evidence, one);
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const closed = connections.filter(({ leg }) => isWithoutAnswer(evidence, leg, thresholds.thinkSeconds.value));
      if (closed.length === 0 || closed.length < thresholds.share.value * connections.length) continue;
      const isHabit =
        closed.length >= thresholds.connections.value || closed.some(({ leg }) => isPassedOn(evidence, leg));
      const ends = closed.map(({ leg }) => leg.end!);
      yield {
        ...aboutConnections(evidence, server, closed, (leg) => [
          ...openRequest(leg, 'request'),
          ...endPacket(
            leg,
            leg.end?.byReset ? 'the server resets it, without an answer' : 'the server ends it, without an answer',
          ),
        ]),
        ...(!isHabit && { level: 'note' as const }),
        ...(!isHabit && ends.every(({ requestOctets }) => requestOctets < LARGE_OCTETS) && SEEN_ONCE),
        grade: gradeOf({
          // Whoever is on the way can send a reset with the same hop limit.
          'server-ends-it': whereSeen(ends.every(({ byReset }) => !byReset)),
          'request-acknowledged': whereSeen(ends.every((end) => end.openRequest && !end.unread)),
        }),
        measured: {
          closed: closed.length,
          connections: connections.length,
          byReset: ends.filter(({ byReset }) => byReset).length,
          waitedSeconds: Math.max(...ends.map(({ waitedSeconds }) => waitedSeconds)),
        },
        server,
        closed: closed.length,
        all: connections.length,
        resets: ends.filter(({ byReset }) => byReset).length,
        unheard: ends.filter(({ openRequest: open }) => !open).length,
        unread: ends.filter(({ unread }) => unread).length,
        after: Math.max(...ends.map(({ waitedSeconds }) => waitedSeconds)),
        broken: null,
        whole: closed.every(({ leg }) => leg.rolesFrom !== 'guess'),
        roundTrip: Math.min(...closed.map(({ leg }) => roundTripOf(leg))),
      };
    }
  },

  explain(occurrence, names) {
    if (occurrence.broken !== null) return explainBroken(occurrence, occurrence.broken, names);
    const { server, closed, all, resets, unheard, unread, after, whole, roundTrip } = occurrence;
    const { address, port } = endpointParts(server);
    const how = resets === closed ? 'resets' : 'ends';
    return {
      message: `${server} ${how} connections without an answer to the request: ${closed} of ${all}`,
      why: `${whole ? `The handshake is complete, a round trip takes ${duration(roundTrip)}, and ` : ''}${unheard === closed ? 'the server ends it before the request of the client comes' : unread === closed ? 'the server ends it while the request is still on its way into it' : `the server acknowledged the request; it ends the connection ${after === 0 ? 'at once' : `within ${duration(after)}`}`}. Nothing of this is lost: ${names.address(address)} decides so.`,
      causes: [
        {
          id: 'not-understood',
          cause:
            'the program expects another protocol than the client speaks (TLS, mutual TLS, a PROXY header), or refuses this client',
          telling: closed === all && unread === 0 ? ['no connection to that port is answered'] : [],
          for: unheard > 0 ? ['it closes before it is asked'] : [],
          against: closed < all ? [`${all - closed} other connections to the same port do not end so`] : [],
        },
        {
          id: 'program-fails',
          cause: 'the program fails while it works on the request (crash, out of memory, exception)',
          for: unheard === 0 && resets < closed ? ['it took the request and ended after it'] : [],
          against: [],
        },
        {
          id: 'request-limit',
          cause: 'the program refuses the rest of a request that is too large, and resets because octets are unread',
          telling:
            unread > 0 && resets > 0 ? [`${counted(unread, 'request was', 'requests were')} still being received`] : [],
          for: [],
          against:
            unread > 0
              ? []
              : [unheard === closed ? 'it ends them before a request comes' : 'the requests had been received in full'],
        },
        ...forgedCause(resets),
      ],
      confirm: [
        podWith(address, `the pod; kubectl logs with its name shows an error for each of these requests`),
        sockets(
          names.machine(address),
          '-lntp',
          'sport',
          port,
          'the process that listens: the application, or a proxy before it',
        ),
      ],
      fix: [
        'Read the log of the program that listens on the port, and compare what it expects with what the client sends.',
      ],
      wireshark: `${withAddress(address)} && tcp.port==${port} && (tcp.flags.fin==1 || tcp.flags.reset==1)`,
    };
  },
});

/** `isForeignReset` has looked at the hop limit of each reset. */
const forgedCause = (resets: number): Cause[] =>
  resets === 0
    ? []
    : [
        {
          id: 'reset-forged',
          cause: 'a device on the way sent the reset in the server’s name',
          for: [],
          against: ['its hop limit is that of the server’s packets'],
        },
      ];

/** How many octets of the announced ones are missing; a chunked body comes last. */
const missingOf = ({ application }: Connection): number => {
  const { announced, came } = application!.brokenOff!;
  return announced === null || came === null ? 0 : announced - came;
};

function brokenOccurrence(evidence: Evidence, { server, broken, all, outer }: BrokenAnswers): WithoutAnswer {
  const ends = broken.map(({ leg }) => leg.end!);
  const resets = ends.filter(({ byReset }) => byReset).length;
  const { leg: most } = broken.reduce((one, other) => (missingOf(other.leg) > missingOf(one.leg) ? other : one));
  const { announced, came } = most.application!.brokenOff!;
  return {
    ...aboutConnections(evidence, server, broken, (leg) =>
      endPacket(leg, 'the server ends it in the middle of the answer'),
    ),
    key: `${server} broken`,
    conversations: [...new Set([...broken, ...outer].map(({ conversation }) => conversation))],
    ...(broken.length < thresholds.connections.value && { level: 'note' as const }),
    grade: gradeOf({ 'server-ends-it': whereSeen(resets === 0), 'less-than-announced': 'passed' }),
    measured: { brokenOff: broken.length, connections: all, byReset: resets, announced, came },
    server,
    closed: broken.length,
    all,
    resets,
    unheard: 0,
    unread: ends.filter(({ unread }) => unread).length,
    after: 0,
    broken: { announced, came },
    whole: broken.every(({ leg }) => leg.rolesFrom !== 'guess'),
    roundTrip: Math.min(...broken.map(({ leg }) => roundTripOf(leg))),
  };
}

function explainBroken(
  { server, closed, all, resets }: WithoutAnswer,
  { announced, came }: BrokenOff,
  names: Names,
): Explanation {
  const { address, port } = endpointParts(server);
  return {
    message: `${server} breaks answers off in the middle: ${resets === closed ? 'it resets' : 'it ends'} ${closed} of ${counted(all, 'connection')} before ${announced === null ? 'the last chunk' : `all octets came (${came} of ${announced})`}`,
    why: `The answer says how long it is, and ${names.address(address)} itself ends the connection before that. What it sent arrived.`,
    causes: [
      {
        id: 'program-fails',
        cause: 'the program fails or is stopped while it sends (crash, out of memory, time limit, restart)',
        for:
          closed < all
            ? [`${counted(all - closed, 'other connection to it does', 'other connections to it do')} not end so`]
            : ['all connections to it end so'],
        against: [],
      },
      {
        id: 'source-ends',
        cause: 'it passes on what another server sends, and that one broke off; its packets are not in this capture',
        for: [],
        against: [],
      },
      ...forgedCause(resets),
    ],
    confirm: [
      podWith(address, 'the pod; kubectl logs --previous with its name shows an error or a restart at that time'),
    ],
    fix: ['Read the log of the program that listens on the port, and of what it reads from.'],
    wireshark: `${withAddress(address)} && tcp.port==${port} && (tcp.flags.fin==1 || tcp.flags.reset==1)`,
  };
}
