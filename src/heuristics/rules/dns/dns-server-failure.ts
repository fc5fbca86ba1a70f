import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { explainCircle } from '../../causes/explain-circle.ts';
import {
  failingNameServerCauses,
  failingNameServerCommands,
  UPSTREAM_THRESHOLDS,
} from '../../causes/failing-name-server.ts';
import { SOUGHT_THRESHOLDS, soughtMeanwhile } from '../../causes/sought-meanwhile.ts';
import { failedGroups } from '../../facts/dns/failed-groups.ts';
import { CIRCLE_THRESHOLDS } from '../../facts/dns/forward-circle.ts';
import { isPartnerMissed, resolvedNames, wasResolved } from '../../facts/dns/resolved-names.ts';
import {
  commonTime,
  conversationsOf,
  isUnanswered,
  LOOKUP_THRESHOLDS,
  type Lookup,
  lookupPackets,
  lookupsOf,
  podsBehind,
  REFUSED,
  rcodeName,
  SERVFAIL,
  serverText,
} from '../../facts/dns-lookups.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { extendedErrorWords } from '../../words/dns-errors.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  ...UPSTREAM_THRESHOLDS,
  pardonSeconds: { value: 10, unit: 's', source: 'docs/thresholds.md, pardon' },
  clockSlackSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, clock-slack' },
} as const;

interface Failure extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  failures: number;
  rcode: string;
  example: string;
  upstreams: string[];
  upstreamQueries: number;
  /** Neighbours that the server's node asked for without an answer, if no query to an upstream server was captured. */
  sought: string[];
  succeeded: number;
  seconds: number;
  /** Name servers that forward the question in a circle, in order; empty if there is no circle. */
  circle: string[];
  /** Address that the queries were translated to; null where none was seen. */
  pod: string | null;
  /** What the server itself says of the failure (RFC 8914); null when it says nothing. */
  extendedError: { code: number; text: string } | null;
}

/** The server answers, and the answer says that it failed. */
export const dnsServerFailure = defineRule<Failure>({
  meta: {
    id: 'dns-server-failure',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'lab/dns-upstream-timeout-servfail',
    place: 'mechanism',
    explains: ['dns-slow', 'dns-no-response', 'no-reply', 'no-route', 'arp-unanswered', 'dns-server-port-closed'],
    summary: 'The DNS server answers SERVFAIL or REFUSED',
    meaning:
      'The server is there but could not find the answer: its upstream does not answer, forwards in a circle, or the zone is not configured.',
    rule: 'A lookup is answered SERVFAIL or REFUSED, and no lookup of the same name by the same client (other type, other suffix, next server) succeeds within 10 s. Where the server asks another for the name while it is asked, and that one asks it in turn, they are told to go in a circle.',
    notThis: [
      'REFUSED or SERVFAIL for AAAA where A of the same name is answered: the application got its address.',
      'The other lookup of a pair, or its answer, is not there and the capture misses packets.',
      'A failure for a name with a search suffix where the bare name resolves.',
      'A chain of forwarders: the last one asks none that waits.',
      'NXDOMAIN: the name does not exist, and that is an answer.',
      'Most names resolve and a few fail: their own zones may be broken, a warning.',
    ],
    causes: [
      'The upstream server of CoreDNS does not answer',
      'A loop of forwarders',
      'The zone is not configured or not allowed for this client',
    ],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl -n kube-system logs -l k8s-app=kube-dns',
        expect: 'i/o timeout to an upstream address',
      },
      { on: '<node of the DNS pod>', command: 'dig @<upstream> -q <name>', expect: 'no answer' },
    ],
    fix: ['Repair the path to the upstream server, or forward to one that answers'],
    references: ['RFC 1035, 4.1.1', 'CoreDNS forward plugin'],
  },
  thresholds: {
    ...thresholds,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...CIRCLE_THRESHOLDS,
    ...LOOKUP_THRESHOLDS,
    ...SOUGHT_THRESHOLDS,
  },

  *detect(evidence) {
    const lookups = lookupsOf(evidence);
    const resolved = resolvedNames(evidence, lookups);
    const isPardoned = (lookup: Lookup): boolean =>
      wasResolved(evidence, resolved, lookup, thresholds.pardonSeconds.value) ||
      isPartnerMissed(evidence, lookups, lookup);
    const failed = lookups.filter((lookup) => isFailure(lookup) && !isPardoned(lookup));
    for (const { group, circle, inside } of failedGroups(evidence, failed))
      yield occurrenceOf(evidence, lookups, group, circle, inside);
  },

  explain(found, names) {
    const server = names.address(found.server);
    const upstreams = found.upstreams.map((address) => names.address(address)).join(', ');
    const known = found.upstreams.length > 0;
    if (found.circle.length > 0) return explainCircle(found, names);
    const sought = found.sought.map((address) => names.address(address)).join(', ');
    return {
      message: known
        ? `DNS server ${server} answers ${found.rcode} to ${counted(found.failures, 'lookup')} of ${names.address(found.client)} because its upstream ${upstreams} does not answer`
        : sought !== ''
          ? `DNS server ${server} answers ${found.rcode} to ${counted(found.failures, 'lookup')}; meanwhile its node asks in vain who has ${sought}`
          : `DNS server ${server} answers ${found.rcode} to ${counted(found.failures, 'lookup')} of ${names.address(found.client)}`,
      why: known
        ? `It asked ${upstreams} for the same names (${counted(found.upstreamQueries, 'query', 'queries')}) and got nothing back.`
        : `The server runs and answers, ${found.seconds < UPSTREAM_THRESHOLDS.waitSeconds.value ? 'at once' : `after ${found.seconds.toFixed(1)} s`}, that it ${found.rcode === 'REFUSED' ? 'does not serve this question' : 'could not resolve the name'}.${saidWords(found)}`,
      causes: failingNameServerCauses(found, names),
      confirm: failingNameServerCommands(found, names),
      fix: [],
      wireshark: `dns.flags.rcode==${found.rcode === 'REFUSED' ? REFUSED : SERVFAIL} && ${withAddress(found.serverAddress)}`,
    };
  },
});

const saidWords = ({ extendedError }: Failure): string =>
  extendedError === null ? '' : ` It says why: ${extendedErrorWords(extendedError)}.`;

function placeOf(
  circle: readonly string[],
  upstreams: readonly string[],
  sought: readonly string[],
): { place?: string } {
  if (circle.length > 0) return { place: `between the DNS servers ${circle.join(' and ')}` };
  if (upstreams.length > 0) return { place: `between the DNS server and its upstream ${upstreams.join(', ')}` };
  return sought.length > 0 ? { place: `between the DNS server and ${sought.join(', ')}` } : {};
}

const isFailure = ({ answer }: Lookup): boolean =>
  answer !== null && (answer.rcode === SERVFAIL || answer.rcode === REFUSED);

const timeOf = (evidence: Evidence, { exchange }: Lookup): number =>
  commonTime(evidence, exchange.point, exchange.queries[0].time);

/**
 * Queries for the same name that the server sent to others while the client waited. None was answered, or an ICMP error
 * came back.
 */
function upstreamOf(evidence: Evidence, lookups: readonly Lookup[], failed: Lookup): Lookup[] {
  const { exchange, answer } = failed;
  const from = timeOf(evidence, failed) - thresholds.clockSlackSeconds.value;
  const to = commonTime(evidence, exchange.point, answer?.time ?? 0) + thresholds.clockSlackSeconds.value;
  return lookups.filter((other) => {
    const at = timeOf(evidence, other);
    return (
      other.exchange.name === exchange.name &&
      other.exchange.type === exchange.type &&
      serverText(other.server) !== serverText(failed.server) &&
      other.client.address !== failed.client.address &&
      at >= from &&
      at <= to &&
      (isUnanswered(evidence, other) || (other.answer === null && other.error !== null))
    );
  });
}

function occurrenceOf(
  evidence: Evidence,
  lookups: readonly Lookup[],
  group: readonly Lookup[],
  circle: string[],
  inside: readonly Lookup[],
): Failure {
  const [first] = group;
  const { client, server, exchange, answer } = first;
  const upstream = [...new Set(group.flatMap((failed) => upstreamOf(evidence, lookups, failed)))];
  const upstreams = [...new Set(upstream.map((lookup) => serverText(lookup.server)))].sort();
  const sought = upstreams.length > 0 || circle.length > 0 ? [] : soughtMeanwhile(evidence, group);
  const addresses = [...new Set(sought.map(({ target }) => target))].sort();
  const arp = sought.map(({ point, flow }) => indexOf(evidence).conversationOfFlow(point, flow));
  const conversations = new Set([
    ...conversationsOf(group),
    ...conversationsOf(upstream),
    ...conversationsOf(inside),
    ...arp.filter((conversation) => conversation !== undefined),
  ]);
  const packets = [...group, ...upstream].flatMap(lookupPackets);
  const waited = group.map(({ seconds }) => seconds ?? 0).sort((a, b) => a - b)[Math.floor(group.length / 2)];
  const succeeded = lookups.filter(
    (other) => other.answer?.rcode === 0 && serverText(other.server) === serverText(server),
  ).length;
  const said = group.flatMap((failed) => failed.answer?.extendedError ?? [])[0] ?? null;
  const upstreamQueries = upstream.reduce((total, lookup) => total + lookup.exchange.queriesTotal, 0);
  return {
    key: `${client.address}>${serverText(server)}`,
    ...(succeeded > group.length && upstreams.length === 0 && circle.length === 0 && { level: 'warning' as const }),
    grade: gradeOf({ 'code-in-the-answer': 'passed' }),
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: [...conversations].map((conversation) => conversation.index),
    ...placeOf(circle, upstreams, addresses),
    ...excerpt(packets),
    reach: group.length,
    measured: {
      failures: group.length,
      succeeded,
      waitedSeconds: Number(waited.toFixed(3)),
      upstreams,
      upstreamQueries,
      ...(addresses.length > 0 && { sought: addresses }),
      ...(circle.length > 0 && { circle, insideLookups: inside.length }),
      ...(said !== null && { extendedError: extendedErrorWords(said) }),
    },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    failures: group.length,
    rcode: rcodeName(answer?.rcode ?? SERVFAIL),
    example: exchange.name,
    upstreams,
    upstreamQueries,
    sought: addresses,
    succeeded,
    seconds: waited,
    circle,
    pod: podsBehind(group)[0] ?? null,
    extendedError: said,
  };
}
