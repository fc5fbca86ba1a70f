import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  conversationsOf,
  groupLookups,
  isUnanswered,
  LOOKUP_THRESHOLDS,
  type Lookup,
  lookupPackets,
  lookupsOf,
  NXDOMAIN,
  serverText,
} from '../../facts/dns-lookups.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { digs, escaped, kubectl, runs } from '../../words/commands.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  minimumLookups: { value: 2, unit: 'lookups', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/** Names that only the DNS server of the cluster knows. */
const CLUSTER_NAME = /\.svc\.[^.]+(\.[^.]+)*\.?$/i;

interface WrongServer extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  expected: string[];
  /** How the right server is known. */
  knownFrom: 'given' | 'others';
  lookups: number;
  unanswered: number;
  example: string;
}

/** The pod asks a name server that does not belong to this cluster. */
export const dnsWrongServer = defineRule<WrongServer>({
  meta: {
    id: 'dns-wrong-server',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'test/pcaps/dns-wrong-server/client__eth0.pcap',
    place: 'mechanism',
    explains: [
      'dns-no-response',
      'dns-server-port-closed',
      'dns-server-failure',
      'no-reply',
      'no-route',
      'arp-unanswered',
    ],
    summary: 'A pod asks a name server that does not serve this cluster',
    meaning:
      'The resolver configuration of the pod names another server than the cluster has. Names of services do not resolve, or nothing does.',
    rule: 'All lookups of a client by one server fail, and that server is not one of the given DNS servers; or it denies (NXDOMAIN) service names that another server resolves.',
    notThis: [
      'The unknown server answers service names: it is a cache such as NodeLocal DNSCache.',
      'Queries to an outside server that are answered: dnsPolicy Default, on purpose.',
      'The DNS server itself asks its upstream.',
      'No DNS server is given and the server is only silent: silence has other causes.',
      'NXDOMAIN for names with a search suffix that no server resolves.',
    ],
    causes: [
      'kubelet runs with a wrong --cluster-dns',
      'dnsPolicy or dnsConfig of the pod',
      'hostNetwork without ClusterFirstWithHostNet',
    ],
    confirm: [
      { on: '<client pod>', command: 'cat /etc/resolv.conf', expect: 'the wrong nameserver' },
      {
        on: 'a machine with kubectl',
        command: 'kubectl -n kube-system get service kube-dns',
        expect: 'another CLUSTER-IP',
      },
    ],
    fix: ['Set clusterDNS of the kubelet, or dnsPolicy of the pod'],
    references: ['Kubernetes: DNS for Services and Pods'],
  },
  thresholds: { ...thresholds, ...LOOKUP_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const lookups = lookupsOf(evidence);
    const roles = rolesOf(lookups);
    for (const group of groupLookups(lookups, ({ client, server }) => `${client.address} ${serverText(server)}`)) {
      const expected = expectedFor(evidence, roles, group[0]);
      if (expected === null || expected.servers.includes(group[0].server.address)) continue;
      const failed = group.filter((lookup) => isWrong(evidence, lookups, lookup, expected));
      if (failed.length < thresholds.minimumLookups.value || failed.length < group.length) continue;
      yield occurrenceOf(evidence, failed, expected);
    }
  },

  explain(found, names) {
    const right = found.expected.map((address) => names.address(address)).join(', ');
    const given = found.knownFrom === 'given';
    return {
      message: `${names.address(found.client)} asks ${names.address(found.server)} for names, and the cluster's DNS server is ${right}`,
      why:
        found.unanswered > 0
          ? `Nothing answers there: ${found.unanswered} of ${found.lookups} lookups stay without an answer.`
          : 'It answers, but it does not know the names of this cluster.',
      causes: [
        {
          id: 'name-server-misconfigured',
          cause: 'the kubelet of this node, or the pod, is configured with the wrong name server',
          for: [given ? `${right} is given as the DNS server` : `${right} resolves service names for other clients`],
          against: [],
        },
      ],
      confirm: [
        runs(found.client, 'cat /etc/resolv.conf', {
          expect: `nameserver ${found.serverAddress}`,
          shows: { has: `nameserver ${escaped(found.serverAddress)}` },
        }),
        digs(
          found.client,
          { server: found.expected[0], name: found.example },
          {
            expect: 'an answer',
            shows: { has: 'status: ' },
          },
        ),
        kubectl('-n kube-system get service kube-dns', `the CLUSTER-IP is not ${found.serverAddress}`),
      ],
      fix: [
        `Set clusterDNS to ${found.expected[0]} in the kubelet configuration of ${names.nodeOf(found.client)}, or correct dnsPolicy and dnsConfig of the pod ${found.client}, and start the pod anew.`,
      ],
      wireshark: `dns && ${between(found.client, found.serverAddress)}`,
    };
  },
});

interface Expected {
  servers: string[];
  knownFrom: 'given' | 'others';
}

/** The right servers for this client: the given ones, or else those that resolve service names for other clients. */
function expectedFor({ known }: Evidence, roles: Roles, { client, server }: Lookup): Expected | null {
  if (roles.servers.has(client.address)) return null;
  // Nodes have their own resolver configuration, which is not that of the pods.
  if (known.nodes[client.address] !== undefined) return null;
  if (known.dnsServers.length > 0) return { servers: known.dnsServers, knownFrom: 'given' };
  const asksForServices = roles.askingForServices.has(`${client.address} ${server.address}`);
  return roles.resolving.length > 0 && asksForServices ? { servers: roles.resolving, knownFrom: 'others' } : null;
}

/** Roles of the addresses in the lookups. They are found in one pass, because a capture may hold very many lookups. */
interface Roles {
  /** Addresses that clients ask. A DNS server normally asks other servers too. */
  servers: ReadonlySet<string>;
  /** Servers that resolve names of the cluster. */
  resolving: string[];
  /** "client server" for each client that asks this server for names of the cluster. */
  askingForServices: ReadonlySet<string>;
}

function rolesOf(lookups: readonly Lookup[]): Roles {
  const servers = new Set<string>();
  const resolving = new Set<string>();
  const askingForServices = new Set<string>();
  for (const lookup of lookups) {
    for (const one of [lookup.exchange, ...lookup.further]) servers.add(one.server.address);
    if (!isClusterName(lookup)) continue;
    askingForServices.add(`${lookup.client.address} ${lookup.server.address}`);
    if (lookup.answer?.rcode === 0 && lookup.answer.answers > 0) resolving.add(lookup.server.address);
  }
  return { servers, resolving: [...resolving].sort(), askingForServices };
}

const isClusterName = ({ exchange }: Lookup): boolean => CLUSTER_NAME.test(exchange.name);

/** The server does not answer, or its host reports by ICMP that there is no such server. */
const isDeaf = (evidence: Evidence, lookup: Lookup): boolean =>
  isUnanswered(evidence, lookup) || (lookup.answer === null && lookup.error !== null);

/**
 * A silent server is wrong only if the user gave the right server, because silence has many causes. A server is also
 * wrong if it denies a name that the right server resolves. The type may differ, because NXDOMAIN holds for all types
 * (RFC 8020).
 */
function isWrong(
  evidence: Evidence,
  lookups: readonly Lookup[],
  lookup: Lookup,
  { servers, knownFrom }: Expected,
): boolean {
  if (knownFrom === 'given' && isDeaf(evidence, lookup)) return true;
  return (
    isClusterName(lookup) &&
    lookup.answer?.rcode === NXDOMAIN &&
    lookups.some(
      (other) =>
        servers.includes(other.server.address) &&
        other.exchange.name === lookup.exchange.name &&
        other.answer?.rcode === 0 &&
        other.answer.answers > 0,
    )
  );
}

function occurrenceOf(evidence: Evidence, failed: readonly Lookup[], { servers, knownFrom }: Expected): WrongServer {
  const [{ client, server, exchange }] = failed;
  const unanswered = failed.filter((lookup) => isDeaf(evidence, lookup)).length;
  return {
    key: `${client.address}>${serverText(server)}`,
    grade: gradeOf({ 'server-was-given': whereSeen(knownFrom === 'given') }),
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: conversationsOf(failed).map((conversation) => conversation.index),
    place: 'in the resolver configuration of the client',
    ...excerpt(failed.flatMap(lookupPackets)),
    reach: failed.length,
    measured: { lookups: failed.length, unanswered, asked: server.address, expected: servers },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    expected: servers,
    knownFrom,
    lookups: failed.length,
    unanswered,
    example: exchange.name,
  };
}
