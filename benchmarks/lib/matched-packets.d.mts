import type { CaptureDigest, Joined } from '../../src/flows/capture/capture-digest.ts';
import type { Biflow } from '../../src/flows/correlate/same-traffic/biflow.ts';

/** A packet of one point that was found again at the next. */
export interface MatchedPacket {
  from: Biflow;
  to: Biflow;
  /** Number in the capture of `from`. */
  packet: number;
  /** Number in the capture of `to`; of the first piece when segments were cut differently. */
  found: number;
  /** Segments at `to` that carried its octets, and which octets of the payload, as [start, end) offsets; none when an equal packet was found. */
  pieces: number;
  runs: [number, number][];
}

/**
 * Which packet was taken for which, hop by hop: what `correlate` counts, packet by packet. An analysis never asks. Needs dist/.
 *
 * @param digests what `evidence` was correlated from
 */
export function matchedPackets(digests: readonly CaptureDigest[], evidence: Joined): MatchedPacket[];
