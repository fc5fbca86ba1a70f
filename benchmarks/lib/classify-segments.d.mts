import type { CaptureSource } from '../../src/decode/files/capture-source.ts';

/**
 * Kinds of every TCP segment of a capture, frame by frame: bit sets of `segment-kind.ts`, indexed by packet number.
 * Used to compare with other programs: the whole file is one point and copies are not merged, as those programs do it.
 * Needs dist/.
 */
export function classifySegments(
  source: CaptureSource,
): Promise<{ packets: number; flags: Uint16Array; shortFrames: number }>;
