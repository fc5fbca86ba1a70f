import { f64At, i32At, setF64, setI32 } from './memory.ts';
import * as O from './point-offsets.ts';
import { linkInterface } from './read-link.ts';
import * as S from './state-offsets.ts';

/** Address of the record of the point at hand. */
export let point: i32 = 0;

/** Whether the packet was seen at a known point, and not before the latest one there. */
export function isAtKnownPoint(): boolean {
  const points = i32At(S.POINTS);
  const end = points + i32At(S.POINTS_LENGTH) * O.RECORD_BYTES;
  point = points;
  while (point < end && i32At(point + O.LINK_INTERFACE) !== linkInterface) point += O.RECORD_BYTES;
  if (point >= end || f64At(S.TIME) < f64At(point + O.LAST_TIME)) return false;
  setI32(S.POINT, i32At(point + O.INDEX));
  return true;
}

/** Counts the packet there. */
export function countAtPoint(isCut: boolean): void {
  setF64(point + O.LAST_TIME, f64At(S.TIME));
  setI32(point + O.TO_VERIFY, i32At(point + O.TO_VERIFY) - 1);
  setI32(point + O.PACKETS, i32At(point + O.PACKETS) + 1);
  if (isCut) setI32(point + O.CUT, i32At(point + O.CUT) + 1);
}

/** Counts the segment as one above the MSS. */
export function countSuperSegment(): void {
  setI32(point + O.SUPER_SEGMENTS, i32At(point + O.SUPER_SEGMENTS) + 1);
}
