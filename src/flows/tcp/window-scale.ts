import { LARGEST_SCALE, SCALE_ABSENT } from './record-marks.ts';

/** Largest window scale (RFC 7323, 2.3). */
const LARGEST_SHIFT = 14;

/** Bits by which windows of this scale are shifted; 0 unless both SYNs had the option (RFC 7323, 2.2). */
export function shiftOf(scale: i32, opposite: i32): i32 {
  if (scale > LARGEST_SCALE || opposite === SCALE_ABSENT) return 0;
  return scale > LARGEST_SHIFT ? LARGEST_SHIFT : scale;
}
