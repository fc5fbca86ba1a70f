import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { silentNameServerCauses } from '../../causes/silent-name-server.ts';
import { type ApplicationDelay, applicationDelay } from '../../facts/dns/application-delay.ts';
import { CIRCLE_THRESHOLDS, circleOf } from '../../facts/dns/forward-circle.ts';
import { LARGE_ANSWER_THRESHOLDS, type LargeAnswers, largeAnswersLost } from '../../facts/dns/large-answers.ts';
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
import { breakPointOf } from '../../facts/place.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Names, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { DIG_TIMES_OUT, digs, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  guardSeconds: LOOKUP_THRESHOLDS.answerGuardSeconds,
  minimumQueries: { value: 2, unit: 'queries', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

interface NoResponse extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  port: number;
  example: string;
  lookups: number;
  queries: number;
  answered: number;
  otherServers: string[];
  /** Last point that saw the queries, if that is not the first point. */
  lastPoint: number | null;
  /** Whether anything of the server's address was captured. */
  heard: boolean;
  /** Destination of the queries at the last point, if it differs from the address that the client asked. */
  pod: string | null;
  delay: ApplicationDelay;
  /** Name servers that forward the question in a circle; empty if there is no circle. */
  circle: string[];
  large: LargeAnswers | null;
  /** The point nearest to the client that saw answers to these lookups; null where none did. */
  answersAt: number | null;
}

/** Queries get no answer at all. */
export const dnsNoResponse = defineRule<NoResponse>({
  meta: {
    id: 'dns-no-response',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'lab/dns-server-silent',
    place: 'last-seen',
    symptomOf: 'silent-path',
    explains: ['no-reply', 'dns-slow'],
    summary: 'DNS queries get no answer',
    meaning:
      'The resolver asks, waits, asks again, and hears nothing. Every lookup by this server costs the application 5 s and more, then fails.',
    rule: 'Queries of one client to one server without answer for 2 s, at least two of them, no ICMP error about them and no answer from another address.',
    notThis: [
      'The capture ends within 2 s of the query.',
      'Only one direction of the traffic was captured.',
      'Multicast DNS and LLMNR (ports 5353, 5355).',
      'The server sends more datagrams to the socket than answers could be read: the octets were changed.',
      'The clock of the capture goes back by more than the time that is left after the query.',
      'The answer comes from another address: that is dns-reply-wrong-source.',
      'The server refuses by ICMP: that is dns-server-port-closed.',
      'One lost query that was repeated and answered: that is dns-slow.',
    ],
    causes: [
      'The DNS server hangs, is overloaded or down',
      'A NetworkPolicy or firewall drops UDP 53',
      'kube-proxy does not translate the service address on this node',
      'The way to the DNS pod is broken',
    ],
    confirm: [
      {
        on: '<client pod>',
        command: 'dig +tries=1 @<pod address of CoreDNS> -q <name>',
        expect: 'answers: the service is broken, not the server',
      },
      { on: '<client pod>', command: 'dig +tries=1 @<service address> -q <name>', expect: 'connection timed out' },
    ],
    fix: ['Restart or scale CoreDNS, allow UDP and TCP 53, or repair the path to the DNS pod'],
    references: ['RFC 1035, 4.2.1', 'resolv.conf(5): timeout 5, attempts 2'],
  },
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE, ...LARGE_ANSWER_THRESHOLDS, ...CIRCLE_THRESHOLDS },

  *detect(evidence) {
    const lookups = lookupsOf(evidence);
    const silent = lookups.filter((lookup) => isUnanswered(evidence, lookup));
    for (const group of groupLookups(silent, ({ client, server }) => `${client.address} ${serverText(server)}`)) {
      const queries = group.reduce((total, { exchange }) => total + exchange.queriesTotal, 0);
      if (queries >= thresholds.minimumQueries.value) yield occurrenceOf(evidence, lookups, group, queries);
    }
  },

  explain(found, names) {
    const server = names.address(found.server);
    const { lastPoint, otherServers } = found;
    const to = found.pod === null ? '' : `, translated to ${names.address(found.pod)}`;
    const arrived = lastPoint === null ? [] : [`the queries are still there at ${names.point(lastPoint)}${to}`];
    const elsewhere = otherServers.length > 0 ? ` ${names.address(otherServers[0])} answers the same client.` : '';
    return {
      message: `${counted(found.lookups, 'DNS lookup')} of ${names.address(found.client)} at ${server} ${found.lookups === 1 ? 'gets' : 'get'} no answer (${counted(found.queries, 'query', 'queries')} sent)`,
      why: `${found.answersAt === null ? 'A server that runs answers, if only with an error. A closed port draws an ICMP error. Here is neither.' : `The server does answer: its answers pass ${names.point(found.answersAt)} and do not reach ${names.address(found.client)}.`}${elsewhere}${waitOf(found.delay)}`,
      causes: [
        ...specialCauses(found, names),
        ...silentNameServerCauses(
          {
            ...found,
            arrived,
            answersAt: found.answersAt === null ? null : names.point(found.answersAt),
            lostOnTheWay: [
              ...(found.between == null ? [] : ['the queries are lost before they reach it']),
              ...(found.answersAt === null ? [] : [`its answers pass ${names.point(found.answersAt)}`]),
              ...(found.circle.length === 0 ? [] : ['it asks others meanwhile']),
            ],
            largeAnswers: found.large !== null,
          },
          names,
        ),
      ],
      confirm: [
        digs(
          found.client,
          { server: found.serverAddress, port: found.port, name: found.example },
          {
            expect: 'connection timed out',
            shows: DIG_TIMES_OUT,
          },
        ),
        ...(found.pod === null
          ? [
              runs(found.client, 'cat /etc/resolv.conf', {
                expect: `nameserver ${found.serverAddress}: is that the DNS server of this cluster?`,
              }),
            ]
          : [
              digs(
                found.client,
                { server: found.pod, port: found.port, name: found.example },
                {
                  expect: 'connection timed out too: the server itself is silent',
                  shows: DIG_TIMES_OUT,
                },
              ),
            ]),
      ],
      fix: [],
      wireshark: `dns && ${between(found.client, found.serverAddress)}`,
    };
  },
});

const waitOf = ({ longest, never }: ApplicationDelay): string =>
  longest === null
    ? ' No other server answered the same questions either.'
    : ` Where another query or server answered in the end, whoever asked had waited up to ${longest.toFixed(1)} s${never > 0 ? `; ${counted(never, 'question')} got no answer at all` : ''}.`;

/** Causes that only these packets can show. */
function specialCauses({ circle, large }: NoResponse, names: Names): Cause[] {
  const causes: Cause[] = [];
  if (large !== null)
    causes.push({
      id: 'large-answers-lost',
      cause: 'large answers are lost on the way: fragments are dropped, or they do not fit the path',
      telling: [
        `${counted(large.lost, 'answer')} of ${large.smallestLost} octets and more leave ${names.point(large.point)} and do not arrive`,
        `the largest that arrives has ${large.largestPassed}`,
      ],
      for: [],
      against: [],
      fix: ['Limit DNS answers to 1232 octets (EDNS buffer size; bufsize plugin of CoreDNS), or let fragments pass.'],
    });
  if (circle.length > 0)
    causes.push({
      id: 'forwarder-loop',
      cause: `a loop of forwarders: ${[...circle, circle[0]].map((address) => names.address(address)).join(' → ')}`,
      telling: ['each asks the next for the same name while it owes the answer itself'],
      for: [],
      against: [],
      fix: [
        `Let ${names.address(circle[0])} forward to servers outside the circle (CoreDNS: forward to the real upstreams, not to /etc/resolv.conf of the node).`,
      ],
    });
  return causes;
}

function occurrenceOf(
  evidence: Evidence,
  all: readonly Lookup[],
  group: readonly Lookup[],
  queries: number,
): NoResponse {
  const [{ client, server, exchange }] = group;
  const conversations = conversationsOf(group);
  const broken = breakPointOf(conversations);
  const sameClient = all.filter((other) => other.client.address === client.address && other.answer !== null);
  const answered = sameClient.filter((other) => serverText(other.server) === serverText(server)).length;
  const last = group.flatMap(({ further }) => further.slice(-1))[0];
  const lastPoint = broken === null ? (last?.point ?? null) : null;
  const delay = applicationDelay(evidence, group);
  const large = largeAnswersLost(all, group);
  const answersAt =
    group.flatMap(({ further }) => further.find(({ responses }) => responses.length > 0)?.point ?? [])[0] ?? null;
  const circle = group.map((lookup) => circleOf(evidence, lookup)).find((found) => found !== null)?.servers ?? [];
  const pod = lastPoint !== null && last.server.address !== server.address ? last.server.address : null;
  return {
    key: `${client.address}>${serverText(server)}`,
    ...(answered > group.length && { level: 'warning' as const }),
    grade: gradeOf({ 'lost-at-a-known-point': whereSeen(broken !== null || lastPoint !== null) }),
    subject: {
      protocol: 'dns',
      client: client.address,
      server: pod ?? serverText(server),
      serverBeforeNat: pod === null ? null : serverText(server),
    },
    conversations: conversations.map((conversation) => conversation.index),
    between: broken?.between ?? null,
    ...(lastPoint !== null && {
      place:
        answersAt === null
          ? `the queries pass ${evidence.points[lastPoint].name}, and no answer comes back there`
          : `the answers pass ${evidence.points[answersAt].name}, and are lost on their way back from there`,
    }),
    ...excerpt(group.flatMap(lookupPackets).sort((a, b) => a.time - b.time)),
    reach: group.length,
    measured: {
      lookups: group.length,
      queries,
      answeredOthers: answered,
      applicationDelaySeconds: delay.longest,
      neverAnswered: delay.never,
      ...(large !== null && { smallestAnswerLost: large.smallestLost, largestAnswerPassed: large.largestPassed }),
      ...(circle.length > 0 && { circle }),
    },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    port: server.port,
    example: exchange.name,
    lookups: group.length,
    queries,
    answered,
    otherServers: [...new Set(sameClient.map((other) => serverText(other.server)))].filter(
      (other) => other !== serverText(server),
    ),
    lastPoint,
    heard: evidence.hosts.some(({ address, sent }) => address === server.address && sent > 0),
    pod,
    delay,
    circle,
    large,
    answersAt,
  };
}
