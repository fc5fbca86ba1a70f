import { finish, mix, SEED } from '../tables/mix.ts';
import * as B from './biflow-offsets.ts';
import { addressNumber } from './find-address.ts';
import { flow, setFlowAtHand, TO_SERVER } from './find-connection.ts';
import { f64At, i32At, setF64, setI32 } from './memory.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import * as R from './read-tunnel.ts';
import * as S from './state-offsets.ts';

const TO_CLIENT = 1;

/** Numbers of the addresses of the datagram, as `AddressBook` gives them. */
export let source: f64 = 0;
export let destination: f64 = 0;
/** Whether the datagram is the first one of its biflow. */
let isNew: boolean = false;
/** Address of the free slot that the search ended at, and what a new biflow puts there, less its number. */
let freeSlot: i32 = 0;
let freeHeld: i32 = 0;

/** Whether the datagram belongs to a known biflow, as `FlowNumbers.lookup` tells, or there is room for its own. */
export function isOfBiflow(): boolean {
  source = addressNumber(N.source, N.isIpv6);
  destination = addressNumber(N.destination, N.isIpv6);
  isNew = !isKnownBiflow();
  if (!isNew) return true;
  if (i32At(S.BIFLOWS_LENGTH) >= i32At(S.MOST_BIFLOWS)) return false;
  setFlowAtHand(i32At(S.NEXT_FLOW), P.isFromServer ? TO_CLIENT : TO_SERVER);
  return true;
}

function isKnownBiflow(): boolean {
  const there = P.ports;
  const back = (there << 16) | (there >>> 16);
  const place = placeAtHand();
  const hashed = mix(mix(mix(SEED, place), R.encapsulation), N.source ^ N.destination);
  const hash = finish(mix(mix(hashed, there ^ back), (N.source + N.destination) | 0));
  const slots = i32At(S.BIFLOW_SLOTS);
  const mask = i32At(S.BIFLOW_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    if (((held ^ hash) & ~mask) === 0 && isBetween(recordOf((held & mask) - 1), place, there, back)) return true;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  freeSlot = slots + (slot << 2);
  freeHeld = hash & ~mask;
  return false;
}

/** Writes the biflow of the datagram, if it is the first one. */
export function noteBiflow(): void {
  if (!isNew) return;
  const number = i32At(S.BIFLOWS_LENGTH);
  const at = recordOf(number);
  setI32(S.BIFLOWS_LENGTH, number + 1);
  setI32(S.NEXT_FLOW, flow + 1);
  setI32(freeSlot, freeHeld | (number + 1));
  setF64(at + B.CLIENT, P.isFromServer ? destination : source);
  setF64(at + B.SERVER, P.isFromServer ? source : destination);
  setI32(at + B.PORTS, P.isFromServer ? (P.ports << 16) | (P.ports >>> 16) : P.ports);
  setI32(at + B.PLACE, placeAtHand());
  setI32(at + B.ENCAPSULATION, R.encapsulation);
  setI32(at + B.FLOW, flow);
}

function placeAtHand(): i32 {
  return (N.PROTOCOL_UDP << 16) | i32At(S.POINT);
}

function recordOf(number: i32): i32 {
  return i32At(S.BIFLOWS) + number * B.RECORD_BYTES;
}

/** Whether the biflow at `at` is the one between these end points; then it is the one at hand. */
function isBetween(at: i32, place: i32, there: i32, back: i32): boolean {
  if (i32At(at + B.PLACE) !== place || i32At(at + B.ENCAPSULATION) !== R.encapsulation) return false;
  const client = f64At(at + B.CLIENT);
  const server = f64At(at + B.SERVER);
  const ports = i32At(at + B.PORTS);
  let side: i32 = TO_SERVER;
  if (client !== source || server !== destination || ports !== there) {
    if (client !== destination || server !== source || ports !== back) return false;
    side = TO_CLIENT;
  }
  setFlowAtHand(i32At(at + B.FLOW), side);
  return true;
}
