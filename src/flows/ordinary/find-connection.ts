import { finish, mix, SEED } from '../tables/mix.ts';
import { BLOCK_BITS, BLOCK_RECORDS, DIRECTION_BYTES, DIRECTIONS_AT, FLIPPED, IS_IPV6 } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import { i32At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

/** Number of the connection. */
export let connection: i32 = 0;
/** Address of its record. */
export let record: i32 = 0;
/** Addresses of its direction of the segment, and of the opposite one. */
export let mine: i32 = 0;
export let peer: i32 = 0;
export const TO_SERVER = 0;
/** Direction of the segment: TO_SERVER, or 1 to the client. */
export let direction: i32 = 0;

/** Whether the segment belongs to a known connection, as `ConnectionTable.find` tells. */
export function isOfConnection(): boolean {
  const place = i32At(S.POINT) << 16;
  const there = P.ports;
  const back = (there << 16) | (there >>> 16);
  const hashed = mix(mix(mix(SEED, place), P.source ^ P.destination), there ^ back);
  const hash = finish(mix(hashed, (P.source + P.destination) | 0));
  const slots = i32At(S.SLOTS);
  const mask = i32At(S.SLOT_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    if (((held ^ hash) & ~mask) === 0 && isBetween((held & mask) - 1, place, there, back)) return true;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  return false;
}

/** Whether this is the connection between the end points of the packet; then it is the one at hand. */
function isBetween(number: i32, place: i32, there: i32, back: i32): boolean {
  const block = i32At(i32At(S.BLOCKS) + ((number >>> BLOCK_BITS) << 2));
  const at = block + (number & (BLOCK_RECORDS - 1)) * T.RECORD_BYTES;
  const marks = i32At(at + T.MARKS_AND_LETTERS);
  if (i32At(at + T.PLACE) !== place || (marks & IS_IPV6) !== 0) return false;
  const client = i32At(at + T.CLIENT);
  const server = i32At(at + T.SERVER);
  const between = i32At(at + T.PORTS);
  let side: i32 = 0;
  if (client !== P.source || server !== P.destination || between !== there) {
    if (client !== P.destination || server !== P.source || between !== back) return false;
    side = 1;
  }
  direction = (marks & FLIPPED) === 0 ? side : 1 - side;
  connection = number;
  record = at;
  mine = at + DIRECTIONS_AT + direction * DIRECTION_BYTES;
  peer = at + DIRECTIONS_AT + (1 - direction) * DIRECTION_BYTES;
  return true;
}
