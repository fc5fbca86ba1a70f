import { finish, mix, SEED } from '../tables/mix.ts';
import {
  BLOCK_BITS,
  BLOCK_RECORDS,
  DIRECTION_BYTES,
  DIRECTIONS_AT,
  FLIPPED,
  IS_IPV6,
  SCALE_UNKNOWN,
} from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import { i32At, setF32, setI32, setU8 } from './memory.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import * as R from './read-tunnel.ts';
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

/** Number of its biflow. */
export let flow: i32 = 0;
/** Address of the free slot that a search ended at, and what a new connection puts there, less its number. */
let freeSlot: i32 = 0;
let freeHeld: i32 = 0;

/** Whether the segment belongs to a known connection, as `ConnectionTable.find` tells. */
export function isOfConnection(): boolean {
  const place = placeAtHand();
  const family = N.isIpv6 ? IS_IPV6 : 0;
  const there = P.ports;
  const back = (there << 16) | (there >>> 16);
  const hashed = mix(mix(mix(SEED, place ^ family), N.source ^ N.destination), there ^ back);
  const hash = finish(mix(hashed, (N.source + N.destination) | 0));
  const slots = i32At(S.SLOTS);
  const mask = i32At(S.SLOT_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    if (((held ^ hash) & ~mask) === 0 && isBetween((held & mask) - 1, place, family, there, back)) return true;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  freeSlot = slots + (slot << 2);
  freeHeld = hash & ~mask;
  return false;
}

/** Whether the tables have room for a connection of the packet, which has none. It is the one at hand then. */
export function isRoomForConnection(): boolean {
  const number = i32At(S.CONNECTIONS);
  if (number >= i32At(S.MOST_CONNECTIONS)) return false;
  setAtHand(number, recordOf(number), TO_SERVER);
  flow = i32At(S.NEXT_FLOW);
  return true;
}

/** Writes this connection, whose client sent the packet, as `ConnectionTable.add`. */
export function addConnection(): void {
  setI32(S.CONNECTIONS, connection + 1);
  setI32(S.NEXT_FLOW, flow + 1);
  setI32(freeSlot, freeHeld | (connection + 1));
  setI32(record + T.CLIENT, N.source);
  setI32(record + T.SERVER, N.destination);
  setI32(record + T.PORTS, P.ports);
  setI32(record + T.PLACE, placeAtHand());
  if (N.isIpv6) setI32(record + T.MARKS_AND_LETTERS, IS_IPV6);
  setI32(record + T.FLOW, flow);
  setF32(record + T.FASTEST_TURN, Infinity);
  setU8(mine + T.WINDOW_SCALE, SCALE_UNKNOWN);
  setU8(peer + T.WINDOW_SCALE, SCALE_UNKNOWN);
  setU8(i32At(S.SERVER_PORTS) + (P.ports & 0xffff), 1);
}

/** The packet belongs to this biflow, which is no connection. */
export function setFlowAtHand(number: i32, side: i32): void {
  flow = number;
  direction = side;
}

/** The point and the tunnels of the packet. */
function placeAtHand(): i32 {
  return (i32At(S.POINT) << 16) | R.encapsulation;
}

function recordOf(number: i32): i32 {
  const block = i32At(i32At(S.BLOCKS) + ((number >>> BLOCK_BITS) << 2));
  return block + (number & (BLOCK_RECORDS - 1)) * T.RECORD_BYTES;
}

function setAtHand(number: i32, at: i32, side: i32): void {
  direction = side;
  connection = number;
  record = at;
  mine = at + DIRECTIONS_AT + side * DIRECTION_BYTES;
  peer = at + DIRECTIONS_AT + (1 - side) * DIRECTION_BYTES;
}

/** Whether this is the connection between the end points of the packet; then it is the one at hand. */
function isBetween(number: i32, place: i32, family: i32, there: i32, back: i32): boolean {
  const at = recordOf(number);
  const marks = i32At(at + T.MARKS_AND_LETTERS);
  if (i32At(at + T.PLACE) !== place || (marks & IS_IPV6) !== family) return false;
  const client = i32At(at + T.CLIENT);
  const server = i32At(at + T.SERVER);
  const between = i32At(at + T.PORTS);
  let side: i32 = 0;
  if (client !== N.source || server !== N.destination || between !== there) {
    if (client !== N.destination || server !== N.source || between !== back) return false;
    side = 1;
  }
  setAtHand(number, at, (marks & FLIPPED) === 0 ? side : 1 - side);
  flow = i32At(at + T.FLOW);
  return true;
}
