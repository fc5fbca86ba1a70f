import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { type Attempt, attemptsOf, type Outcome } from '../../facts/attempts.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  serverText,
} from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { breakPointOf } from '../../facts/place.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { digs, kubectl } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';

const thresholds = {
  guardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
} as const;

interface FallbackBlocked extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  truncated: number;
  attempts: number;
  outcome: Outcome;
  example: string;
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  silent: 'nothing answers',
  refused: 'it is refused by a reset',
  rejected: 'an ICMP error rejects it',
  answered: 'it is answered',
  unknown: 'its outcome is not known',
};

/** The answer does not fit into UDP, and DNS over TCP is blocked. */
export const dnsTcpFallbackBlocked = defineRule<FallbackBlocked>({
  meta: {
    id: 'dns-tcp-fallback-blocked',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'test/pcaps/dns-tcp-fallback-refused',
    place: 'mechanism',
    explains: ['syn-no-reply', 'port-closed', 'port-rejected', 'dns-no-response'],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'Truncated DNS answers, and TCP port 53 does not connect',
    meaning:
      'Small answers work by UDP. Large ones are cut, the resolver asks again by TCP as it must, and TCP 53 is blocked. Only names with many records fail.',
    rule: 'A UDP answer has the TC flag, the client then opens TCP to the same server and port, and that is not answered, reset or rejected, while no other such connection succeeds.',
    notThis: [
      'The connection was tried within 1 s of the end of the capture.',
      'Another TCP connection to the same server and port succeeds.',
      'A truncated answer without an attempt by TCP: the client may not need the rest.',
    ],
    causes: [
      'A NetworkPolicy or firewall allows UDP 53 only',
      'The service has no TCP port 53',
      'The server does not listen on TCP',
    ],
    confirm: [{ on: '<client pod>', command: 'dig +tcp @<server> -q <name>', expect: 'no connection' }],
    fix: ['Allow TCP 53 beside UDP 53, and give the service a TCP port'],
    references: ['RFC 7766', 'RFC 2181, 9'],
  },
  thresholds: { ...thresholds, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    const cut = lookupsOf(evidence).filter(({ exchange, answer }) => exchange.transport === 'udp' && answer?.truncated);
    for (const group of groupLookups(cut, ({ client, server }) => `${client.address} ${serverText(server)}`)) {
      const attempts = attemptsToSame(evidence, group[0]);
      const failed = attempts.filter((attempt) => isFailed(evidence, attempt));
      if (failed.length > 0 && !attempts.some(({ outcome }) => outcome === 'answered'))
        yield occurrenceOf(group, failed);
    }
  },

  explain(found, names) {
    const server = names.address(found.server);
    return {
      message: `Large DNS answers of ${server} do not arrive: they are truncated, and by TCP ${OUTCOMES[found.outcome]}`,
      why: `${counted(found.truncated, 'answer')} did not fit into UDP. The resolver has to ask again by TCP, and ${found.attempts === 1 ? 'the connection was not' : `none of ${found.attempts} connections was`} accepted.`,
      causes: [
        {
          id: 'tcp-filtered',
          cause: 'a NetworkPolicy or firewall allows UDP 53 and not TCP 53',
          for: found.outcome === 'refused' ? [] : ['UDP to the same address and port is answered'],
          against: found.outcome === 'refused' ? ['the server itself refuses by a reset'] : [],
        },
        {
          id: 'no-tcp-port',
          cause: 'the server or its service has no TCP port 53',
          for: found.outcome === 'silent' ? [] : [`the connection is answered at once: ${OUTCOMES[found.outcome]}`],
          against: [],
        },
      ],
      confirm: [
        digs(
          found.client,
          { server: found.serverAddress, name: found.example, tcp: true },
          {
            expect: found.outcome === 'refused' ? 'connection refused' : 'no connection',
            shows: { lacks: 'status: NOERROR' },
          },
        ),
        kubectl('get networkpolicies -A -o yaml | grep -n -A1 -w "port: 53"', 'protocol: UDP only'),
        kubectl('get service -A -o wide | grep -w 53/UDP', 'a DNS service without 53/TCP'),
      ],
      fix: [
        `Allow TCP 53 from ${found.client} to ${server} wherever UDP 53 is allowed, and give the DNS service a TCP port.`,
      ],
      wireshark: `(dns.flags.truncated==1 || tcp.port==53) && ${withAddress(found.serverAddress)}`,
    };
  },
});

const attemptsToSame = (evidence: Evidence, { client, server }: Lookup): Attempt[] =>
  attemptsOf(evidence).filter(
    ({ connection }) =>
      connection.client.address === client.address &&
      connection.server.address === server.address &&
      connection.server.port === server.port,
  );

function isFailed(evidence: Evidence, { connection, outcome }: Attempt): boolean {
  if (outcome === 'refused' || outcome === 'rejected') return true;
  const first = connection.syn[0];
  return (
    outcome === 'silent' &&
    first !== undefined &&
    indexOf(evidence).endOf(connection.point) - first.time >= thresholds.guardSeconds.value
  );
}

function occurrenceOf(cut: readonly Lookup[], failed: readonly Attempt[]): FallbackBlocked {
  const [{ client, server, exchange }] = cut;
  const conversations = [...new Set([...conversationsOf(cut), ...failed.map(({ conversation }) => conversation)])];
  const packets = [...cut.flatMap(lookupPackets), ...failed.flatMap(({ connection }) => synPackets(connection))];
  return {
    key: `${client.address}>${serverText(server)}`,
    grade: gradeOf({ 'truncated-and-tcp-fails': 'passed' }),
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(failed.map(({ conversation }) => conversation))?.between ?? null,
    ...excerpt(packets.sort(inOrder)),
    reach: failed.length,
    measured: { truncated: cut.length, attempts: failed.length, outcome: failed[0].outcome },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    truncated: cut.length,
    attempts: failed.length,
    outcome: failed[0].outcome,
    example: exchange.name,
  };
}
