import { isBeyondClockSteps } from '../../facts/counter/clock-steps.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  podsBehind,
  serverText,
} from '../../facts/dns-lookups.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { DIG_TIMES_OUT, digs, dnsPods, kubectl } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  slowSeconds: { value: 0.5, unit: 's', source: 'docs/thresholds.md, slow-lookup' },
  minimumLookups: { value: 2, unit: 'lookups', source: 'docs/thresholds.md, two-show-a-habit' },
  share: { value: 0.01, unit: 'share', source: 'docs/thresholds.md, slow-share' },
  serverShare: { value: 0.8, unit: 'share', source: 'docs/thresholds.md, server-share' },
} as const;

/** "Query time: 2207 msec" in the output of dig: half a second and more. */
const SLOW_QUERY = 'Query time: ([5-9]\\d\\d|\\d{4,}) msec';

interface Slow extends Occurrence {
  client: string;
  clients: number;
  server: string;
  serverAddress: string;
  slow: number;
  all: number;
  /** Lookups of the capture that were counted but not kept, for this server or another. */
  further: number;
  worst: number;
  median: number;
  repeated: number;
  example: string;
  /** Median delay at the farthest point that saw query and answer. Null if there is only one point. */
  farthest: { point: number; seconds: number } | null;
  atServer: boolean;
  /** Address that the queries were translated to; null where none was seen. */
  pod: string | null;
}

/** Answers come late. */
export const dnsSlow = defineRule<Slow>({
  meta: {
    id: 'dns-slow',
    faultClass: 'dns',
    level: 'warning',
    recordedIn: 'lab/dns-slow-server',
    place: 'mechanism',
    symptomOf: 'silent-path',
    summary: 'DNS answers come late',
    meaning:
      'Lookups succeed and cost the application half a second and more each. Connection set-up and health checks become slow or time out.',
    rule: 'At least two lookups by one server take 0.5 s or longer from the first query to the answer; a note when they are fewer than one in a hundred.',
    notThis: [
      'One slow lookup among many.',
      'The clock of the capture goes back by as much as the answers take.',
      'Names that do not exist, or failures (SERVFAIL): those are dns-server-failure.',
      'A resolver that waits because one of two parallel queries was lost: dns-parallel-query-race explains it.',
    ],
    causes: [
      'The DNS server is overloaded or throttled',
      'Its upstream server is slow',
      'Queries or answers are lost and repeated',
    ],
    confirm: [{ on: '<client pod>', command: 'dig @<server> -q <name>', expect: 'Query time of several hundred ms' }],
    fix: ['More CPU or replicas for CoreDNS, cache plugin, a nearer upstream'],
    references: ['resolv.conf(5): timeout'],
  },
  thresholds,

  *detect(evidence) {
    const answered = lookupsOf(evidence).filter(({ answer }) => answer !== null && isResult(answer.rcode));
    for (const group of groupLookups(answered, ({ server }) => serverText(server))) {
      const slow = group.filter(
        ({ exchange, seconds }) =>
          seconds !== null &&
          seconds >= thresholds.slowSeconds.value &&
          isBeyondClockSteps(evidence, exchange.point, seconds),
      );
      if (slow.length >= thresholds.minimumLookups.value)
        yield occurrenceOf(group, slow, evidence.dnsTotal - evidence.dns.length);
    }
  },

  explain(found, names) {
    const { repeated, atServer, farthest } = found;
    const once = found.slow - repeated;
    const machine = found.pod ?? found.serverAddress;
    // Those that were not kept may be slow, and may be of this server.
    const amount =
      found.further > 0
        ? `At least ${found.slow} of at most ${found.all + found.further}`
        : `${found.slow} of ${found.all}`;
    const seen =
      farthest === null
        ? []
        : [`at ${names.point(farthest.point)} the answer already takes ${farthest.seconds.toFixed(2)} s`];
    return {
      message: `${amount} lookups of ${found.clients === 1 ? names.address(found.client) : counted(found.clients, 'client')} at ${names.address(found.server)} are slow: median ${found.median.toFixed(1)} s, longest ${found.worst.toFixed(1)} s`,
      why:
        repeated > 0
          ? `${repeated} of them had to ask again: a query or its answer was lost and the resolver waited.`
          : 'No query was repeated: the answers themselves are late.',
      causes: [
        {
          id: 'server-or-upstream-slow',
          cause: 'the DNS server or its upstream is slow',
          telling: atServer ? seen : [],
          for:
            once > 0
              ? [counted(once, 'of the slow lookups took one query', 'of the slow lookups took one query each')]
              : [],
          against: once > 0 ? [] : ['every slow lookup was repeated'],
          confirm: [
            ...(found.pod === null
              ? []
              : [
                  digs(
                    names.machine(found.pod),
                    { server: found.pod, name: found.example },
                    {
                      expect: 'the same Query time on the server itself: it or its upstream is slow',
                      shows: { has: SLOW_QUERY },
                    },
                  ),
                ]),
            dnsPods(found.pod, 'the DNS pod; kubectl top pod with its name shows whether its CPU is at the limit'),
            kubectl('-n kube-system logs -l k8s-app=kube-dns --tail=50', 'errors or time-outs of an upstream server'),
          ],
          fix: [
            `Give the DNS server ${names.address(machine)} more CPU or replicas, and let it cache (cache plugin of CoreDNS, NodeLocal DNSCache).`,
            'If its upstream is slow, forward to a nearer one.',
          ],
        },
        {
          id: 'queries-lost',
          cause: 'queries or answers are lost on the way',
          for:
            repeated > 0
              ? [counted(repeated, 'of the slow lookups was repeated', 'of the slow lookups were repeated')]
              : [],
          against: repeated > 0 ? [] : ['no query was repeated'],
          fix: [
            `Capture at ${names.address(found.client)} and at ${names.address(machine)} to see where the queries or answers are lost.`,
          ],
        },
        {
          id: 'network-slow',
          cause: 'the network is slow',
          for: [],
          against: atServer ? seen : [],
        },
      ],
      confirm: [
        digs(
          found.client,
          { server: found.serverAddress, name: found.example },
          {
            expect: once > 0 ? 'a Query time of several hundred ms' : 'every now and then: connection timed out',
            shows: once > 0 ? { has: SLOW_QUERY } : DIG_TIMES_OUT,
          },
        ),
      ],
      fix: [],
      wireshark: `dns.time >= ${thresholds.slowSeconds.value} && ${withAddress(found.serverAddress)}`,
    };
  },
});

/** NOERROR and NXDOMAIN are results. Other codes are failures. */
const isResult = (rcode: number): boolean => rcode === 0 || rcode === 3;

function occurrenceOf(all: readonly Lookup[], slow: readonly Lookup[], further: number): Slow {
  const [{ client, server, exchange }] = slow;
  const clients = new Set(slow.map((lookup) => lookup.client.address)).size;
  const seconds = slow.map((lookup) => lookup.seconds ?? 0).sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)];
  const farthest = farthestDelay(slow);
  const atServer = farthest !== null && farthest.seconds >= thresholds.serverShare.value * median;
  return {
    key: serverText(server),
    ...(slow.length < thresholds.share.value * (all.length + further) && { level: 'note' as const }),
    grade: gradeOf({ 'seen-near-the-server': whereSeen(farthest !== null) }),
    subject: {
      protocol: 'dns',
      client: clients === 1 ? client.address : `${clients} clients`,
      server: serverText(server),
    },
    conversations: conversationsOf(slow).map((conversation) => conversation.index),
    ...(atServer && { place: 'behind the last capture point: at the DNS server or its upstream' }),
    ...excerpt(slow.flatMap(lookupPackets)),
    reach: slow.length,
    measured: {
      lookups: all.length,
      slow: slow.length,
      medianSeconds: Number(median.toFixed(3)),
      worstSeconds: Number((seconds.at(-1) ?? 0).toFixed(3)),
      repeated: slow.filter((lookup) => lookup.exchange.queriesTotal > 1).length,
      ...(farthest !== null && { farthestPointSeconds: Number(farthest.seconds.toFixed(3)) }),
    },
    client: client.address,
    clients,
    server: serverText(server),
    serverAddress: server.address,
    slow: slow.length,
    all: all.length,
    further,
    worst: seconds.at(-1) ?? 0,
    median,
    repeated: slow.filter((lookup) => lookup.exchange.queriesTotal > 1).length,
    example: exchange.name,
    farthest,
    atServer,
    pod: podsBehind(slow)[0] ?? null,
  };
}

/** Median delay from query to answer at the farthest point of each lookup. */
function farthestDelay(lookups: readonly Lookup[]): Slow['farthest'] {
  const delays = lookups.flatMap(({ further }) => {
    const last = further.at(-1);
    if (last === undefined || last.queries.length === 0 || last.responses.length === 0) return [];
    return [{ point: last.point, seconds: last.responses[0].time - last.queries[0].time }];
  });
  if (delays.length === 0) return null;
  return delays.sort((a, b) => a.seconds - b.seconds)[Math.floor(delays.length / 2)];
}
