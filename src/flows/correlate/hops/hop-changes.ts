import { type Direction, type HopChange, TO_SERVER } from '../../evidence/evidence.ts';
import { sameEndpoint, sameLayers } from '../same-traffic/biflow.ts';
import { rolesOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { Track } from '../same-traffic/sighting-store.ts';

interface ComparedHop {
  from: Member;
  to: Member;
  direction: Direction;
  /** Rows at the first and at the second point. */
  a: Track;
  b: Track;
  /** Row of `b` for each row of `a`; below 0 for none. */
  matched: Int32Array;
}

/** Changes between two points: of the flow, and of the first packet that both saw. */
export function changesOf({ from, to, direction, a, b, matched }: ComparedHop): HopChange[] {
  const changes: HopChange[] = [];
  const [x, y] = [rolesOf(from), rolesOf(to)];
  const [source, destination] =
    direction === TO_SERVER ? (['client', 'server'] as const) : (['server', 'client'] as const);
  if (!sameEndpoint(x[source], y[source])) changes.push({ code: 'source', from: x[source], to: y[source] });
  if (!sameEndpoint(x[destination], y[destination]))
    changes.push({ code: 'destination', from: x[destination], to: y[destination] });
  let first = 0;
  while (first < matched.length && matched[first] < 0) first++;
  if (first < matched.length) changes.push(...headerChanges(a, a.rows[first], b, b.rows[matched[first]]));
  changes.push(...optionChanges(from, to, direction));
  const [outside, inside] = [from.biflow.encapsulation, to.biflow.encapsulation];
  if (!sameLayers(from.biflow, to.biflow)) changes.push({ code: 'tunnels', from: [...outside], to: [...inside] });
  return changes;
}

function headerChanges(a: Track, rowA: number, b: Track, rowB: number): HopChange[] {
  const changes: HopChange[] = [];
  for (const code of ['ttl', 'dscp'] as const) {
    const [from, to] = [a.columns[code][rowA], b.columns[code][rowB]];
    if (from !== to) changes.push({ code, from, to });
  }
  if (a.columns.ipId[rowA] !== b.columns.ipId[rowB]) changes.push({ code: 'ip-id' });
  return changes;
}

/** Options of the SYN, if both points saw it. */
function optionChanges(from: Member, to: Member, direction: Direction): HopChange[] {
  const sideOf = ({ biflow, flipped }: Member) => biflow.connection?.directions[flipped ? 1 - direction : direction];
  const [a, b] = [sideOf(from), sideOf(to)];
  if (a === undefined || b === undefined || a.syns === 0 || b.syns === 0) return [];
  const changes: HopChange[] = [];
  if (a.mss !== b.mss) changes.push({ code: 'mss', from: a.mss, to: b.mss });
  if (a.windowScale !== b.windowScale) changes.push({ code: 'window-scale', from: a.windowScale, to: b.windowScale });
  if (a.sackPermitted !== b.sackPermitted)
    changes.push({ code: 'sack-permitted', from: a.sackPermitted, to: b.sackPermitted });
  if (a.timestamps !== b.timestamps) changes.push({ code: 'timestamps', from: a.timestamps, to: b.timestamps });
  return changes;
}
