import type { ArpExchange, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';

export const ASK_THRESHOLDS = {
  requests: {
    value: 3,
    unit: 'packets',
    source: 'Linux net.ipv4.neigh.*.mcast_solicit: three requests, then the neighbour has failed',
  },
  /** Least time between two requests; what follows sooner is a copy. */
  apartSeconds: { value: 0.2, unit: 's', source: 'docs/thresholds.md, partner-retry' },
  /** Difference of two gaps that count as even, as a share of the first. */
  unevenShare: { value: 0.3, unit: 'share', source: 'docs/thresholds.md, arp-rhythm' },
  /** Largest gap of a single ladder. Devices that poll a neighbour although it answers wait longer. */
  ladderGap: { value: 4, unit: 's', source: 'docs/thresholds.md, arp-rhythm' },
  ladders: { value: 2, unit: 'count', source: 'docs/thresholds.md, two-show-a-habit' },
  /** Least pause between two ladders, as a multiple of the gap within them. */
  pauseFactor: { value: 1.5, unit: 'factor', source: 'docs/thresholds.md, arp-rhythm' },
} as const;

/** Requests at even gaps. */
interface Run {
  requests: number;
  /** Seconds between the first two. */
  gap: number;
  /** Seconds until the next request; infinite after the last one. */
  pause: number;
}

function runsOf(requests: readonly PacketRef[]): Run[] {
  const { apartSeconds, unevenShare } = ASK_THRESHOLDS;
  const times: number[] = [];
  for (const { time } of requests)
    if (times.length === 0 || time - times[times.length - 1] >= apartSeconds.value) times.push(time);
  const gaps = times.slice(1).map((time, at) => time - times[at]);
  const runs: Run[] = [];
  for (let at = 0; at + 1 < gaps.length; at++) {
    const first = at;
    const gap = gaps[first];
    while (at + 1 < gaps.length && Math.abs(gaps[at + 1] - gap) <= unevenShare.value * gap) at++;
    if (at > first) runs.push({ requests: at - first + 2, gap, pause: gaps[at + 1] ?? Infinity });
  }
  return runs;
}

/**
 * Whether the asker gets no answer, as its rhythm alone tells: it goes on within seconds, faster than devices poll
 * neighbours that answer, or makes ladders.
 */
export const isLadder = (requests: readonly PacketRef[]): boolean =>
  runsOf(requests).some(
    ({ requests: count, gap }) => count >= ASK_THRESHOLDS.requests.value && gap <= ASK_THRESHOLDS.ladderGap.value,
  ) || makesLadders(requests);

/** Ladders, at any pace: three requests, a pause, and three again. Nobody polls so. */
export function makesLadders(requests: readonly PacketRef[]): boolean {
  const { requests: rungs, pauseFactor, ladders } = ASK_THRESHOLDS;
  const found = runsOf(requests).filter(
    (run) => run.requests === rungs.value && run.pause >= pauseFactor.value * run.gap,
  );
  return found.length >= ladders.value;
}

export const pairOf = ({ asker, target }: ArpExchange): string => `${asker} ${target}`;

/**
 * Requests of one asker for one address that nobody answered at the point, as one exchange each. The tracker begins a
 * new exchange after half a minute. Where the requests of several exchanges come at even gaps they are one row, at any
 * pace.
 */
export function unansweredAsks({ arp }: Evidence): ArpExchange[] {
  const groups = new Map<string, ArpExchange[]>();
  for (const exchange of arp)
    if (!exchange.gratuitous && exchange.replies.length === 0)
      appendTo(groups, `${exchange.point} ${pairOf(exchange)} ${exchange.askerMac}`, exchange);
  return [...groups.values()].flatMap((group) => {
    const requests = group.flatMap((exchange) => exchange.requests);
    if (group.length === 1 || runsOf(requests).length === 0) return group;
    const sum = (of: (exchange: ArpExchange) => number): number => group.reduce((total, one) => total + of(one), 0);
    const requestsTotal = sum((one) => one.requestsTotal);
    return [{ ...group[0], requests, requestsTotal, broadcasts: sum((one) => one.broadcasts) }];
  });
}

/**
 * Whether the asker asks all, again and again, for an address that was answered each time, and nothing else comes from
 * its machine. A host that got the answer keeps it: it asks the neighbour alone when the entry grows old (RFC 1122,
 * 2.3.2.1; RFC 4861, 7.3.3) and sends what it had to send.
 */
function asksAllAgain({ hosts }: Evidence, group: readonly ArpExchange[]): boolean {
  const [{ point, askerMac }] = group;
  if (group.some((exchange) => exchange.broadcasts < exchange.requestsTotal)) return false;
  if (runsOf(group.map(lastRequest)).length === 0) return false;
  return !hosts.some(
    (host) => host.point === point && host.sent > 0 && host.macs.some(({ value }) => value === askerMac),
  );
}

const lastRequest = ({ requests }: ArpExchange): PacketRef => requests[requests.length - 1];

/**
 * Exchanges of one point in which an asker repeats its requests in a ladder, or asks all again at any pace, although
 * each request is answered there: the answers do not reach the asker. Counts only askers that send nothing else at the
 * point. A host that got the answer would send IP packets, and one that polls its gateway (bonding with arp_interval)
 * has other traffic as well.
 *
 * @param isMute whether the asker sends nothing but requests at the point
 * @returns by point and pair of asker and target
 */
export function askedOn(
  evidence: Evidence,
  isMute: (point: number, asker: string) => boolean,
): ReadonlyMap<string, readonly ArpExchange[]> {
  const groups = new Map<string, ArpExchange[]>();
  for (const exchange of evidence.arp) {
    if (exchange.gratuitous || exchange.replies.length === 0 || !isMute(exchange.point, exchange.asker)) continue;
    appendTo(groups, `${exchange.point} ${pairOf(exchange)}`, exchange);
  }
  // An exchange ends with its answer, so in a ladder of last requests each request has an answer.
  for (const [key, group] of groups)
    if (!isLadder(group.map(lastRequest)) && !asksAllAgain(evidence, group)) groups.delete(key);
  return groups;
}
