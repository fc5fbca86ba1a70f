import type { Connection, OpenedConnections } from '../evidence.ts';
import { OpenedLeftOut } from '../opened-left-out.ts';
import { connectionOf, placeAndServer, type Wording } from './connection-evidence.ts';
import * as R from './connection-record.ts';
import { ConnectionRecords } from './connection-records.ts';
import type { FollowedConnections } from './followed-connections.ts';

/** Of connections beyond `kept`, this share of the room goes to ordinary ones, so that rules can compare. */
const ORDINARY_SHARE = 0.25;

/** How much a connection is worth keeping. */
const ORDINARY = 0;
const NOTABLE = 1;
const GRAVE = 2;

export interface KeptConnections {
  connections: Connection[];
  openedLeftOut: OpenedConnections[];
}

/**
 * Connections as objects, in order: all of them, or beyond the limit those in trouble, gravest first, and some ordinary
 * ones. Of the others those that opened at the first SYN are counted by listener.
 */
export function keptConnections(tracker: FollowedConnections, kept: number, wording: Wording): KeptConnections {
  const { length } = tracker.records;
  const room = roomByWorth(tracker, kept);
  const connections: Connection[] = [];
  const left = new OpenedLeftOut();
  for (let number = 0; number < length; number++) {
    const worth = worthOf(tracker, number);
    if (room[worth]-- > 0) connections.push(connectionOf(tracker, number, connections.length, wording));
    else leaveOut(left, tracker, number, wording);
  }
  return { connections, openedLeftOut: left.list() };
}

function leaveOut(
  left: OpenedLeftOut,
  { records, troubles }: FollowedConnections,
  number: number,
  wording: Wording,
): void {
  const { words, doubles } = records.blockOf(number);
  const at = ConnectionRecords.placeOf(number);
  const opened = R.ROLES_FROM_SYN | R.HAS_SYN_ACK;
  if ((words[at + R.MARKS_AND_LETTERS] & opened) !== opened) return;
  if ((troubles.of(number)?.syn.length ?? 0) > 0) return;
  const { server, point } = placeAndServer(words, at, wording);
  left.add(point, server, doubles[((at + R.DIRECTIONS_AT) >> 1) + R.FIRST_TIME]);
}

/** Places for ordinary, notable and grave connections: `kept` together. */
function roomByWorth(tracker: FollowedConnections, kept: number): [number, number, number] {
  const count: [number, number, number] = [0, 0, 0];
  for (let number = 0; number < tracker.records.length; number++) count[worthOf(tracker, number)]++;
  const ordinary = Math.min(count[ORDINARY], Math.floor(kept * ORDINARY_SHARE));
  const grave = Math.min(count[GRAVE], kept - ordinary);
  const notable = Math.min(count[NOTABLE], kept - ordinary - grave);
  return [Math.min(count[ORDINARY], kept - grave - notable), notable, grave];
}

function worthOf({ troubles, records }: FollowedConnections, number: number): 0 | 1 | 2 {
  const trouble = troubles.of(number);
  if (trouble?.grave) return GRAVE;
  if (trouble !== undefined) return NOTABLE;
  const { words } = records.blockOf(number);
  const there = ConnectionRecords.placeOf(number) + R.DIRECTIONS_AT;
  const oneWay = words[there + R.PACKETS] === 0 || words[there + R.DIRECTION_WORDS + R.PACKETS] === 0;
  return oneWay ? NOTABLE : ORDINARY;
}
