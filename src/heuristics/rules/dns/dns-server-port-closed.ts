import type { Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import { isPublic } from '../../../text/addresses.ts';
import {
  conversationsOf,
  groupLookups,
  isUnanswered,
  LOOKUP_THRESHOLDS,
  type Lookup,
  lookupPackets,
  lookupsOf,
  serverText,
} from '../../facts/dns-lookups.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { SCAN_THRESHOLDS } from '../../facts/tcp/port-scans.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Names, type Occurrence } from '../../rule/rule.ts';
import { digs, dnsPods, kubectl, listens } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, portUnreachable } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  answeredShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

interface PortClosed extends Occurrence {
  clients: string[];
  server: string;
  serverAddress: string;
  port: number;
  example: string;
  lookups: number;
  answered: number;
  /** Sender of the ICMP errors, if it is not the server's own address. */
  rejectedBy: string | null;
  /** The address behind the service, if a point showed it. */
  translated: string | null;
}

/** The host of the DNS server reports that nothing listens on the port. */
export const dnsServerPortClosed = defineRule<PortClosed>({
  meta: {
    id: 'dns-server-port-closed',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'lab/dns-server-port-closed',
    place: 'mechanism',
    explains: ['dns-no-response', 'port-rejected', 'no-reply'],
    summary: 'The DNS server answers "port unreachable"',
    meaning:
      'The queries arrive, but no process listens on the DNS port, or the service has no endpoint. Lookups fail at once.',
    rule: 'An ICMP port unreachable (IPv4 3/3, IPv6 1/4) quotes a DNS query, and the query was not answered.',
    notThis: [
      'The error quotes an answer of the server: the client had closed its socket (late or stray answer).',
      'The server answers most queries: it was restarted, a warning.',
      'One or two questions of public addresses, each asked once, to a machine that answers nobody: a scanner, told as a note.',
      'Another ICMP code: that is firewall-reject or no-route.',
    ],
    causes: [
      'The DNS process is down while its pod still runs',
      'The service has no ready endpoint: kube-proxy rejects',
      'A wrong target port in the service',
    ],
    confirm: [
      { on: '<DNS pod>', command: 'ss -lunp "sport = :53"', expect: 'no listener' },
      {
        on: 'a machine with kubectl',
        command: 'kubectl -n kube-system get endpointslices -l k8s-app=kube-dns',
        expect: 'no ready endpoint',
      },
    ],
    fix: ['Restart the DNS server, or repair selector, readiness or target port of its service'],
    references: ['RFC 792', 'RFC 1122, 3.2.2.1', 'icmp(7): icmp_ratelimit'],
  },
  thresholds: {
    ...thresholds,
    strayAttempts: SCAN_THRESHOLDS.strayAttempts,
    ...LOOKUP_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    const lookups = lookupsOf(evidence);
    const refused = lookups.filter(({ error, answer }) => answer === null && isPortUnreachable(error));
    for (const group of groupLookups(refused, ({ server }) => serverText(server))) {
      const isNoise =
        group.length <= SCAN_THRESHOLDS.strayAttempts.value && group.every((one) => isStranger(lookups, one));
      // Linux limits the rate of ICMP errors. Queries without an error between two errors have the same cause.
      const silent = lookups.filter((lookup) => isUnanswered(evidence, lookup) && isSameServer(lookup, group[0]));
      const found = occurrenceOf(evidence, lookups, group, silent);
      yield isNoise ? { ...found, level: 'note' } : found;
    }
  },

  explain(found, names) {
    const server = names.address(found.server);
    const by = found.rejectedBy === null ? 'it' : names.address(found.rejectedBy);
    const host = found.translated ?? found.serverAddress;
    const family = familyOf(host);
    return {
      message: `DNS server ${server} answers ${counted(found.lookups, 'lookup')} of ${clientsText(found.clients, names)} with "port unreachable"`,
      why: `The queries do arrive: ${by} says itself that nothing listens on port ${found.port}.`,
      causes: [
        {
          id: 'process-down',
          cause: `the DNS process${found.translated === null ? '' : ` on ${names.address(found.translated)}`} is down while its host runs`,
          for: found.rejectedBy === null ? [`the error comes from ${server} itself`] : [],
          against: found.rejectedBy === null ? [] : [`the error comes from ${by}, not from the server`],
          confirm: [
            listens(names.machine(host), found.port, 'udp', {
              expect: `no socket on port ${found.port}`,
              shows: { lacks: `:${found.port}\\b` },
            }),
            dnsPods(found.translated, 'the DNS pod: whether it is Ready, how often it was restarted'),
          ],
          fix: [`Start the DNS server on ${names.address(host)} again, and find in its log why it ended.`],
        },
        {
          id: 'no-endpoints',
          cause: 'the service has no ready endpoint, so kube-proxy rejects the queries on the node',
          for: found.rejectedBy === null ? [] : [`the error comes from ${by}`],
          against:
            found.rejectedBy !== null
              ? []
              : found.translated === null
                ? [`the error comes from ${server} itself`]
                : [`the queries are translated to ${names.address(found.translated)}`],
          confirm: [
            kubectl(
              'get endpointslices -n kube-system -l k8s-app=kube-dns',
              'no ready endpoint if the service rejects',
            ),
          ],
          fix: ['Give the DNS service endpoints: repair its selector, or the readiness of its pods.'],
        },
      ],
      confirm: [
        digs(
          found.clients[0],
          { server: found.serverAddress, port: found.port, name: found.example },
          {
            expect: 'connection refused',
            shows: { has: 'refused' },
          },
        ),
      ],
      fix: [],
      wireshark: `${portUnreachable(family)} && udp.dstport==${found.port}`,
    };
  },
});

const isPortUnreachable = (error: IcmpError | null): boolean =>
  error !== null && (error.version === 4 ? error.type === 3 && error.code === 3 : error.type === 1 && error.code === 4);

/** Asked once, from a public address, a server that answers nobody here: scanners of the Internet ask so. */
const isStranger = (lookups: readonly Lookup[], { client, server, exchange }: Lookup): boolean =>
  isPublic(client.address) &&
  exchange.queriesTotal === 1 &&
  lookups.every((other) => other.answer === null || other.server.address !== server.address);

const isSameServer = (a: Lookup, b: Lookup): boolean => serverText(a.server) === serverText(b.server);

function occurrenceOf(
  evidence: Evidence,
  all: readonly Lookup[],
  group: readonly Lookup[],
  silent: readonly Lookup[],
): PortClosed {
  const [{ server, exchange, conversation }] = group;
  const answered = all.filter((one) => one.answer !== null && serverText(one.server) === serverText(server)).length;
  const error = group[0].error as IcmpError;
  const packets = [...group.flatMap(lookupPackets), ...errorPackets(evidence, group)].sort((a, b) => a.time - b.time);
  const translated =
    conversation !== null && conversation.server.address !== server.address ? conversation.server.address : null;
  const rejectedBy = error.from === error.quoted?.destination.address ? null : error.from;
  return {
    key: serverText(server),
    ...(answered > thresholds.answeredShare.value * (answered + group.length) && { level: 'warning' as const }),
    grade: gradeOf({ 'error-quotes-the-query': 'passed' }),
    subject: {
      protocol: 'dns',
      client:
        group.length === 1 ? group[0].client.address : [...new Set(group.map((one) => one.client.address))].join(', '),
      server: translated ?? serverText(server),
      serverBeforeNat: translated === null ? null : serverText(server),
    },
    conversations: conversationsOf([...group, ...silent]).map((one) => one.index),
    place: `at ${translated ?? (rejectedBy === null ? server.address : error.from)}`,
    ...excerpt(packets),
    reach: group.length,
    measured: { lookups: group.length, silent: silent.length, answered, errorFrom: error.from },
    clients: [...new Set(group.map((one) => one.client.address))],
    server: serverText(server),
    serverAddress: server.address,
    port: server.port,
    example: exchange.name,
    lookups: group.length,
    answered,
    rejectedBy,
    translated,
  };
}

function errorPackets({ icmpErrors }: Evidence, group: readonly Lookup[]): EvidencePacket[] {
  const asked = new Set(group.map(({ exchange: { point, client } }) => `${point} ${client.address} ${client.port}`));
  return icmpErrors
    .filter(
      ({ point, quoted }) => quoted !== null && asked.has(`${point} ${quoted.source.address} ${quoted.source.port}`),
    )
    .map(({ packet, time, point, from }) => ({
      packet,
      time,
      point,
      direction: '<',
      note: `port unreachable from ${from}`,
    }));
}

const clientsText = (clients: readonly string[], names: Names): string =>
  clients.length === 1 ? names.address(clients[0]) : counted(clients.length, 'client');
