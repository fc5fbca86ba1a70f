import type { ArpExchange, Evidence } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';
import type { ServiceTry } from './service-tries.ts';

export const UNRESOLVED_THRESHOLDS = {
  minimumArps: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/** Unanswered ARP requests for an address. */
export const arpsFor = ({ arp }: Evidence, target: string): ArpExchange[] =>
  arp.filter(
    (one) =>
      one.target === target && one.replies.length === 0 && one.requestsTotal >= UNRESOLVED_THRESHOLDS.minimumArps.value,
  );

/**
 * Service tries by the address that was asked for in vain while they waited. Left out are tries for which several
 * addresses are possible.
 */
export function askedMeanwhile(evidence: Evidence, waiting: readonly ServiceTry[]): Map<string, ServiceTry[]> {
  const silent = evidence.arp.filter(
    ({ replies, requestsTotal, target }) =>
      replies.length === 0 &&
      requestsTotal >= UNRESOLVED_THRESHOLDS.minimumArps.value &&
      !evidence.hosts.some(({ address, sent }) => address === target && sent > 0),
  );
  const shiftOf = (point: number): number => evidence.points[point].timeShift;
  const found = new Map<string, ServiceTry[]>();
  for (const one of waiting) {
    const from = one.time + shiftOf(one.point);
    const until = one.error!.time + shiftOf(one.error!.point);
    const targets = new Set(
      silent
        .filter(({ point, requests }) =>
          requests.some(({ time }) => time + shiftOf(point) >= from && time + shiftOf(point) <= until),
        )
        .map(({ target }) => target),
    );
    if (targets.size === 1) appendTo(found, [...targets][0], one);
  }
  return found;
}
