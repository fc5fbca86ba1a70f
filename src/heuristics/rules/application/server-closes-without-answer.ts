import { duration } from '../../../text/duration.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { aboutConnections, endPacket, openRequest } from '../../facts/tcp/about-endings.ts';
import { BEGINNING_THRESHOLDS, roundTripOf } from '../../facts/tcp/beginnings.ts';
import { endingsByServer, IDLE_THRESHOLDS, isWithoutAnswer, LAST_REQUEST_THRESHOLDS } from '../../facts/tcp/endings.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { podWith, sockets } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';

const thresholds = {
  connections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  thinkSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, last-request' },
  share: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, tenth-of-connections' },
} as const;

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
    summary: 'The server ends connections without an answer to the request',
    meaning:
      'The network delivers the request and the end of the connection. The program that listens decided not to answer, or failed.',
    rule: 'The server sends the first FIN or reset while a request waits that it had acknowledged, or resets while it still receives one, or ends before it heard a client that goes on to ask: two connections or more, and a tenth of those to that server. One connection alone is a note.',
    notThis: [
      'A farewell before the end (QUIT, close_notify, GOAWAY): the last message is less than half as large as those before, or draws the end at once.',
      'A polite end after all was answered.',
      'A probe that connects and closes.',
      'A request on a connection that was idle and crosses the end: keepalive-race.',
      'The capture misses packets.',
    ],
    causes: [
      'The program does not understand the request: TLS, a PROXY header or a client certificate is expected',
      'The program crashes or is killed while it works',
      'A limit of the program: size of the request, number of connections, access list',
    ],
    confirm: [{ on: '<server pod>', command: 'kubectl logs --previous', expect: 'an error or a restart at that time' }],
    fix: ['Read the log of the program that listens on the port, not of the network'],
    references: ['RFC 9293, 3.6: closing a connection', 'RFC 9112, 9.5: failures and timeouts'],
  },
  thresholds: {
    ...thresholds,
    ...LAST_REQUEST_THRESHOLDS,
    ...IDLE_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...BEGINNING_THRESHOLDS,
  },

  *detect(evidence) {
    for (const { server, connections } of endingsByServer(evidence).values()) {
      const closed = connections.filter(({ leg }) => isWithoutAnswer(evidence, leg, thresholds.thinkSeconds.value));
      if (closed.length === 0 || closed.length < thresholds.share.value * connections.length) continue;
      const isHabit = closed.length >= thresholds.connections.value;
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
        whole: closed.every(({ leg }) => leg.rolesFrom !== 'guess'),
        roundTrip: Math.min(...closed.map(({ leg }) => roundTripOf(leg))),
      };
    }
  },

  explain({ server, closed, all, resets, unheard, unread, after, whole, roundTrip }, names) {
    const { address, port } = endpointParts(server);
    const how = resets === closed ? 'resets' : 'ends';
    return {
      message: `${server} ${how} connections without an answer to the request: ${closed} of ${all}`,
      why: `${whole ? `The handshake is complete, a round trip takes ${duration(roundTrip)}, and ` : ''}${unheard === closed ? 'the server ends it before the request of the client comes' : unread === closed ? 'the server ends it while the request is still on its way into it' : `the server acknowledged the request; it ends the connection within ${duration(after)}`}. Nothing of this is lost: ${names.address(address)} decides so.`,
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
          telling: unread > 0 && resets > 0 ? [`${unread} requests were still being received`] : [],
          for: [],
          against: unread === 0 ? ['the requests had been received in full'] : [],
        },
        ...(resets > 0
          ? [
              {
                id: 'reset-forged',
                cause: 'a device on the way sent the reset in the server’s name',
                for: [],
                against: ['its hop limit is that of the server’s packets'],
              },
            ]
          : []),
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
