import { type Evidence, TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { causesOfRefusal, type HandshakeEnd, type RefusedHandshake } from '../../causes/refused-handshake.ts';
import {
  endedBy,
  hasArrived,
  hasEnded,
  mismatchOf,
  type Session,
  sessionsOf,
  usesOf,
} from '../../facts/application/sessions.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { machineOfClient, subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Level, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';
import { alertName } from '../../words/protocol-codes.ts';
import { endOf, isoDay, versionName } from '../../words/tls-words.ts';

const thresholds = {
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, most-sessions' },
  sessions: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

const CLOSE_NOTIFY = 0;
const USER_CANCELED = 90;
const NO_RENEGOTIATION = 100;
const UNRECOGNIZED_NAME = 112;
/** Alerts that end nothing by a fault (RFC 8446, 6.1). */
const POLITE: ReadonlySet<number> = new Set([CLOSE_NOTIFY, USER_CANCELED, NO_RENEGOTIATION]);
const FATAL = 2;
interface Failure {
  session: Session;
  end: HandshakeEnd;
  by: 'client' | 'server';
  alert: number | null;
}

type HandshakeFailed = Occurrence &
  RefusedHandshake & {
    /** First day on which the certificate is valid; null where none was read. */
    begins: string | null;
  };

/** A TLS handshake ends in an alert, or is ended without a word. */
export const tlsHandshakeFailed = defineRule<HandshakeFailed>({
  meta: {
    id: 'tls-handshake-failed',
    faultClass: 'application',
    level: 'error',
    recordedIn: 'test/pcaps/tls-certificate-expired',
    place: 'mechanism',
    acquitsNetwork: true,
    explains: ['immediate-close', 'reset-injected'],
    summary: 'TLS handshakes end in an alert or are given up',
    meaning:
      'The network carried the handshake both ways. One side did not accept what the other one offered or showed: a certificate, a version, a cipher suite, a name.',
    rule: 'A handshake that was not finished ends in an alert in the clear that is not polite; or in an encrypted record of an alert’s length where the handshake had to go on; or, in two connections or more, by the server without an octet although the ClientHello arrived. An error from two on if they are half of the connections of these clients, a warning for one, else a note. Clients that leave after the server’s part without a word are a note.',
    notThis: [
      'close_notify, user_canceled and no_renegotiation: polite ends.',
      'The handshake was finished, also with a resumed session; an abort after close_notify.',
      'The ClientHello did not arrive: a fault of the path.',
      'A few handshakes of many fail: a note.',
      'Something else than TLS answers: protocol-mismatch.',
      'A client that only looks at the certificate and leaves: a note.',
    ],
    causes: [
      'A certificate that expired, has another name, or comes from an authority that the client does not know',
      'The server wants a certificate of the client',
      'No version, cipher suite or signature in common',
      'The server knows no such name (SNI), or a router in between does not find it in time',
    ],
    confirm: [
      {
        on: '<client pod>',
        command: 'echo | openssl s_client -connect <server>:<port> -servername <name>',
        expect: 'the alert, the certificate and its dates',
      },
    ],
    fix: ['Renew or replace the certificate, or give both sides a version, suite and authority in common'],
    references: ['RFC 8446, 6: alerts', 'RFC 5246, 7.2', 'RFC 6066, 3: server name'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const failures = sessionsOf(evidence).flatMap(failureOf);
    const groups = groupBy(failures, ({ session, end, by, alert }) => `${session.server} ${end} ${by} ${alert}`);
    for (const group of groups.values()) {
      const [{ end }] = group;
      if (end !== 'closed' || group.length >= thresholds.sessions.value) yield occurrenceOf(evidence, group);
    }
  },

  explain(found, names) {
    const { address, port } = endpointParts(found.server);
    const connect = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    const name = found.serverName === '' ? '' : ` -servername ${shellQuote(found.serverName)}`;
    return {
      message: `${found.failed} of ${counted(found.all, 'TLS handshake')} with ${names.address(address)} port ${port} ${found.all === 1 ? 'fails' : 'fail'}: ${endOf(found, alertWords(found.alert))}`,
      why: `The handshake travelled both ways without loss that matters, so the network did its part. ${offerWords(found)}`,
      causes: causesOfRefusal(found),
      confirm: [
        {
          on: machineOfClient(found.subject, names),
          command: `echo | openssl s_client -connect ${shellQuote(connect)}${name}`,
          expect: `${SEEN_AGAIN[found.end === 'closed' ? 'closed' : found.by]}; with -showcerts the certificate and its dates`,
        },
      ],
      fix: [fixOf(found)],
      wireshark: `${withAddress(address)} && tcp.port==${port} && (tls.alert_message || tls.handshake)`,
    };
  },
});

/** What `openssl s_client` shows. It goes on where a client rejects a certificate, and says so. */
const SEEN_AGAIN = {
  closed: 'the connection ends after the ClientHello',
  server: 'the same alert',
  client: 'the handshake goes on, with "verify error" where the certificate is at fault',
} as const;

const alertWords = (alert: number | null): string => (alert === null ? '' : alertName(alert));

function failureOf(session: Session): Failure[] {
  const { facts, leg } = session;
  const { tls } = facts;
  if (tls === null || tls.established || mismatchOf(session) !== null) return [];
  const failed = (end: HandshakeEnd, by: Failure['by'], alert: number | null = null): Failure[] => [
    { session, end, by, alert },
  ];
  if (tls.alert !== null) {
    const { description, level, direction } = tls.alert;
    if (POLITE.has(description)) return [];
    if (level !== FATAL && (description === UNRECOGNIZED_NAME || !hasEnded(leg))) return [];
    return failed('alert', direction === TO_SERVER ? 'client' : 'server', description);
  }
  if (tls.sealedAlert !== null) {
    // The close_notify of a server that answers the end of the client looks the same.
    const by = tls.sealedAlert.direction === TO_SERVER ? 'client' : 'server';
    return hasEnded(leg) && (by === 'client' || endedBy(leg) === 'server') ? failed('sealed-alert', by) : [];
  }
  if (tls.clientHello === null || leg.rolesFrom === 'guess') return [];
  const answered = leg.directions[TO_CLIENT].payloadOctets > 0;
  if (!answered && endedBy(leg) === 'server' && hasArrived(leg)) return failed('closed', 'server');
  const isHello = tls.serverVersion !== null && leg.directions[TO_CLIENT].unackedOctets === 0;
  return isHello && endedBy(leg) === 'client' ? failed('given-up', 'client') : [];
}

function occurrenceOf(evidence: Evidence, group: readonly Failure[]): HandshakeFailed {
  const sessions = group.map(({ session }) => session);
  const [{ end, by, alert, session }] = group;
  const { connections } = usesOf(evidence, sessions);
  const most = sessions.find(({ facts }) => facts.tls?.certificate) ?? session;
  const { leg, facts } = most;
  const tls = facts.tls!;
  const hello = sessions.find((one) => one.facts.tls?.clientHello?.whole)?.facts.tls?.clientHello ?? tls.clientHello;
  const isMost = group.length >= connections * thresholds.share.value;
  const habit: Level = group.length >= thresholds.sessions.value ? 'error' : 'warning';
  const level = end === 'given-up' || !isMost ? 'note' : habit;
  const { capture, timeShift: _ } = evidence.points[leg.point];
  const now = evidence.captures[capture].baseSeconds + (tls.clientHello?.time ?? leg.first.time);
  const certificate = tls.certificate;
  const { subject } = subjectOf(sessions.map(({ conversation }) => conversation));
  return {
    key: `${session.server} ${end} ${by} ${alert ?? ''}`,
    ...(level !== 'error' && { level }),
    grade: gradeOf({ 'alert-in-the-clear': whereSeen(end === 'alert') }),
    subject: { ...subject, protocol: 'tcp', server: session.server },
    conversations: sessions.map(({ conversation }) => conversation.index),
    place: `in the program on ${by === 'server' ? leg.server.address : leg.client.address} that ends the handshake`,
    ...excerpt(group.flatMap(packetsOf)),
    reach: group.length,
    measured: {
      failed: group.length,
      connections,
      end,
      by,
      alert: alert === null ? null : alertName(alert),
      serverName: hello?.serverName ?? null,
      helloOctets: hello?.octets ?? null,
      notAfter: certificate === null ? null : isoDay(certificate.notAfter),
    },
    server: session.server,
    end,
    by,
    alert,
    failed: group.length,
    all: connections,
    serverName: hello?.serverName ?? '',
    offered: hello?.whole ? versionName(hello.version) : null,
    chosen: tls.serverVersion === null || tls.serverVersion === 0 ? null : versionName(tls.serverVersion),
    expires: certificate === null ? null : isoDay(certificate.notAfter),
    expired: certificate !== null && certificate.notAfter < now,
    notYet: certificate !== null && certificate.notBefore > now,
    begins: certificate === null ? null : isoDay(certificate.notBefore),
    selfSigned: certificate?.selfSigned ?? false,
    certificateRequested: tls.certificateRequested,
    clientCertificateMissing: tls.clientCertificateMissing,
    afterHello: tls.serverVersion === null,
    helloOctets: hello?.octets ?? null,
    postQuantum: hello?.postQuantum ?? false,
  };
}

function packetsOf({ session: { leg, facts }, end, by }: Failure): EvidencePacket[] {
  const tls = facts.tls!;
  const arrow = by === 'client' ? '>' : '<';
  return [
    ...packetsAt(leg.point, tls.clientHello === null ? [] : [tls.clientHello], 'ClientHello', '>'),
    ...packetsAt(
      leg.point,
      tls.alert === null ? [] : [tls.alert],
      `alert ${alertName(tls.alert?.description ?? 0)}`,
      arrow,
    ),
    ...packetsAt(
      leg.point,
      tls.sealedAlert === null ? [] : [tls.sealedAlert],
      'encrypted record of an alert’s length',
      arrow,
    ),
    ...(end === 'closed' || end === 'given-up' ? packetsAt(leg.point, [leg.last], 'last packet', '') : []),
  ];
}

function offerWords({ offered, chosen, serverName, expires, expired, notYet, begins }: HandshakeFailed): string {
  const validity = notYet ? `is valid only from ${begins}` : expired ? `ended ${expires}` : `is valid until ${expires}`;
  const parts = [
    offered === null ? null : `the client offers up to ${offered}`,
    serverName === '' ? null : `and asks for ${serverName}`,
    chosen === null ? null : `the server chose ${chosen}`,
    expires === null ? null : `its certificate ${validity}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'Names and versions were not readable.' : `In the clear: ${parts.join(', ')}.`;
}

function fixOf({ expired, expires, notYet, begins, clientCertificateMissing, end, by }: HandshakeFailed): string {
  if (notYet)
    return `Compare the clocks of the client and of whatever issued the certificate: it is valid only from ${begins}.`;
  if (expired) return `Renew the certificate of the server: it ended on ${expires}.`;
  if (clientCertificateMissing) return 'Give the client a certificate that the server accepts, or do not ask for one.';
  if (end === 'closed')
    return 'Look at the logs of whatever ends the connections: a router by SNI, a proxy, or the server itself.';
  return `Look at the logs of the ${by}, which ends the handshake, and at what the other side offers. The network is not the cause.`;
}
