import { isBelow } from '../tables/words.ts';
import * as T from './connection-offsets.ts';
import { direction, record } from './find-connection.ts';
import { i32At, u8At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

/** The first data of a direction was verified, see `PacketFates`. */
const FIRST_DATA = 1;
/** A verified packet of a direction waits for its answer, or one with a wrong checksum does. */
const WAITS_OR_OPEN = 4 | 64;

/** Whether no checksum is to be verified, and no verified packet answered. */
export function isQuietFlow(): boolean {
  const flow = i32At(record + T.FLOW);
  const row = 2 * flow + direction;
  if (!isBelow(flow, i32At(S.FATE_FLOWS))) return true;
  if (!isBelow(row, i32At(S.FATE_ROWS) - 1)) return false;
  const states = i32At(S.FATES);
  if ((u8At(states + (row ^ 1)) & WAITS_OR_OPEN) !== 0) return false;
  return P.payloadLength === 0 || (u8At(states + row) & FIRST_DATA) !== 0;
}
