import type { Connection, Direction, RepeatedRange } from '../../../flows/evidence/evidence.ts';

/** The fewest segments from which heavy loss can be recognised, and the limits that make it heavy. */
export const HEAVY_LOSS = {
  heavySegments: { value: 8, unit: 'segments', source: 'docs/thresholds.md, heavy-loss' },
  heavyShare: { value: 0.25, unit: 'share', source: 'docs/thresholds.md, heavy-loss' },
  heavyTimeouts: { value: 5, unit: 'count', source: 'docs/thresholds.md, heavy-loss' },
  heavyStallSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, heavy-loss' },
} as const;

/** Whether a transfer too short for a loss share stood still most of the time and still completed. */
export function isHeavyLoss({ directions }: Connection, direction: Direction, lost: number): boolean {
  const { dataSegments, timeoutRetransmissions, repeats, unackedOctets } = directions[direction];
  return (
    dataSegments >= HEAVY_LOSS.heavySegments.value &&
    lost >= dataSegments * HEAVY_LOSS.heavyShare.value &&
    timeoutRetransmissions >= HEAVY_LOSS.heavyTimeouts.value &&
    unackedOctets === 0 &&
    repeats.every(({ ackedTime }) => ackedTime !== null) &&
    stallOf(repeats) >= HEAVY_LOSS.heavyStallSeconds.value
  );
}

/** Seconds in which data waited for its acknowledgement and was sent again. Overlapping times count once. */
function stallOf(repeats: readonly RepeatedRange[]): number {
  let seconds = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { packets, ackedTime } of [...repeats].sort((a, b) => a.packets[0].time - b.packets[0].time)) {
    const end = ackedTime ?? packets[packets.length - 1].time;
    seconds += Math.max(0, end - Math.max(until, packets[0].time));
    until = Math.max(until, end);
  }
  return seconds;
}
