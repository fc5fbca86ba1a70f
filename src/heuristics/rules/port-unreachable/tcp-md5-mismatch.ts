import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { endpointText } from '../../facts/attempts.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { subjectOf } from '../../facts/subject.ts';
import { type IgnoredSignature, ignoredSignatures, SIGNATURE_THRESHOLDS } from '../../facts/tcp/signatures.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';

interface SignatureMismatch extends Occurrence {
  client: string;
  server: string;
  port: number;
  syns: number;
  sent: IgnoredSignature['sent'];
  other: IgnoredSignature['other'];
  answersClient: boolean;
}

const NAMES = { md5: 'TCP MD5', ao: 'TCP-AO' } as const;
const nameOf = (signature: IgnoredSignature['sent']): string =>
  signature === null ? 'no signature' : `a ${NAMES[signature]} signature`;

/** SYNs whose signature the other side does not accept are ignored by a host that answers other packets. */
export const tcpMd5Mismatch = defineRule<SignatureMismatch>({
  meta: {
    id: 'tcp-md5-mismatch',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/tcp-md5-one-sided',
    place: 'mechanism',
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'SYNs with a TCP MD5 or TCP-AO signature are ignored by a host that answers others, or the reverse',
    meaning:
      'One side signs its segments and the other does not, or their keys differ (BGP passwords, most often). The receiver drops such segments without an answer, so the port looks filtered.',
    rule: 'One client’s SYNs to one port, three or more with a second left for an answer, get none at all, while the host sends other packets meanwhile. The SYNs carry a TCP MD5 or TCP-AO option; or they carry none, and the host signs its own SYNs to the same port of the client, or accepts signed connections of others there.',
    notThis: [
      'The signed connection is answered or refused: then the signature was accepted, or nothing listens.',
      'The host is silent altogether: it is down or unreachable.',
      'SYNs without a signature where nobody signs: an ordinary filtered port.',
      'Two SYNs: they may be lost by chance.',
      'The capture ends before an answer could come.',
    ],
    causes: [
      'A password is set for the session on one side only',
      'The passwords differ, or one side has the peer’s address wrong',
      'NAT between the two: the signature covers the addresses',
    ],
    confirm: [
      {
        on: '<server>',
        command: 'nstat -az TcpExtTCPMD5NotFound TcpExtTCPMD5Unexpected TcpExtTCPMD5Failure',
        expect: 'one of them rises with each SYN',
      },
    ],
    fix: ['Set the same password on both sides (for BGP: of this neighbour), or on neither'],
    references: ['RFC 2385, 4.1', 'RFC 5925, 7.3', 'Linux net/ipv4/tcp_ipv4.c, tcp_inbound_hash'],
  },
  thresholds: {
    ...SIGNATURE_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    for (const ignored of ignoredSignatures(evidence)) yield occurrenceOf(evidence, ignored);
  },

  explain({ client, server, port, syns, sent, other, answersClient }, names) {
    const [from, to] = [names.address(client), names.address(server)];
    const bothSign = sent !== null && sent === other;
    return {
      message: `${counted(syns, 'SYN')} of ${from} to ${to} port ${port} with ${nameOf(sent)} get no answer, while ${to} sends other packets`,
      why: `A receiver drops a segment without a word when its signature is missing, unexpected or wrong. ${other === null ? `${to} is alive, and its port says nothing.` : `${to} itself uses ${nameOf(other)} for this port.`}`,
      causes: [
        {
          id: 'signature-on-one-side',
          cause:
            sent === null
              ? `${to} expects a signature, and ${from} sends none`
              : `${from} signs, and ${to} has no key for it`,
          telling: sent !== other && (sent === null || other !== null) ? ['one side signs and the other does not'] : [],
          for: sent !== null && other === null ? ['the SYNs are signed, and nothing of the other side is'] : [],
          against: bothSign ? ['both sides sign'] : [],
        },
        {
          id: 'keys-differ',
          cause: 'both sides sign, with different keys or for another address of the peer',
          telling: bothSign ? ['the SYNs of both sides are signed in the same way'] : [],
          for: [],
          against: [],
        },
        {
          id: 'port-filtered',
          cause: `a firewall drops what goes to port ${port}`,
          for: [],
          against: answersClient ? [`${to} answers ${from} on other ports or protocols`] : [],
        },
      ],
      confirm: [
        runs(to, 'nstat -az TcpExtTCPMD5NotFound TcpExtTCPMD5Unexpected TcpExtTCPMD5Failure', {
          expect: 'NotFound: a signature is missing; Unexpected: none is wanted; Failure: the keys differ',
        }),
        runs(to, `ss -tlnp ${shellQuote(`( sport = :${port} )`)}`, { expect: 'a listener on the port' }),
      ],
      fix: [`Set the same password for this session on ${from} and ${to}, or on neither.`],
      wireshark: `${between(client, server)} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

function occurrenceOf(evidence: Evidence, ignored: IgnoredSignature): SignatureMismatch {
  const { attempts, syns, sent, other, answersClient } = ignored;
  const [{ connection }] = attempts;
  const { client, server, point } = connection;
  const conversations = attempts.map(({ conversation }) => conversation);
  return {
    // Both peers of a session may ask, and the fault is one.
    key: `${[client.address, server.address].sort().join('<>')} ${server.port}`,
    cause: `${[client.address, server.address].sort().join('<>')} ${server.port}`,
    grade: gradeOf({
      'answers-the-client-otherwise': whereSeen(answersClient),
      'one-side-signs': whereSeen(sent !== other && other !== null),
    }),
    subject: { ...subjectOf(conversations).subject, server: endpointText(server) },
    conversations: conversations.map(({ index }) => index),
    place: `at the listening socket of ${endpointText(server)}, as seen from ${evidence.points[point].name}`,
    ...excerpt(attempts.flatMap((attempt) => synPackets(attempt.connection))),
    reach: attempts.length,
    measured: { syns: syns.length, connections: attempts.length, sent: sent ?? 'none', other: other ?? 'unknown' },
    client: client.address,
    server: server.address,
    port: server.port,
    syns: syns.length,
    sent,
    other,
    answersClient,
  };
}
