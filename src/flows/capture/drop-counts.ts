import type { CaptureInterface } from '../../decode/files/capture-record.ts';

/** Packets a second of 100 Gb/s Ethernet in the smallest frames, 84 octets with preamble and gap (IEEE 802.3, 4.4.2). */
const MOST_PER_SECOND = 148_809_524;
/** A capture of a moment may have been waiting for packets this long, seconds. */
const LEAST_SECONDS = 1;
/** "Not counted" in counters of 32 and 64 bits: all ones, the latter as a double reads it. */
const NOT_COUNTED: ReadonlySet<number> = new Set([2 ** 32 - 1, 2 ** 64]);

export interface DropCounts {
  /** Null when the file does not say, or says what cannot be. */
  dropped: number | null;
  /** Drops that the file tells and that cannot be; 0 without. */
  doubted: number;
}

/**
 * Packets that a capture says it lost. A count that no network could have reached within the capture is doubted: a
 * writer that leaves a counter uninitialised must not make everything else of the capture unreliable.
 *
 * @param seconds from the first packet to the last
 * @param besidePackets sum of the counts that stand beside packets (epb_dropcount)
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
    // Counters of the interface and counts beside the packets tell of the same packets.
    dropped: believed.length + believedBeside.length === 0 ? null : Math.max(sum(believed), sum(believedBeside)),
    doubted: Math.max(0, ...[...told, ...beside].filter((count) => !canBe(count))),
  };
}
