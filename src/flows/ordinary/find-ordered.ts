import { isBelow, unsigned } from '../tables/words.ts';
import { f64At, i32At, le32At, setI32 } from './memory.ts';
import { RECORD_HEADER } from './read-record.ts';
import * as S from './state-offsets.ts';

/**
 * Finds the records from `at` on that are whole, in order of time, and followed by `spare` more such records: then none of
 * these few is earlier. Sets `end` behind them.
 * @returns how many they are
 */
export function findOrdered(spare: i32): i32 {
  const first = i32At(S.AT);
  const found = countOrdered(first) - spare;
  if (found <= 0) return 0;
  let at: i32 = first;
  for (let record: i32 = 0; record < found; record++) at += RECORD_HEADER + le32At(at + 8);
  setI32(S.END, at);
  return found;
}

function countOrdered(first: i32): i32 {
  let at: i32 = first;
  let found: i32 = 0;
  let lastSeconds: f64 = f64At(S.LAST_SECONDS);
  let lastNanoseconds: i32 = i32At(S.LAST_NANOSECONDS);
  while (i32At(S.END) - at >= RECORD_HEADER) {
    const captured = le32At(at + 8);
    const room = i32At(S.END) - at - RECORD_HEADER;
    if (captured < 0 || captured > room || captured > i32At(S.MAX_CAPTURED)) break;
    const units = le32At(at + 4);
    if (isBelow(le32At(at + 12), captured) || !isBelow(units, i32At(S.UNITS_PER_SECOND))) break;
    const seconds = unsigned(le32At(at));
    const nanoseconds = units * i32At(S.NANOSECONDS_PER_UNIT);
    if (seconds < lastSeconds || (seconds === lastSeconds && nanoseconds < lastNanoseconds)) break;
    lastSeconds = seconds;
    lastNanoseconds = nanoseconds;
    at += RECORD_HEADER + captured;
    found++;
  }
  return found;
}
