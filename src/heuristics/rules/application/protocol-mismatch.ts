import type { Evidence, Opening } from '../../../flows/evidence/evidence.ts';
import { isPublic } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { type Mismatch, mismatchOf, type Session, sessionsOf, usesOf } from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { machineOfClient, subjectOf } from '../../facts/subject.ts';
import { SCAN_THRESHOLDS } from '../../facts/tcp/port-scans.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { type Command, defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { kubectl } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, most-sessions' },
} as const;

interface ProtocolMismatch extends Occurrence {
  server: string;
  mismatch: Mismatch;
  said: Opening | null;
  answered: Opening | null;
  sessions: number;
  all: number;
}

/** Client and server speak different protocols on one port. */
export const protocolMismatch = defineRule<ProtocolMismatch>({
  meta: {
    id: 'protocol-mismatch',
    faultClass: 'application',
    level: 'error',
    recordedIn: 'test/pcaps/tls-to-plain-port',
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['immediate-close', 'reset-injected'],
    summary: 'Client and server speak different protocols on one port',
    meaning:
      'The connection opens and carries data both ways. The client speaks TLS to a port without TLS, plain text to a port with TLS, another version of HTTP, or with a PROXY header that the server does not expect.',
    rule: 'The first octets of both directions belong to two protocols: a ClientHello is answered by HTTP or by a greeting, plain text by a TLS alert or by an answer that says so, HTTP/2 by HTTP/1 or the reverse, a PROXY header by a bad request or an alert, a request for TLS of PostgreSQL by "no" at which the client leaves. A note if less than half of the connections of these clients do so.',
    notThis: [
      'PostgreSQL and MySQL change to TLS in their own protocol.',
      'An HTTP server answers 400 to a request in HTTP: http-error.',
      'A few of many connections: a note.',
      'One or two connections of public addresses: a scanner, told as a note.',
      'Octets that were cut, so that the protocol is not certain.',
    ],
    causes: [
      'http:// and https:// mixed up, or the port of the one with the scheme of the other',
      'targetPort of a Service names the other port of the pod; a sidecar demands mTLS',
      'A load balancer sends a PROXY header that the server was not told about',
      'A gRPC client with a proxy that speaks HTTP/1',
    ],
    confirm: [
      { on: '<client pod>', command: 'curl -vk https://<server>:<port>/', expect: 'wrong version number, or it works' },
      { on: '<client pod>', command: 'curl -v http://<server>:<port>/', expect: '400, or it works' },
    ],
    fix: ['Let both sides speak the same: the scheme in the client, or the port in the Service'],
    references: ['RFC 8446, 5.1', 'RFC 9113, 3.4', 'haproxy: proxy-protocol.txt'],
  },
  thresholds: {
    ...thresholds,
    strayAttempts: SCAN_THRESHOLDS.strayAttempts,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
  },

  *detect(evidence) {
    const mismatched = sessionsOf(evidence).flatMap((session) => {
      const mismatch = mismatchOf(session);
      return mismatch === null ? [] : [{ session, mismatch }];
    });
    const groups = groupBy(mismatched, ({ session, mismatch }) => `${session.server} ${mismatch}`);
    for (const group of groups.values())
      yield occurrenceOf(
        evidence,
        group[0].mismatch,
        group.map(({ session }) => session),
      );
  },

  explain({ server, subject, mismatch, sessions, all, said, answered }, names) {
    const { address, port } = endpointParts(server);
    const url = shellQuote(`${address.includes(':') ? `[${address}]` : address}:${port}/`);
    return {
      message: `${WORDS[mismatch](`${names.address(address)} port ${port}`, said, answered)} (${sessions} of ${counted(all, 'connection')})`,
      why: `The connections open, and both directions carry data. ${SAME_PROTOCOL.has(mismatch) || said === answered ? 'The first octets of each side show what the two disagree about' : 'The first octets of each side show two protocols'}, so no packet is missing and none is late.`,
      causes: CAUSES[mismatch].map(([id, cause, because]) => ({ id, cause, telling: because, for: [], against: [] })),
      confirm: [
        ...(mismatch === 'tls-refused' || mismatch === 'other-protocol'
          ? greetings(machineOfClient(subject, names), address, port, said)
          : [
              {
                on: machineOfClient(subject, names),
                command: `curl -vk https://${url}`,
                expect: 'works, or ends with "wrong version number"',
              },
              {
                on: machineOfClient(subject, names),
                command: `curl -v${mismatch === 'http1-to-http2' ? ' --http2-prior-knowledge' : ''} http://${url}`,
                expect: mismatch === 'http1-to-http2' ? 'works' : 'works, or is answered with status 400',
              },
            ]),
        kubectl('get svc -A -o wide', 'the port and targetPort that lead to this server'),
      ],
      fix: [FIXES[mismatch]],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.len>0`,
    };
  },
});

/** Where both sides speak the protocol that was meant. */
const SAME_PROTOCOL: ReadonlySet<Mismatch> = new Set<Mismatch>(['tls-refused', 'proxy-header-unexpected']);

/** How `openssl s_client` asks for TLS inside a protocol (openssl-s_client(1), -starttls). */
const STARTTLS: Partial<Record<Opening, string>> = { postgresql: 'postgres', mysql: 'mysql', mail: 'smtp' };

/** What the server says to a client of its own protocol, or of none. */
function greetings(on: string, address: string, port: number, said: Opening | null): Command[] {
  const protocol = said === null ? undefined : STARTTLS[said];
  const end = shellQuote(`${address.includes(':') ? `[${address}]` : address}:${port}`);
  return protocol === undefined
    ? [
        {
          on,
          command: `echo | nc -w 3 ${shellQuote(address)} ${port} | head -c 200`,
          expect: 'the greeting of the server, where its protocol has one',
        },
      ]
    : [
        {
          on,
          command: `echo | openssl s_client -starttls ${protocol} -connect ${end}`,
          expect: 'no certificate: the server refuses TLS',
        },
      ];
}

const WORDS: Record<Mismatch, (server: string, said: Opening | null, answered: Opening | null) => string> = {
  'tls-to-plain': (server, _, answered) =>
    `Clients speak TLS to ${server}, which answers with ${nameOf(answered)} in plain text`,
  'plain-to-tls': (server, said) => `Clients speak ${nameOf(said)} in plain text to ${server}, which wants TLS`,
  'http2-to-http1': (server) => `Clients speak HTTP/2 to ${server}, which answers with HTTP/1`,
  'http1-to-http2': (server) => `Clients speak HTTP/1 to ${server}, which speaks HTTP/2 only`,
  'proxy-header-unexpected': (server) => `Clients begin with a PROXY header, and ${server} does not expect one`,
  'tls-refused': (server) => `Clients ask ${server} for TLS, it has none, and they leave`,
  'other-protocol': (server, said, answered) =>
    `Clients speak ${nameOf(said)} to ${server}, which speaks ${nameOf(answered)}`,
};

const NAMES: Partial<Record<Opening, string>> = {
  tls: 'TLS',
  http1: 'HTTP/1',
  http2: 'HTTP/2',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  redis: 'Redis',
  ssh: 'SSH',
  amqp: 'AMQP',
  mail: 'a mail protocol',
};
const nameOf = (opening: Opening | null): string =>
  opening === null ? 'something' : (NAMES[opening] ?? 'something else');

type ListedCause = readonly [id: string, cause: string, because: string[]];
const CAUSES: Record<Mismatch, readonly ListedCause[]> = {
  'tls-to-plain': [
    [
      'scheme-wrong',
      'the client uses https:// or TLS where the server has none',
      ['a ClientHello is answered in plain text'],
    ],
    ['port-wrong', 'the Service or the client names the plain port of the server instead of its TLS port', []],
  ],
  'plain-to-tls': [
    [
      'scheme-wrong',
      'the client uses http:// or no TLS where the server wants it',
      ['the server answers that it wants TLS'],
    ],
    ['port-wrong', 'the Service or the client names the TLS port of the server instead of its plain port', []],
    ['mtls-demanded', 'a sidecar demands mutual TLS and the client has no sidecar', []],
  ],
  'http2-to-http1': [
    [
      'http2-unsupported',
      'the server or a proxy before it speaks HTTP/1 only',
      ['the preface of HTTP/2 is answered with HTTP/1'],
    ],
  ],
  'http1-to-http2': [
    [
      'http2-demanded',
      'the server speaks HTTP/2 without an upgrade only, as gRPC servers do',
      ['a request of HTTP/1 is answered with frames'],
    ],
  ],
  'proxy-header-unexpected': [
    [
      'proxy-header-unexpected',
      'the load balancer sends a PROXY header and the server was not told so',
      ['the header is answered with an error'],
    ],
  ],
  'tls-refused': [
    [
      'tls-not-configured',
      'the database has no TLS, and the client demands it (sslmode=require)',
      ['the server says no, and the client leaves at once'],
    ],
  ],
  'other-protocol': [
    [
      'port-wrong',
      'the client or the Service names the port of another program',
      ['both sides speak, each another protocol'],
    ],
  ],
};

const FIXES: Record<Mismatch, string> = {
  'tls-to-plain': 'Use http:// (or no TLS) in the client, or the TLS port of the server.',
  'plain-to-tls': 'Use https:// (TLS) in the client, or the plain port of the server.',
  'http2-to-http1': 'Let the server or the proxy speak HTTP/2, or the client HTTP/1.',
  'http1-to-http2': 'Use a client of HTTP/2 with prior knowledge, or a proxy that translates.',
  'proxy-header-unexpected': 'Switch the PROXY protocol off at the load balancer, or on at the server.',
  'tls-refused': 'Switch TLS on at the database, or let the client do without.',
  'other-protocol': 'Check which program listens on the port, and which port the client should use.',
};

/** One or two connections, each of a public address: scanners of the Internet try TLS and HTTP at any port. */
const areKnocks = (sessions: readonly Session[]): boolean =>
  sessions.length <= SCAN_THRESHOLDS.strayAttempts.value && sessions.every(({ leg }) => isPublic(leg.client.address));

function occurrenceOf(evidence: Evidence, mismatch: Mismatch, sessions: readonly Session[]): ProtocolMismatch {
  const [{ server, leg, facts }] = sessions;
  const { connections } = usesOf(evidence, sessions);
  const { subject } = subjectOf(sessions.map(({ conversation }) => conversation));
  const isNote = sessions.length < connections * thresholds.share.value || areKnocks(sessions);
  const [said, answered] = facts.openings;
  return {
    key: `${server} ${mismatch}`,
    ...(isNote && { level: 'note' as const }),
    grade: gradeOf({
      'both-sides-read': whereSeen(
        said !== 'unknown' && answered !== 'unknown' && mismatch !== 'proxy-header-unexpected',
      ),
    }),
    subject: { ...subject, protocol: 'tcp', server },
    conversations: sessions.map(({ conversation }) => conversation.index),
    place: `in the programs: what ${leg.client.address} speaks and what ${server} expects`,
    ...excerpt(sessions.flatMap(packetsOf)),
    reach: sessions.length,
    measured: { mismatch, client: said, server: answered, connections, sessions: sessions.length },
    server,
    mismatch,
    said,
    answered,
    sessions: sessions.length,
    all: connections,
  };
}

function packetsOf({ leg, facts: { tls, messages } }: Session): EvidencePacket[] {
  const requested = messages[0]?.requested ?? null;
  return [
    ...packetsAt(leg.point, tls?.clientHello == null ? [] : [tls.clientHello], 'ClientHello', '>'),
    ...packetsAt(leg.point, requested === null ? [] : [requested], 'request', '>'),
    ...packetsAt(leg.point, messages.slice(0, 1), `answer ${messages[0]?.code ?? ''}`, '<'),
    ...packetsAt(leg.point, tls?.alert == null ? [] : [tls.alert], 'alert', '<'),
  ];
}
