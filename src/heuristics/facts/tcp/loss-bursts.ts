import type { Hop } from '../../../flows/evidence/evidence.ts';
import type { Cause } from '../../rule/weigh.ts';
import { counted } from '../../words/counted.ts';

export const BURST_THRESHOLDS = {
  /** Losses of several flows within this time are one burst. */
  burstWindowSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, loss-bursts' },
  /** Fewest flows that lose packets in a burst. */
  burstFlows: { value: 3, unit: 'connections', source: 'docs/thresholds.md, loss-bursts' },
  /** Least share of all losses that must lie in bursts, and fewest losses. */
  burstLossShare: { value: 0.9, unit: 'share', source: 'docs/thresholds.md, loss-bursts' },
  burstLosses: { value: 10, unit: 'packets', source: 'docs/thresholds.md, loss-bursts' },
  /**
   * Most of the time between first and last packet that bursts may cover. Where losses are everywhere, windows fill by
   * chance.
   */
  burstCoverage: { value: 0.2, unit: 'share', source: 'docs/thresholds.md, loss-bursts' },
} as const;

/** Losses of several flows at the same moments. */
export interface LossBursts {
  bursts: number;
  /** Most flows that lost packets in one burst. */
  flows: number;
  /** Losses in bursts. */
  lost: number;
}

/**
 * Whether packets of several flows are lost in the same moments and not between them. A queue that overflows, or a link
 * that fails for a moment, hits every flow that passes.
 *
 *   flow A   ····x·x·············x·····
 *   flow B   ····xx··············xx····
 *   flow C   ·····x···············x····
 *
 * @param hops of one direction between the same two points, each of one conversation, with the packets that it lost
 * @param seconds from the first to the last packet at the first of the two points
 */
export function lossBursts(hops: readonly Hop[], seconds: number): LossBursts | null {
  const losses = hops
    .flatMap(({ lostPackets }, flow) => lostPackets.map(({ time }) => ({ time, flow })))
    .sort((a, b) => a.time - b.time);
  if (losses.length < BURST_THRESHOLDS.burstLosses.value || seconds <= 0) return null;
  const found: LossBursts = { bursts: 0, flows: 0, lost: 0 };
  for (let start = 0; start < losses.length; ) {
    let end = start;
    while (end < losses.length && losses[end].time - losses[start].time <= BURST_THRESHOLDS.burstWindowSeconds.value)
      end++;
    const flows = new Set(losses.slice(start, end).map(({ flow }) => flow)).size;
    if (flows >= BURST_THRESHOLDS.burstFlows.value) {
      found.bursts++;
      found.flows = Math.max(found.flows, flows);
      found.lost += end - start;
    }
    start = end;
  }
  const isTogether = found.lost >= BURST_THRESHOLDS.burstLossShare.value * losses.length;
  return isTogether &&
    found.bursts * BURST_THRESHOLDS.burstWindowSeconds.value <= BURST_THRESHOLDS.burstCoverage.value * seconds
    ? found
    : null;
}

/** Causes of loss at all packet sizes, with what bursts show about each. */
export const lossCauses = (found: LossBursts | null): Cause[] => [
  {
    id: 'bad-link',
    cause: 'a bad link, NIC or switch port',
    for: [],
    against: found === null ? [] : ['a bad link loses now and then, not many flows at once'],
  },
  {
    id: 'full-queue',
    cause: 'a full queue, a rate limiter or an overloaded node',
    for:
      found === null
        ? []
        : [
            `${found.lost} of the losses fall into ${counted(found.bursts, 'moment')} of ${BURST_THRESHOLDS.burstWindowSeconds.value} s, in which up to ${found.flows} connections lose together`,
          ],
    against: [],
  },
];
