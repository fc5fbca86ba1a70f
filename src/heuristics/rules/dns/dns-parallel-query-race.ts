import type { DnsExchange, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import {
  conversationsOf,
  groupLookups,
  type Lookup,
  lookupPackets,
  lookupsOf,
  serverText,
  typeName,
} from '../../facts/dns-lookups.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { type BreakPoint, breakPointOf } from '../../facts/place.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs, trackedTo, trackingCounters } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  pairSeconds: { value: 0.01, unit: 's', source: 'docs/thresholds.md, parallel-queries' },
  minimumPause: { value: 1, unit: 's', source: 'docs/thresholds.md, resolver-pause' },
  maximumPause: { value: 150, unit: 's', source: 'docs/thresholds.md, resolver-pause' },
  minimumPairs: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/** Two queries from one socket at the same moment. One was answered, and the other had to be repeated. */
interface Pair {
  answered: Lookup;
  lost: Lookup;
  pause: number;
}

interface Race extends Occurrence {
  client: string;
  server: string;
  serverAddress: string;
  pairs: number;
  pause: number;
  lostType: string;
  otherLookupsFine: number;
}

/** Of an A and an AAAA query sent from one socket at once, one is lost. The resolver waits for the answer to it. */
export const dnsParallelQueryRace = defineRule<Race>({
  meta: {
    id: 'dns-parallel-query-race',
    faultClass: 'dns',
    level: 'error',
    recordedIn: 'lab/dns-conntrack-race-5s',
    place: 'mechanism',
    explains: ['dns-slow', 'dns-no-response', 'no-reply', 'packet-loss'],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'Of two DNS queries sent at once from one socket, one is lost',
    meaning:
      'The resolver sends A and AAAA from the same port within microseconds. Both race through address translation, conntrack keeps one and drops the other, and the lookup stands still until the resolver repeats: 5 s with glibc, 2.5 s with musl, or what resolv.conf says.',
    rule: 'Two queries from one source port within 10 ms, one answered, the other unanswered until it is repeated 1 to 150 s later and then answered; twice, or once when a second capture point shows that the query was lost before the DNS server.',
    notThis: [
      'Both queries come late or stay unanswered: the server is slow or down.',
      'The lost query did reach the last point before the DNS server: the server dropped it, not conntrack.',
      'One pair alone with one capture point: an ordinary loss looks the same.',
      'The queries have different source ports: no race between them.',
    ],
    causes: ['Race of conntrack entries under DNAT or SNAT on the client node (insert_failed)'],
    confirm: [{ on: '<node of the client>', command: 'conntrack -S', expect: 'insert_failed rises with each pause' }],
    fix: [
      'Run NodeLocal DNSCache: its queries are not translated',
      'In the pod: dnsConfig option single-request-reopen (glibc), or use-vc',
    ],
    references: ['kubernetes/kubernetes #56903', 'resolv.conf(5): single-request-reopen'],
  },
  thresholds,

  *detect(evidence) {
    const lookups = lookupsOf(evidence);
    const sameSocket = groupLookups(
      lookups,
      ({ exchange, client }) => `${exchange.point} ${client.address} ${client.port}`,
    );
    const pairs = new Map<Lookup, Pair>();
    for (const group of sameSocket) for (const pair of pairsOf(evidence, group)) pairs.set(pair.lost, pair);
    const byServer = groupLookups([...pairs.keys()], ({ client, server }) => `${client.address} ${serverText(server)}`);
    for (const lost of byServer) {
      const group = lost.map((lookup) => pairs.get(lookup) as Pair);
      const broken = breakPointOf(conversationsOf(lost), TO_SERVER);
      if (group.length >= thresholds.minimumPairs.value || broken !== null) yield occurrenceOf(lookups, group, broken);
    }
  },

  explain(found, names) {
    const confirmed = found.between != null;
    const node = names.nodeOf(found.client);
    return {
      message: `Lookups of ${names.address(found.client)} at ${names.address(found.server)} stand still for ${found.pause.toFixed(1)} s: of two queries sent at once one is lost (${counted(found.pairs, 'time')})`,
      why: 'Both queries leave one port at once. Conntrack on the node keeps an entry for one of them and drops the other; the resolver notices only when its timer runs out.',
      causes: [
        {
          id: 'conntrack-race',
          cause: 'conntrack insertion race on the node of the client (insert_failed)',
          for: [
            `${counted(found.pairs, 'time')} one of two queries of one socket was lost, the other answered at once`,
            ...(confirmed
              ? [
                  `the lost query is seen at ${names.point(found.between?.[0] ?? 0)} and not at ${names.point(found.between?.[1] ?? 0)}`,
                ]
              : []),
          ],
          against: [],
          fix: [
            `Run NodeLocal DNSCache: queries of ${names.address(found.client)} then reach a DNS server on its own node without translation.`,
            `Or set dnsConfig options single-request-reopen (glibc) or use-vc in the pod ${names.address(found.client)}; musl needs NodeLocal DNSCache.`,
          ],
        },
        {
          id: 'random-loss',
          cause: 'ordinary packet loss on the way to the DNS server',
          for: [],
          against: [
            ...(found.pairs > 1 ? ['it is one of two queries of one socket every time'] : []),
            ...(found.otherLookupsFine > 0
              ? [
                  counted(
                    found.otherLookupsFine,
                    'other lookup was answered at once',
                    'other lookups were answered at once',
                  ),
                ]
              : []),
          ],
        },
      ],
      confirm: [
        trackingCounters(node, 'insert_failed', 'insert_failed rises with each pause'),
        trackedTo(node, 'udp', found.serverAddress, {
          expect: 'entries of the port of the lookups that worked, none of the lost query',
        }),
        runs(names.machine(found.client), 'cat /etc/resolv.conf', {
          expect: `nameserver ${found.serverAddress}, and no option single-request-reopen or use-vc`,
          shows: { lacks: 'single-request|use-vc' },
        }),
      ],
      fix: [],
      wireshark: `dns && ${between(found.client, found.serverAddress)}`,
    };
  },
});

function pairsOf(evidence: Evidence, sameSocket: readonly Lookup[]): Pair[] {
  return sameSocket.flatMap((lost) => {
    const pause = pauseOf(lost.exchange);
    if (pause === null || arrivedEverywhere(evidence, lost)) return [];
    const answered = sameSocket.find((other) => other !== lost && isPartner(lost.exchange, other.exchange));
    return answered === undefined ? [] : [{ answered, lost, pause }];
  });
}

/** Seconds until the resolver asked again and was answered. Null if the first query was not lost. */
function pauseOf({ queries, responses }: DnsExchange): number | null {
  if (queries.length < 2 || responses.length === 0) return null;
  const pause = queries[1].time - queries[0].time;
  const inTime = pause >= thresholds.minimumPause.value && pause <= thresholds.maximumPause.value;
  return inTime && responses[0].time >= queries[1].time ? pause : null;
}

/** Another question to the same server, asked within 10 ms and answered before the lost query was repeated. */
function isPartner(lost: DnsExchange, other: DnsExchange): boolean {
  const apart = Math.abs(other.queries[0].time - lost.queries[0].time);
  return (
    serverText(other.server) === serverText(lost.server) &&
    apart <= thresholds.pairSeconds.value &&
    other.responses.length > 0 &&
    other.responses[0].time < lost.queries[1].time
  );
}

/** The farthest point saw as many queries as the first point, so none was lost between them. */
function arrivedEverywhere({ points }: Evidence, { exchange, further }: Lookup): boolean {
  const last = further.at(-1);
  if (last === undefined || points[last.point] === undefined) return false;
  return last.queriesTotal >= exchange.queriesTotal;
}

function occurrenceOf(lookups: readonly Lookup[], pairs: readonly Pair[], broken: BreakPoint | null): Race {
  const { client, server, exchange } = pairs[0].lost;
  const involved = pairs.flatMap(({ answered, lost }) => [answered, lost]);
  const packets = [...new Set(involved)].flatMap(lookupPackets).sort(inOrder);
  const conversations = conversationsOf(involved);
  const pause = pairs.reduce((total, pair) => total + pair.pause, 0) / pairs.length;
  const alone = lookups.filter(
    (other) => !involved.includes(other) && other.client.address === client.address && (other.seconds ?? 9) < 1,
  ).length;
  return {
    key: `${client.address}>${serverText(server)}`,
    grade: broken?.grade ?? 'inferred',
    subject: { protocol: 'dns', client: client.address, server: serverText(server) },
    conversations: conversations.map((conversation) => conversation.index),
    between: broken?.between ?? null,
    ...excerpt(packets),
    reach: pairs.length,
    measured: { pairs: pairs.length, pauseSeconds: Number(pause.toFixed(3)), lostType: typeName(exchange.type) },
    client: client.address,
    server: serverText(server),
    serverAddress: server.address,
    pairs: pairs.length,
    pause,
    lostType: typeName(exchange.type),
    otherLookupsFine: alone,
  };
}
