import type { CaptureInterface } from '../../decode/files/capture-record.ts';

/** Packets a second of 100 Gb/s Ethernet in the smallest frames, 84 octets with preamble and gap (IEEE 802.3, 4.4.2). */
const MOST_PER_SECOND = 148_809_524;
/** Seconds that even a very short capture may have waited for packets. */
const LEAST_SECONDS = 1;
/** "Not counted" in counters of 32 and 64 bits: all bits are 1 (the latter as read into a double). */
const NOT_COUNTED: ReadonlySet<number> = new Set([2 ** 32 - 1, 2 ** 64]);

export interface DropCounts {
  /** Null when the file gives no count, or an impossible one. */
  dropped: number | null;
  /** Impossible count of drops in the file; 0 without one. */
  doubted: number;
}

/**
 * Packets that a capture reports as lost. A count that no network could reach during the capture is rejected, because a
 * counter that the writer left uninitialised must not make the rest of the capture unreliable.
 *
 * @param seconds from the first packet to the last
 * @param besidePackets sum of the drop counts of packets (epb_dropcount)
 */
export function dropCounts(
  interfaces: readonly Pick<CaptureInterface, 'interfaceDropped' | 'systemDropped'>[],
  besidePackets: number,
  seconds: number,
): DropCounts {
  const most = MOST_PER_SECOND * Math.max(LEAST_SECONDS, seconds);
  const canBe = (count: number): boolean => count <= most && !NOT_COUNTED.has(count);
  const told = interfaces
    .flatMap(({ interfaceDropped, systemDropped }) => [interfaceDropped, systemDropped])
    .filter((count) => count !== undefined);
  const beside = besidePackets > 0 ? [besidePackets] : [];
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const believed = told.filter(canBe);
  const believedBeside = beside.filter(canBe);
  return {
    // Interface counters and drop counts of packets describe the same drops, so they are not added.
    dropped: believed.length + believedBeside.length === 0 ? null : Math.max(sum(believed), sum(believedBeside)),
    doubted: Math.max(0, ...[...told, ...beside].filter((count) => !canBe(count))),
  };
}
