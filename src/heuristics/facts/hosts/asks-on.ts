import type { ArpExchange, Evidence, PacketRef } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';

export const ASK_THRESHOLDS = {
  requests: {
    value: 3,
    unit: 'packets',
    source: 'Linux net.ipv4.neigh.*.mcast_solicit: three requests, then the neighbour has failed',
  },
  ladderSeconds: { value: 0.3, unit: 's', source: 'docs/thresholds.md, arp-rhythm' },
} as const;

/**
 * Three requests in a row, each a second after the one before. An asker that gets an answer does not repeat its request
 * so soon.
 */
export function isLadder(requests: readonly PacketRef[]): boolean {
  let rungs = 1;
  for (let at = 1; at < requests.length; at++) {
    const gap = requests[at].time - requests[at - 1].time;
    if (gap < 1 - ASK_THRESHOLDS.ladderSeconds.value) continue;
    rungs = gap <= 1 + ASK_THRESHOLDS.ladderSeconds.value ? rungs + 1 : 1;
    if (rungs >= ASK_THRESHOLDS.requests.value) return true;
  }
  return false;
}

export const pairOf = ({ asker, target }: ArpExchange): string => `${asker} ${target}`;

/**
 * Exchanges of one point in which an asker repeats its requests in a ladder although each request is answered there:
 * the answers do not reach the asker. Counts only askers that send nothing else at the point. A host that got the
 * answer would send IP packets, and one that polls its gateway (bonding with arp_interval) has other traffic as well.
 *
 * @param isMute whether the asker sends nothing but requests at the point
 * @returns by point and pair of asker and target
 */
export function askedOn(
  { arp }: Evidence,
  isMute: (point: number, asker: string) => boolean,
): ReadonlyMap<string, readonly ArpExchange[]> {
  const groups = new Map<string, ArpExchange[]>();
  for (const exchange of arp) {
    if (exchange.gratuitous || exchange.replies.length === 0 || !isMute(exchange.point, exchange.asker)) continue;
    appendTo(groups, `${exchange.point} ${pairOf(exchange)}`, exchange);
  }
  // An exchange ends with its answer, so in a ladder of last requests each request has an answer.
  for (const [key, group] of groups)
    if (!isLadder(group.map(({ requests }) => requests[requests.length - 1]))) groups.delete(key);
  return groups;
}
