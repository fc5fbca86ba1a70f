import type { Connection } from '../evidence.ts';
import { connectionOf, type Wording } from './connection-evidence.ts';
import type { TcpTracker } from './tcp-tracker.ts';

/** Of connections beyond `kept`, this share of the room goes to ordinary ones, so that rules can compare. */
const ORDINARY_SHARE = 0.25;

/** How much a connection is worth keeping. */
const ORDINARY = 0;
const NOTABLE = 1;
const GRAVE = 2;

/** Connections as objects, in order: all of them, or beyond the limit those in trouble, gravest first, and some ordinary ones. */
export function keptConnections(tracker: TcpTracker, kept: number, wording: Wording): Connection[] {
  const { length } = tracker.columns;
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
  for (let number = 0; number < tracker.columns.length; number++) count[worthOf(tracker, number)]++;
  const ordinary = Math.min(count[ORDINARY], Math.floor(kept * ORDINARY_SHARE));
  const grave = Math.min(count[GRAVE], kept - ordinary);
  const notable = Math.min(count[NOTABLE], kept - ordinary - grave);
  return [Math.min(count[ORDINARY], kept - grave - notable), notable, grave];
}

function worthOf({ troubles, columns }: TcpTracker, number: number): 0 | 1 | 2 {
  const trouble = troubles.of(number);
  if (trouble?.grave) return GRAVE;
  const { packets } = columns.direction;
  const oneWay = packets[2 * number] === 0 || packets[2 * number + 1] === 0;
  return trouble !== undefined || oneWay ? NOTABLE : ORDINARY;
}
