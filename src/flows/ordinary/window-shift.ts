import { shiftOf } from '../tcp/window-scale.ts';
import * as T from './connection-offsets.ts';
import { u8At } from './memory.ts';

/** Bits by which the windows of a direction are shifted. */
export function windowShift(side: i32, opposite: i32): i32 {
  return shiftOf(u8At(side + T.WINDOW_SCALE), u8At(opposite + T.WINDOW_SCALE));
}
