import { LARGEST_SCALE, SCALE_ABSENT } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import { u8At } from './memory.ts';

/** Largest window scale (RFC 7323, 2.3). */
const LARGEST_SHIFT = 14;

/** Bits by which the windows of a direction are shifted; 0 unless both SYNs had the option (RFC 7323, 2.2). */
export function windowShift(side: i32, opposite: i32): i32 {
  const scale = u8At(side + T.WINDOW_SCALE);
  if (scale > LARGEST_SCALE || u8At(opposite + T.WINDOW_SCALE) === SCALE_ABSENT) return 0;
  return scale > LARGEST_SHIFT ? LARGEST_SHIFT : scale;
}
