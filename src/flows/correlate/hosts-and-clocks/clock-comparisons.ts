import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { compareTtl, rolesOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import { DelayFloor } from './clock-fit.ts';
import { nearerByWait, type SharedPacket } from './wait-order.ts';

/** What two clocks showed of each other: floors of delay by direction of travel. */
export interface Comparison {
  /** Numbers of the two clocks, the smaller first; forth is from that one to the other. */
  clocks: [number, number];
  forth: DelayFloor;
  back: DelayFloor;
  /** Of conversations that do not tell which clock's points they passed first. */
  unordered: DelayFloor;
  /**
   * Of what is encapsulated at one clock only: "client server", by addresses that either point shows, to how often the
   * first clock is nearer to the client, less how often not.
   */
  nearer: Map<string, number>;
}

/** Compares each two clocks by the packets that points of both stamped. @param clocks number of each point's clock */
export function compareClocks(
  evidence: Joined,
  groups: readonly Member[][],
  store: SightingStore,
  clocks: readonly number[],
): Comparison[] {
  const comparisons = new Map<string, Comparison>();
  const end = Math.max(...evidence.points.map(({ timeShift, quality }) => timeShift + quality.lastTime));
  for (const group of groups) {
    // ARP requests look all alike: which is which cannot be told before the clocks are aligned.
    if (group[0].biflow.kind === 'arp') continue;
    const byClock = new Map<number, Member>();
    for (const member of group) {
      const clock = clocks[member.biflow.point];
      if (!byClock.has(clock)) byClock.set(clock, member);
    }
    const seen = [...byClock.entries()].sort((x, y) => x[0] - y[0]);
    for (let i = 0; i < seen.length; i++) {
      for (let j = i + 1; j < seen.length; j++) {
        const key = `${seen[i][0]} ${seen[j][0]}`;
        let comparison = comparisons.get(key);
        if (comparison === undefined) {
          comparison = {
            clocks: [seen[i][0], seen[j][0]],
            forth: new DelayFloor(0, end),
            back: new DelayFloor(0, end),
            unordered: new DelayFloor(0, end),
            nearer: new Map(),
          };
          comparisons.set(key, comparison);
        }
        compare(comparison, seen[i][1], seen[j][1], evidence, store);
      }
    }
  }
  return [...comparisons.values()];
}

/** Enters the packets of one conversation that both clocks stamped. */
function compare(comparison: Comparison, a: Member, b: Member, evidence: Joined, store: SightingStore): void {
  const share = Math.max(...evidence.captures.map(({ packets }) => packets)) / SAMPLED_PACKETS;
  const shiftA = evidence.points[a.biflow.point].timeShift;
  const shiftB = evidence.points[b.biflow.point].timeShift;
  const samples = ([TO_SERVER, TO_CLIENT] as Direction[]).map((direction) => {
    const [trackA, trackB] = [a, b].map((member) => sampled(trackOf(store, member, direction), share));
    return { trackA, trackB, matched: matchPackets(trackA, trackB) };
  });
  const nearer = nearerToClient(a, b, samples, shiftB - shiftA, store);
  if (a.biflow.encapsulation.length !== b.biflow.encapsulation.length)
    for (const member of [a, b]) vote(comparison.nearer, member, nearer);
  samples.forEach(({ trackA, trackB, matched }, direction) => {
    const isForth = nearer === 0 || nearer > 0 === (direction === TO_SERVER);
    const floor = nearer === 0 ? comparison.unordered : isForth ? comparison.forth : comparison.back;
    const sign = isForth ? 1 : -1;
    for (let index = 0; index < matched.length; index++) {
      if (matched[index] < 0) continue;
      const timeA = trackA.columns.time[trackA.rows[index]] + shiftA;
      const timeB = trackB.columns.time[trackB.rows[matched[index]]] + shiftB;
      floor.add(timeA, sign * (timeB - timeA));
    }
  });
}

/** Pairs of addresses that are kept: who is where is told by a few. */
const KEPT_PAIRS = 256;

function vote(votes: Map<string, number>, member: Member, nearer: number): void {
  const { client, server } = rolesOf(member);
  const key = `${client.address} ${server.address}`;
  if (nearer !== 0 && (votes.has(key) || votes.size < KEPT_PAIRS)) votes.set(key, (votes.get(key) ?? 0) + nearer);
}

/** Packets of a capture that are compared for the clocks: the smallest delays are among them. */
const SAMPLED_PACKETS = 1 << 18;

/** The same packets at every point: a hash of what all points see decides (RFC 5475, 6.2). */
function sampled(track: Track, share: number): Track {
  if (share <= 1) return track;
  const limit = 0xffffffff / share;
  return { ...track, rows: track.rows.filter((row) => track.keys.withoutId[row] <= limit) };
}

interface Sample {
  trackA: Track;
  trackB: Track;
  matched: Int32Array;
}

/**
 * Which of two points is nearer to the client: 1 for the first, -1 for the second, 0 when it cannot be told.
 * The hop limit falls on the way; without a step in it, the wait between request and answer is longer nearer to the
 * client, whatever the clocks say.
 */
function nearerToClient(a: Member, b: Member, samples: Sample[], shift: number, store: SightingStore): number {
  const byTtl = compareTtl(a, b, store);
  if (byTtl !== 0) return byTtl;
  const shared: SharedPacket[] = [];
  for (const [direction, { trackA, trackB, matched }] of samples.entries())
    sharePackets(shared, direction as Direction, trackA, trackB, matched, shift);
  return nearerByWait(shared);
}

/** Packets that are compared to tell which point is nearer to the client. */
const SHARED_PACKETS = 200;

function sharePackets(
  shared: SharedPacket[],
  direction: Direction,
  a: Track,
  b: Track,
  matched: Int32Array,
  shift: number,
): void {
  const limit = shared.length + SHARED_PACKETS;
  for (let index = 0; index < matched.length && shared.length < limit; index++) {
    if (matched[index] < 0) continue;
    const time = a.columns.time[a.rows[index]];
    shared.push({ direction, time, delay: b.columns.time[b.rows[matched[index]]] - time + shift });
  }
}
