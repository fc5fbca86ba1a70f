import type { Connection } from '../evidence.ts';
import { connectionOf, type Wording } from './connection-evidence.ts';
import * as R from './connection-record.ts';
import { ConnectionRecords } from './connection-records.ts';
import type { TcpTracker } from './tcp-tracker.ts';

/** Of connections beyond `kept`, this share of the room goes to ordinary ones, so that rules can compare. */
const ORDINARY_SHARE = 0.25;

/** How much a connection is worth keeping. */
const ORDINARY = 0;
const NOTABLE = 1;
const GRAVE = 2;

/** Connections as objects, in order: all of them, or beyond the limit those in trouble, gravest first, and some ordinary ones. */
export function keptConnections(tracker: TcpTracker, kept: number, wording: Wording): Connection[] {
  const { length } = tracker.records;
  const room = roomByWorth(tracker, kept);
  const connections: Connection[] = [];
  for (let number = 0; number < length; number++) {
    if (room[worthOf(tracker, number)]-- > 0)
      connections.push(connectionOf(tracker, number, connections.length, wording));
  }
  return connections;
}

/** Places for ordinary, notable and grave connections: `kept` together. */
function roomByWorth(tracker: TcpTracker, kept: number): [number, number, number] {
  const count: [number, number, number] = [0, 0, 0];
  for (let number = 0; number < tracker.records.length; number++) count[worthOf(tracker, number)]++;
  const ordinary = Math.min(count[ORDINARY], Math.floor(kept * ORDINARY_SHARE));
  const grave = Math.min(count[GRAVE], kept - ordinary);
  const notable = Math.min(count[NOTABLE], kept - ordinary - grave);
  return [Math.min(count[ORDINARY], kept - grave - notable), notable, grave];
}

function worthOf({ troubles, records }: TcpTracker, number: number): 0 | 1 | 2 {
  const trouble = troubles.of(number);
  if (trouble?.grave) return GRAVE;
  if (trouble !== undefined) return NOTABLE;
  const { words } = records.blockOf(number);
  const there = ConnectionRecords.placeOf(number) + R.DIRECTIONS_AT;
  const oneWay = words[there + R.PACKETS] === 0 || words[there + R.DIRECTION_WORDS + R.PACKETS] === 0;
  return oneWay ? NOTABLE : ORDINARY;
}
