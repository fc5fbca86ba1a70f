import type { Joined } from '../../capture/capture-digest.ts';
import type { CarrierFlow, InnerFlow, PacketRef } from '../../evidence/evidence.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import type { CoverageWindow } from '../hops/coverage-window.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import type { Biflow } from '../same-traffic/biflow.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import {
  DEVICE_DELAY_SECONDS,
  INSIDE_LENGTHS,
  INSIDE_LENGTHS_UNNAMED,
  INSIDE_SHARE,
  INSIDE_SHARE_UNNAMED,
  LEAST_INSIDE,
  LEAST_INSIDE_UNNAMED,
} from '../same-traffic/thresholds.ts';
import { type Matching, matchInside } from './inside-and-outside.ts';
import { ownShift, packetsOfCarrier, plainPackets, type TimedPacket } from './plain-packets.ts';

interface Context {
  evidence: Joined;
  biflowsAt: ReadonlyMap<number, readonly Biflow[]>;
  store: SightingStore;
  timeline: Timeline;
  windows: readonly CoverageWindow[];
}

/** A carrier compared with the plain packets of another point. */
interface Compared {
  carrier: CarrierFlow;
  packets: readonly TimedPacket[];
  arriving: Matching;
  leaving: Matching;
}

/**
 * Joins encrypted packets of a NIC with the plain ones of another device of the same host that was captured in a file of
 * its own (wg0, or the veth of a pod):
 *
 *   NIC  ── ESP, WireGuard ──▶ decrypted ──▶ wg0      within 5 ms, and of a length that fits
 *   NIC ◀── ESP, WireGuard ◀── encrypted ◀── wg0
 *
 * A device counts as the inside only where at least half of the packets of one key fit.
 */
export function joinCarriers(
  evidence: Joined,
  biflows: readonly Biflow[],
  store: SightingStore,
  timeline: Timeline,
  windows: readonly CoverageWindow[],
): CarrierFlow[] {
  const outside = [...new Set(evidence.carriers.filter(isData).map(({ point }) => point))];
  if (outside.length === 0 || evidence.captures.length < 2) return evidence.carriers;
  const biflowsAt = new Map<number, Biflow[]>(evidence.points.map(({ index }) => [index, []]));
  for (const biflow of biflows) biflowsAt.get(biflow.point)?.push(biflow);
  const context: Context = { evidence, biflowsAt, store, timeline, windows };
  const joined = new Map<CarrierFlow, CarrierFlow>();
  for (const point of outside) {
    const inside = bestInside(context, point);
    if (inside === null) continue;
    for (const one of inside.compared) joined.set(one.carrier, withInside(context, one, inside.point, inside.plain));
  }
  return evidence.carriers.map((carrier) => joined.get(carrier) ?? carrier);
}

const isData = ({ kind }: CarrierFlow): boolean => kind !== 'wireguard-handshake';

interface Inside {
  point: number;
  plain: readonly TimedPacket[];
  compared: Compared[];
}

/** The point whose plain packets fit best into the encrypted ones of `point`; null where none does. */
function bestInside(context: Context, point: number): Inside | null {
  const { evidence, biflowsAt, store } = context;
  const byFlow = new Map(biflowsAt.get(point)?.map((biflow) => [biflow.flow, biflow]));
  const carriers = evidence.carriers
    .filter((carrier) => carrier.point === point && isData(carrier))
    .flatMap((carrier) => {
      const biflow = byFlow.get(carrier.flow);
      const packets = biflow === undefined ? null : packetsOfCarrier(evidence, carrier, biflow, store);
      return packets === null || packets.length === 0 ? [] : [{ carrier, packets }];
    });
  let best: Inside | null = null;
  let nearest = Infinity;
  for (const other of evidence.points) {
    if (carriers.length === 0 || !mayBeOneHost(evidence, point, other.index)) continue;
    const plain = plainPackets(evidence, other.index, biflowsAt.get(other.index) ?? [], store);
    if (plain === null || plain.length === 0) continue;
    const compared = carriers.map(({ carrier, packets }) => ({
      carrier,
      packets,
      arriving: matchInside(packets, plain, 1),
      leaving: matchInside(packets, plain, -1),
    }));
    const isNamed = evidence.points[point].host !== null && other.host !== null;
    const delay = delayOf(compared, isNamed ? isInside : isSurelyInside);
    if (delay >= nearest) continue;
    nearest = delay;
    best = { point: other.index, plain, compared };
  }
  return best;
}

/** Points of one host, or of none, in two captures: one capture was looked at while it was read. */
function mayBeOneHost({ points }: Joined, a: number, b: number): boolean {
  const [one, other] = [points[a], points[b]];
  if (one.capture === other.capture) return false;
  return one.host === other.host || one.host === null || other.host === null;
}

/** Seconds between outside and inside on average, where the other point is the inside; else infinite. */
function delayOf(compared: readonly Compared[], is: (compared: readonly Compared[]) => boolean): number {
  if (!is(compared)) return Infinity;
  const matchings = compared.flatMap(({ arriving, leaving }) => [arriving, leaving]);
  return Math.min(...matchings.map(({ delay }) => delay));
}

const isInside = (compared: readonly Compared[]): boolean =>
  compared.some(({ packets, arriving, leaving }) =>
    [arriving, leaving].some(
      ({ matched, lengths }) =>
        matched >= LEAST_INSIDE && matched >= INSIDE_SHARE * packets.length && lengths >= INSIDE_LENGTHS,
    ),
  );

/**
 * What arrives comes out behind, and what leaves came from there, one of the two nearly always: other pods of the host
 * send and receive as well. At another host the order is the other way round.
 */
function isSurelyInside(compared: readonly Compared[]): boolean {
  const shareOf = (packets: readonly TimedPacket[], { matched, lengths, delay }: Matching): number =>
    delay <= DEVICE_DELAY_SECONDS && matched >= LEAST_INSIDE_UNNAMED && lengths >= INSIDE_LENGTHS_UNNAMED
      ? matched / packets.length
      : 0;
  return compared.some((one) =>
    compared.some((back) => {
      if (back.carrier.source !== one.carrier.destination || back.carrier.destination !== one.carrier.source)
        return false;
      const shares = [shareOf(one.packets, one.arriving), shareOf(back.packets, back.leaving)];
      return Math.min(...shares) >= INSIDE_SHARE && Math.max(...shares) >= INSIDE_SHARE_UNNAMED;
    }),
  );
}

/**
 * The carrier with what the plain packets of the other point show. Where fewer than half of its packets fit, that is
 * chance: other traffic of the device has packets of such lengths too.
 */
function withInside(
  { evidence, timeline, windows }: Context,
  { carrier, packets, arriving, leaving }: Compared,
  point: number,
  plain: readonly TimedPacket[],
): CarrierFlow {
  const shift = ownShift(evidence, carrier.point);
  const refOf = ({ packet, time }: TimedPacket): PacketRef => ({ packet, time: time - shift });
  const ran = windows[point].presumed;
  const isSeen = ({ time }: TimedPacket): boolean => {
    const common = timeline.at(carrier.point, time - shift);
    return ran !== null && common >= ran.start && common <= ran.end;
  };
  const most = Math.max(LEAST_INSIDE, INSIDE_SHARE * packets.filter(isSeen).length);
  const withMore = (plainOf: Int32Array): InnerFlow[] => [
    ...carrier.innerFlows,
    ...innerFlowsOf(plainOf, plain, point),
  ];
  if (leaving.matched > arriving.matched && leaving.matched >= most)
    return { ...carrier, entered: leaving.matched, innerFlows: withMore(leaving.plainOf) };
  const { plainOf, matched } = arriving;
  const fits = matched >= most && matched > leaving.matched;
  // Plain packets on the link of the encrypted ones tell more.
  if (carrier.followed > 0 && (!fits || carrier.followed >= matched))
    return { ...carrier, innerFlows: fits ? withMore(plainOf) : carrier.innerFlows };
  const followed = fits ? packets.filter((_, at) => plainOf[at] >= 0) : [];
  const notFollowed = packets.filter((one, at) => (!fits || plainOf[at] < 0) && isSeen(one)).map(refOf);
  return {
    ...carrier,
    followed: followed.length,
    lastFollowed: followed.length === 0 ? null : refOf(followed[followed.length - 1]),
    innerFlows: fits ? innerFlowsOf(plainOf, plain, point) : [],
    notFollowed: notFollowed.slice(0, DEFAULT_LIMITS.packetsPerItem),
  };
}

function innerFlowsOf(plainOf: Int32Array, plain: readonly TimedPacket[], point: number): InnerFlow[] {
  const flows = new Set([...plainOf].filter((index) => index >= 0).map((index) => plain[index].flow));
  return [...flows].slice(0, DEFAULT_LIMITS.packetsPerItem).map((flow) => ({ point, flow }));
}
