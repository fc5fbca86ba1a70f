import type { CountedValue, PacketRef, RepeatedRange, RttSummary, TcpDirection } from '../evidence/evidence.ts';
import { distance, isAfter } from '../sequence-number.ts';
import type { ConnectionBlock } from './connection-block.ts';
import { type DirectionTrouble, noDirectionTrouble, type OpenRepeat } from './connection-trouble.ts';
import { EMPTY } from './empty-list.ts';
import { type LinkAddresses, NO_LINK_ADDRESS } from './link-addresses.ts';
import * as R from './record-marks.ts';
import { NONE } from './unacked-marks.ts';
import type { UnackedSegments } from './unacked-segments.ts';

const UNTROUBLED: Readonly<DirectionTrouble> = Object.freeze(noDirectionTrouble());

/** References to all state of a direction, except its trouble. */
export interface DirectionSource {
  block: ConnectionBlock;
  unacked: Pick<UnackedSegments, 'first' | 'packet' | 'time'>;
  linkAddresses: Pick<LinkAddresses, 'addressOf'>;
}

/** Places in its record, bytes: the direction, the other one, and when its first data was acknowledged. */
export interface DirectionPlaces {
  mine: number;
  peer: number;
  ackedData: number;
}

/** Everything known about one direction of a connection, as plain data. */
export function directionOf(
  { unacked, linkAddresses, block }: DirectionSource,
  { mine, peer, ackedData }: DirectionPlaces,
  trouble: DirectionTrouble | undefined,
  formatMac: (mac: number) => string,
): TcpDirection {
  const marks = block.marks(mine);
  const side = trouble ?? UNTROUBLED;
  const packets = block.packets(mine);
  const seen = packets > 0;
  const hasTimestamps = (marks & R.HAS_TIMESTAMPS) !== 0;
  const macText = (number: number): string =>
    number === NO_LINK_ADDRESS ? '' : formatMac(linkAddresses.addressOf(number));
  return {
    packets,
    payloadOctets: block.payloadOctets(mine),
    dataSegments: block.dataSegments(mine),
    first: seen ? { packet: block.firstPacket(mine), time: block.firstTime(mine) } : null,
    last: seen ? { packet: block.lastPacket(mine), time: block.lastTime(mine) } : null,
    syns: block.syns(mine),
    fins: block.fins(mine),
    resets: block.resets(mine),
    iss: issOf(block, mine),
    seqLow: seen ? block.seqLow(mine) : null,
    seqHigh: (marks & R.HAS_NEXT) !== 0 ? block.nextSeq(mine) : null,
    ackHigh: (marks & R.HAS_ACK) !== 0 ? block.highestAck(mine) : null,
    mss: mssOf(block, mine),
    windowScale: windowScaleOf(block, mine),
    sackPermitted: (marks & R.SACK_PERMITTED) !== 0,
    signature: (marks & R.SIGNED_MD5) !== 0 ? 'md5' : (marks & R.SIGNED_AO) !== 0 ? 'ao' : null,
    timestamps: hasTimestamps,
    tsFirst: hasTimestamps ? block.tsFirst(mine) : null,
    tsLast: hasTimestamps ? block.tsLast(mine) : null,
    firstAckedData: firstAckedOf(block, mine, ackedData),
    synsAgain: side.synsAgain,
    finsAgain: side.finsAgain,
    resentSegments: side.resentSegments,
    needlessSegments: side.needlessSegments,
    resentLate: side.resentLate,
    retransmissions: side.retransmissions,
    retransmittedOctets: side.retransmittedOctets,
    fastRetransmissions: side.fastRetransmissions,
    spuriousRetransmissions: side.spuriousRetransmissions,
    timeoutRetransmissions: side.timeoutRetransmissions,
    outOfOrder: side.outOfOrder,
    previousSegmentNotCaptured: side.previousSegmentNotCaptured,
    ackedUnseen: side.ackedUnseen,
    gapOctets: side.gapOctets,
    dupAcks: side.dupAcks,
    zeroWindows: side.zeroWindows,
    keepAlives: side.keepAlives,
    zeroWindowProbes: side.zeroWindowProbes,
    sackedAhead: sackedAhead(side, block, mine),
    duplicateSacks: side.duplicateSacks,
    foreignSacks: side.foreignSacks,
    foreignSacksTotal: side.foreignSacksTotal,
    largestL3: block.largestL3(mine),
    largestAckedL3: block.largestAckedL3(mine),
    unackedOctets: pendingOctets(block, mine, peer),
    unackedSince: unackedSince(unacked, block, mine, peer),
    repeats: side.repeats.length === 0 ? EMPTY : side.repeats.map(repeatOf),
    repeatsTotal: side.repeatsTotal,
    holes: side.holes,
    holesTotal: side.holesTotal,
    ttls: seen ? counted(block.ttl(mine), packets, side.ttls) : EMPTY,
    sourceMacs: seen ? macs(block.sourceMac(mine), packets, side.sourceMacs, macText) : EMPTY,
    destinationMacs: seen ? macs(block.destinationMac(mine), packets, side.destinationMacs, macText) : EMPTY,
    tunnels: tunnelsOf(block.tunnel(mine), side.tunnels),
    dontFragment: (marks & R.DONT_FRAGMENT) !== 0,
    largestFlight: block.largestFlight(mine),
  };
}

/** Octets of the last SACK blocks that lie beyond the acknowledgement. */
function sackedAhead({ sack }: Readonly<DirectionTrouble>, block: ConnectionBlock, mine: number): number {
  let octets = 0;
  for (let at = 0; at < sack.length; at += 2)
    if (isAfter(sack[at], block.highestAck(mine))) octets += Math.max(0, distance(sack[at], sack[at + 1]));
  return octets;
}

const firstAckedOf = (block: ConnectionBlock, mine: number, at: number): PacketRef | null =>
  block.hasMarks(mine, R.HAS_ACKED_DATA) ? { packet: block.ackedDataPacket(at), time: block.ackedDataTime(at) } : null;

export const issOf = (block: ConnectionBlock, mine: number): number | null =>
  block.hasMarks(mine, R.HAS_ISS) ? block.iss(mine) : null;

export function mssOf(block: ConnectionBlock, mine: number): number | null {
  const mss = block.mss(mine);
  return mss > 0 ? mss : null;
}

export function windowScaleOf(block: ConnectionBlock, mine: number): number | null {
  const scale = block.windowScale(mine);
  return scale > R.LARGEST_SCALE ? null : scale;
}

/** Round trips of the data in a direction. */
export function rttOf(block: ConnectionBlock, mine: number): RttSummary | null {
  const samples = block.rttSamples(mine);
  if (samples === 0) return null;
  return {
    samples,
    min: block.rttMin(mine),
    median: block.rttMedian(mine),
    max: block.rttMax(mine),
  };
}

/** Octets that the peer has not acknowledged, if it has acknowledged anything and the direction was seen. */
export function pendingOctets(block: ConnectionBlock, mine: number, peer: number): number {
  if (!block.hasMarks(peer, R.HAS_ACK) || !block.hasMarks(mine, R.HAS_NEXT)) return 0;
  return Math.max(0, distance(block.highestAck(peer), block.nextSeq(mine)));
}

export function unackedSince(
  unacked: DirectionSource['unacked'],
  block: ConnectionBlock,
  mine: number,
  peer: number,
): PacketRef | null {
  const slot = unacked.first(block.listTail(mine));
  if (slot === NONE) return null;
  const peerAcked = block.hasMarks(peer, R.HAS_ACK);
  if (peerAcked && !isAfter(block.nextSeq(mine), block.highestAck(peer))) return null;
  return { packet: unacked.packet(slot), time: unacked.time(slot) };
}

const repeatOf = ({
  rawStart: _,
  rawEnd: __,
  reverseBefore: ___,
  isCounted: ____,
  ...repeat
}: OpenRepeat): RepeatedRange => repeat;

/** The first value of a direction and the other values with their counts; the most frequent first. */
function counted(first: number, packets: number, others: readonly CountedValue<number>[]): CountedValue<number>[] {
  if (others.length === 0) return [{ value: first, count: packets }];
  const rest = others.reduce((sum, { count }) => sum + count, 0);
  const all = [{ value: first, count: packets - rest }, ...others.map(({ value, count }) => ({ value, count }))];
  return all.sort((a, b) => b.count - a.count);
}

function macs(
  first: number,
  packets: number,
  others: readonly CountedValue<number>[],
  text: (number: number) => string,
): CountedValue<string>[] {
  if (first === NO_LINK_ADDRESS) return EMPTY;
  if (others.length === 0) return [{ value: text(first), count: packets }];
  return counted(first, packets, others)
    .map(({ value, count }) => ({ value: text(value), count }))
    .filter(({ value }) => value !== '');
}

/** @param first TunnelFlow index plus one; 0 without a tunnel */
function tunnelsOf(first: number, others: readonly number[]): number[] {
  if (others.length === 0) return first === 0 ? EMPTY : [first - 1];
  const all = new Set(others);
  if (first > 0) all.add(first - 1);
  return [...all].sort((a, b) => a - b);
}
