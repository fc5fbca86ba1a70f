import { OpenedLeftOut } from '../compact/opened-left-out.ts';
import type { Connection, OpenedConnections } from '../evidence/evidence.ts';
import type { AnyConnection } from './compact-connection.ts';
import { CompactConnection } from './compact-connection.ts';
import { CompactConnectionTable, isOrdinaryRecord } from './compact-connection-table.ts';
import { connectionOf, placeAndServer, sourceOf, type Wording } from './connection-evidence.ts';
import { ConnectionTable } from './connection-table.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';

/** Share of the places for ordinary connections when there are more than `kept`, so that rules can compare. */
const ORDINARY_SHARE = 0.25;

/** How important it is to keep a connection. */
const ORDINARY = 0;
const NOTABLE = 1;
const GRAVE = 2;

export interface KeptConnections<T extends AnyConnection> {
  connections: T[];
  openedLeftOut: OpenedConnections[];
}

/**
 * Connections in order: all of them up to the limit. Beyond it, those in trouble are kept, gravest first, and some
 * ordinary ones. Of the others, those that opened at the first SYN are counted by listener.
 *
 * @param further ordinary ones kept in addition
 * @param handedOn returns the connections with the given numbers
 */
export function keptConnections<T extends AnyConnection>(
  tracker: FollowedConnections,
  { kept, further = 0 }: { kept: number; further?: number },
  wording: Wording,
  handedOn: (tracker: FollowedConnections, numbers: readonly number[], wording: Wording) => T[],
): KeptConnections<T> {
  const { length } = tracker.records;
  const room = roomByWorth(tracker, kept, further);
  const numbers: number[] = [];
  const left = new OpenedLeftOut();
  for (let number = 0; number < length; number++) {
    if (room[worthOf(tracker, number)]-- > 0) numbers.push(number);
    else leaveOut(left, tracker, number, wording);
  }
  return { connections: handedOn(tracker, numbers, wording), openedLeftOut: left.list() };
}

export const asObjects = (tracker: FollowedConnections, numbers: readonly number[], wording: Wording): Connection[] =>
  numbers.map((number, index) => connectionOf(sourceOf(tracker, number), index, wording));

/** Ordinary connections stay records, because there are many and few are inspected. */
export function mostlyCompact(
  tracker: FollowedConnections,
  numbers: readonly number[],
  wording: Wording,
): AnyConnection[] {
  const ordinary = numbers.filter((number) => isOrdinaryRecord(tracker, number));
  const records = CompactConnectionTable.of(tracker, ordinary, wording);
  let place = 0;
  return numbers.map((number, index) =>
    ordinary[place] === number
      ? new CompactConnection(records, place++, index)
      : connectionOf(sourceOf(tracker, number), index, wording),
  );
}

function leaveOut(
  left: OpenedLeftOut,
  { records, troubles }: FollowedConnections,
  number: number,
  wording: Wording,
): void {
  const block = records.blockOf(number);
  const at = ConnectionTable.placeOf(number);
  const opened = R.ROLES_FROM_SYN | R.HAS_SYN_ACK | R.HANDSHAKE_DONE;
  if ((block.marksAndLetters(at) & opened) !== opened) return;
  if ((troubles.of(number)?.syn.length ?? 0) > 0) return;
  const { server, point } = placeAndServer(block, at, wording);
  left.add(point, server, block.firstTime(at + R.DIRECTIONS_AT));
}

/** Places for ordinary, notable and grave connections: `kept` in total, and `further` ones for ordinary connections. */
function roomByWorth(tracker: FollowedConnections, kept: number, further: number): [number, number, number] {
  const count: [number, number, number] = [0, 0, 0];
  for (let number = 0; number < tracker.records.length; number++) count[worthOf(tracker, number)]++;
  const ordinary = Math.min(count[ORDINARY], Math.floor(kept * ORDINARY_SHARE));
  const grave = Math.min(count[GRAVE], kept - ordinary);
  const notable = Math.min(count[NOTABLE], kept - ordinary - grave);
  return [Math.min(count[ORDINARY], kept - grave - notable + further), notable, grave];
}

function worthOf({ troubles, records }: FollowedConnections, number: number): 0 | 1 | 2 {
  const trouble = troubles.of(number);
  if (trouble?.grave) return GRAVE;
  if (trouble !== undefined) return NOTABLE;
  const block = records.blockOf(number);
  const there = ConnectionTable.placeOf(number) + R.DIRECTIONS_AT;
  const oneWay = block.packets(there) === 0 || block.packets(there + R.DIRECTION_BYTES) === 0;
  return oneWay ? NOTABLE : ORDINARY;
}
