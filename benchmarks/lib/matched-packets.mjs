import { legsOnTheWay } from '../../dist/flows/correlate/hops/conversation-hops.js';
import { alignClocks } from '../../dist/flows/correlate/hosts-and-clocks/clocks.js';
import { matchPackets } from '../../dist/flows/correlate/matching/packet-match.js';
import { coverRanges } from '../../dist/flows/correlate/matching/range-match.js';
import { isForMany } from '../../dist/flows/correlate/paths/expected-path.js';
import { orderAll } from '../../dist/flows/correlate/paths/leg-order.js';
import { UnknownOrders } from '../../dist/flows/correlate/paths/unknown-orders.js';
import { biflowsOf } from '../../dist/flows/correlate/same-traffic/biflow.js';
import { trackOf } from '../../dist/flows/correlate/same-traffic/member-tracks.js';
import { groupSameTraffic } from '../../dist/flows/correlate/same-traffic/same-traffic.js';
import { captureRows, openStore } from '../../dist/flows/correlate/same-traffic/sighting-store.js';
import { finish } from '../../dist/flows/correlate/steps.js';
import { TO_CLIENT, TO_SERVER } from '../../dist/flows/evidence/evidence.js';

/**
 * Which packet was taken for which, hop by hop: what `correlate` counts, packet by packet. For comparison with other
 * programs and with the captured bytes; an analysis never asks.
 *
 * @param digests what `evidence` was correlated from
 */
export function matchedPackets(digests, evidence) {
  const biflows = biflowsOf(evidence);
  const store = finish(openStore(digests.map(captureRows), biflows));
  const groups = finish(groupSameTraffic(evidence, biflows, store));
  const timeline = finish(alignClocks(evidence, groups, store));
  const found = [];
  for (const route of finish(orderAll(evidence, groups, store, timeline, new UnknownOrders()))) {
    const { kind, client, server } = route[0].biflow;
    if (kind === 'arp' || isForMany(client.address) || isForMany(server.address)) continue;
    for (const direction of [TO_SERVER, TO_CLIENT]) {
      const path = direction === TO_SERVER ? route : [...route].reverse();
      const legs = legsOnTheWay(store, path, direction);
      for (let leg = 1; leg < legs.length; leg++) enterHop(found, store, timeline, legs[leg - 1], legs[leg], direction);
    }
  }
  return found;
}

function enterHop(found, store, timeline, from, to, direction) {
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
      pieces: isEqual ? 0 : coverage.pieces[index],
      runs: isEqual ? [] : runsOf(coverage, index),
    });
  }
}

function runsOf({ runs, covered }, index) {
  const flat = runs.get(index) ?? [0, covered[index]];
  return Array.from({ length: flat.length / 2 }, (_, run) => [flat[2 * run], flat[2 * run + 1]]);
}
