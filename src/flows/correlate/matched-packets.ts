import type { CaptureDigest, Joined } from '../capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { type Biflow, biflowsOf } from './biflow.ts';
import { alignClocks, type Timeline } from './clocks.ts';
import { legsOnTheWay } from './conversation-hops.ts';
import type { Coverage } from './coverage.ts';
import { isForMany } from './expected-path.ts';
import { orderAll } from './leg-order.ts';
import { trackOf } from './member-tracks.ts';
import { matchPackets } from './packet-match.ts';
import { coverRanges } from './range-match.ts';
import { groupSameTraffic, type Member } from './same-traffic.ts';
import { captureRows, openStore, type SightingStore } from './sighting-store.ts';

/** A packet of one point that was found again at the next. */
export interface MatchedPacket {
  from: Biflow;
  to: Biflow;
  /** Number in the capture of `from`. */
  packet: number;
  /** Number in the capture of `to`; of the first piece when segments were cut differently. */
  found: number;
  /** Segments at `to` that carried its octets, and which octets of the payload, as [start, end) offsets; none when an equal packet was found. */
  pieces: number;
  runs: [number, number][];
}

/**
 * Which packet was taken for which, hop by hop: what `correlate` counts, packet by packet. For comparison with other
 * programs and with the captured bytes; an analysis never asks.
 *
 * @param digests what `evidence` was correlated from
 */
export function matchedPackets(digests: readonly CaptureDigest[], evidence: Joined): MatchedPacket[] {
  const biflows = biflowsOf(evidence);
  const store = openStore(digests.map(captureRows), biflows);
  const groups = groupSameTraffic(evidence, biflows, store);
  const timeline = alignClocks(evidence, groups, store);
  const found: MatchedPacket[] = [];
  for (const route of orderAll(evidence, groups, store, timeline)) {
    const { kind, client, server } = route[0].biflow;
    if (kind === 'arp' || isForMany(client.address) || isForMany(server.address)) continue;
    for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
      const path = direction === TO_SERVER ? route : [...route].reverse();
      const legs = legsOnTheWay(store, path, direction);
      for (let leg = 1; leg < legs.length; leg++) enterHop(found, store, timeline, legs[leg - 1], legs[leg], direction);
    }
  }
  return found;
}

function enterHop(
  found: MatchedPacket[],
  store: SightingStore,
  timeline: Timeline,
  from: Member,
  to: Member,
  direction: Direction,
): void {
  const a = trackOf(store, from, direction);
  const b = trackOf(store, to, direction);
  const matched = matchPackets(a, b, timeline.bounds(from.biflow.point, to.biflow.point));
  const coverage = coverRanges(a, b, matched);
  for (let index = 0; index < matched.length; index++) {
    const at = matched[index] >= 0 ? matched[index] : (coverage?.firstPiece[index] ?? -1);
    if (at < 0) continue;
    const isEqual = matched[index] >= 0;
    found.push({
      from: from.biflow,
      to: to.biflow,
      packet: a.columns.packet[a.rows[index]],
      found: b.columns.packet[b.rows[at]],
      pieces: isEqual ? 0 : (coverage as Coverage).pieces[index],
      runs: isEqual ? [] : runsOf(coverage as Coverage, index),
    });
  }
}

function runsOf({ runs, covered }: Coverage, index: number): [number, number][] {
  const flat = runs.get(index) ?? [0, covered[index]];
  return Array.from({ length: flat.length / 2 }, (_, run) => [flat[2 * run], flat[2 * run + 1]]);
}
