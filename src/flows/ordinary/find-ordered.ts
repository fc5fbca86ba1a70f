import { f64At, i32At, setI32 } from './memory.ts';
import { isWholeRecord, nanoseconds, next, seconds } from './read-record.ts';
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
  for (let record: i32 = 0; record < found && isWholeRecord(at); record++) at = next;
  setI32(S.END, at);
  return found;
}

function countOrdered(first: i32): i32 {
  let at: i32 = first;
  let found: i32 = 0;
  let lastSeconds: f64 = f64At(S.LAST_SECONDS);
  let lastNanoseconds: i32 = i32At(S.LAST_NANOSECONDS);
  while (isWholeRecord(at)) {
    if (seconds < lastSeconds || (seconds === lastSeconds && nanoseconds < lastNanoseconds)) break;
    lastSeconds = seconds;
    lastNanoseconds = nanoseconds;
    at = next;
    found++;
  }
  return found;
}
