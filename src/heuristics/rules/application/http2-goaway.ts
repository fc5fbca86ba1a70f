import { type ApplicationError, type Evidence, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { mismatchOf, type Session, sessionsOf, usesOf } from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { podWith } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';
import { http2ErrorName } from '../../words/protocol-codes.ts';

const thresholds = {
  fewShare: { value: 0.05, unit: 'share', source: 'docs/thresholds.md, few-sessions' },
} as const;

const ENHANCE_YOUR_CALM = 11;
const FRAME_SIZE_ERROR = 6;

interface Goaway extends Occurrence {
  server: string;
  /** The only client, or one of several. */
  client: string;
  by: 'client' | 'server';
  code: number;
  text: string;
  sessions: number;
  all: number;
}

/** One side ends HTTP/2 connections with an error. */
export const http2Goaway = defineRule<Goaway>({
  meta: {
    id: 'http2-goaway',
    faultClass: 'application',
    level: 'warning',
    recordedIn: 'test/pcaps/grpc-too-many-pings',
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['immediate-close'],
    summary: 'HTTP/2 connections are ended with an error',
    meaning:
      'GOAWAY with an error code ends all requests of a connection at once. The code and the text say why. The network only carries it.',
    rule: 'GOAWAY with a code other than NO_ERROR, in the clear, in 5 % or more of the HTTP/2 connections of these clients; else a note.',
    notThis: [
      'GOAWAY with NO_ERROR: a server that ends its connections politely.',
      'RST_STREAM with CANCEL: a client that no longer wants an answer.',
      'A few of very many connections: a note.',
      'HTTP/1 spoken to a server of HTTP/2: protocol-mismatch.',
    ],
    causes: [
      'Keep-alive pings of gRPC more often than the server permits (ENHANCE_YOUR_CALM, too_many_pings)',
      'Frames or headers larger than agreed (FRAME_SIZE_ERROR)',
      'A fault in a library or a proxy in between (PROTOCOL_ERROR, INTERNAL_ERROR)',
    ],
    confirm: [{ on: '<client pod>', command: 'kubectl logs', expect: 'GOAWAY received, with the code' }],
    fix: ['gRPC: keepalive time of the client not below the MinTime of the server (5 minutes by default)'],
    references: ['RFC 9113, 6.8 and 7', 'gRPC: guide to keepalive'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const ended = sessionsOf(evidence).flatMap((session) => {
      const error = session.facts.messages.find(({ kind }) => kind === 'goaway');
      return error === undefined || mismatchOf(session) !== null ? [] : [{ session, error }];
    });
    const groups = groupBy(ended, ({ session, error }) => `${session.server} ${error.direction} ${error.code}`);
    for (const group of groups.values()) yield occurrenceOf(evidence, group);
  },

  explain({ server, subject, client, by, code, text, sessions, all }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `The ${by} ends ${sessions} of ${counted(all, 'HTTP/2 connection')} of ${names.address(address)} port ${port} with GOAWAY ${http2ErrorName(code)}${text === '' ? '' : ` "${text}"`}`,
      why: 'GOAWAY comes from the program itself and ends all its requests at once. The packets before it arrived.',
      causes: causesOf(code, text),
      confirm: [
        podWith(
          by === 'client' ? client : address,
          `the pod of ${by === 'client' && client !== subject.client ? 'one of the clients' : `the ${by}`}; then kubectl logs shows the connections that it ends`,
        ),
      ],
      fix: [
        code === ENHANCE_YOUR_CALM
          ? 'Ping less often: keepalive time of the client not below what the server permits (gRPC: MinTime, 5 minutes by default).'
          : `Look at the logs of the ${by}, which ends the connections.`,
      ],
      wireshark: `${withAddress(address)} && tcp.port==${port} && http2.type==7`,
    };
  },
});

function occurrenceOf(evidence: Evidence, group: readonly { session: Session; error: ApplicationError }[]): Goaway {
  const sessions = group.map(({ session }) => session);
  const [{ session, error }] = group;
  const { server, leg } = session;
  const { connections } = usesOf(evidence, sessions);
  const by = error.direction === TO_SERVER ? 'client' : 'server';
  const code = Number(error.code);
  const { subject } = subjectOf(sessions.map(({ conversation }) => conversation));
  return {
    key: `${server} ${by} ${code}`,
    ...(sessions.length < connections * thresholds.fewShare.value && { level: 'note' as const }),
    grade: gradeOf({ 'opening-was-read': whereSeen(session.facts.openings[TO_SERVER] === 'http2') }),
    subject: { ...subject, protocol: 'tcp', server },
    conversations: sessions.map(({ conversation }) => conversation.index),
    place: `in the program on ${by === 'server' ? leg.server.address : leg.client.address}`,
    ...excerpt(
      group.flatMap(({ session: one, error: { packet, time } }) =>
        packetsAt(one.leg.point, [{ packet, time }], `GOAWAY ${http2ErrorName(code)}`, by === 'server' ? '<' : '>'),
      ),
    ),
    reach: sessions.length,
    measured: { code: http2ErrorName(code), text: error.text, by, sessions: sessions.length, connections },
    server,
    client: session.conversation.client.address,
    by,
    code,
    text: error.text,
    sessions: sessions.length,
    all: connections,
  };
}

function causesOf(code: number, text: string): Cause[] {
  return [
    {
      id: 'too-many-pings',
      cause: 'the client sends keep-alive pings or requests more often than the server permits',
      telling: [
        ...(code === ENHANCE_YOUR_CALM ? ['the code is ENHANCE_YOUR_CALM'] : []),
        ...(/ping/i.test(text) ? [`the text is "${text}"`] : []),
      ],
      for: [],
      against: code === ENHANCE_YOUR_CALM ? [] : [`the code is ${http2ErrorName(code)}`],
    },
    {
      id: 'frames-not-as-agreed',
      cause: 'one side sends frames that the other does not accept, or a proxy in between damages them',
      telling: code === FRAME_SIZE_ERROR ? ['the code is FRAME_SIZE_ERROR'] : [],
      for: code === ENHANCE_YOUR_CALM ? [] : [`the code is ${http2ErrorName(code)}`],
      against: [],
    },
  ];
}
