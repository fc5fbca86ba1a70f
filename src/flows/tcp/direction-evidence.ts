import type { CountedValue, PacketRef, RepeatedRange, RttSummary, TcpDirection } from '../evidence/evidence.ts';
import { distance, isAfter } from '../sequence-number.ts';
import { type DirectionTrouble, noDirectionTrouble, type OpenRepeat } from './connection-trouble.ts';
import { EMPTY } from './empty-list.ts';
import { type LinkAddresses, NO_LINK_ADDRESS } from './link-addresses.ts';
import * as R from './record-layout.ts';
import { NONE, PACKET, TIME, type UnackedSegments } from './unacked-segments.ts';

const UNTROUBLED: Readonly<DirectionTrouble> = Object.freeze(noDirectionTrouble());

/** Where what is known of a direction lies, but for its troubles. */
export interface DirectionSource {
  block: R.ConnectionBlock;
  unacked: Pick<UnackedSegments, 'first' | 'words' | 'doubles'>;
  linkAddresses: Pick<LinkAddresses, 'addressOf'>;
}

/** Everything that is known of one direction of a connection, as plain data. */
export function directionOf(
  { unacked, linkAddresses, block }: DirectionSource,
  mine: number,
  peer: number,
  trouble: DirectionTrouble | undefined,
  formatMac: (mac: number) => string,
): TcpDirection {
  const { words, halves, octets, doubles } = block;
  const marks = halves[(mine << 1) + R.MARKS];
  const side = trouble ?? UNTROUBLED;
  const packets = words[mine + R.PACKETS];
  const seen = packets > 0;
  const hasTimestamps = (marks & R.HAS_TIMESTAMPS) !== 0;
  const macText = (number: number): string =>
    number === NO_LINK_ADDRESS ? '' : formatMac(linkAddresses.addressOf(number));
  return {
    packets,
    payloadOctets: doubles[(mine >> 1) + R.PAYLOAD_OCTETS],
    dataSegments: words[mine + R.DATA_SEGMENTS],
    first: seen ? { packet: words[mine + R.FIRST_PACKET], time: doubles[(mine >> 1) + R.FIRST_TIME] } : null,
    last: seen ? { packet: words[mine + R.LAST_PACKET], time: doubles[(mine >> 1) + R.LAST_TIME] } : null,
    syns: halves[(mine << 1) + R.SYNS],
    fins: halves[(mine << 1) + R.FINS],
    resets: halves[(mine << 1) + R.RESETS],
    iss: issOf(block, mine),
    seqLow: seen ? words[mine + R.SEQ_LOW] : null,
    seqHigh: (marks & R.HAS_NEXT) !== 0 ? words[mine + R.NEXT_SEQ] : null,
    ackHigh: (marks & R.HAS_ACK) !== 0 ? words[mine + R.HIGHEST_ACK] : null,
    mss: mssOf(block, mine),
    windowScale: windowScaleOf(block, mine),
    sackPermitted: (marks & R.SACK_PERMITTED) !== 0,
    timestamps: hasTimestamps,
    tsFirst: hasTimestamps ? words[mine + R.TS_FIRST] : null,
    tsLast: hasTimestamps ? words[mine + R.TS_LAST] : null,
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
    duplicateSacks: side.duplicateSacks,
    foreignSacks: side.foreignSacks,
    foreignSacksTotal: side.foreignSacksTotal,
    largestL3: halves[(mine << 1) + R.LARGEST_L3],
    largestAckedL3: halves[(mine << 1) + R.LARGEST_ACKED_L3],
    unackedOctets: pendingOctets(block, mine, peer),
    unackedSince: unackedSince(unacked, block, mine, peer),
    repeats: side.repeats.length === 0 ? EMPTY : side.repeats.map(repeatOf),
    repeatsTotal: side.repeatsTotal,
    holes: side.holes,
    holesTotal: side.holesTotal,
    ttls: seen ? counted(octets[(mine << 2) + R.TTL], packets, side.ttls) : EMPTY,
    sourceMacs: seen ? macs(halves[(mine << 1) + R.SOURCE_MAC], packets, side.sourceMacs, macText) : EMPTY,
    destinationMacs: seen
      ? macs(halves[(mine << 1) + R.DESTINATION_MAC], packets, side.destinationMacs, macText)
      : EMPTY,
    tunnels: tunnelsOf(halves[(mine << 1) + R.TUNNEL], side.tunnels),
    dontFragment: (marks & R.DONT_FRAGMENT) !== 0,
    largestFlight: words[mine + R.LARGEST_FLIGHT],
  };
}

export const issOf = ({ words, halves }: R.ConnectionBlock, mine: number): number | null =>
  (halves[(mine << 1) + R.MARKS] & R.HAS_ISS) === 0 ? null : words[mine + R.ISS];

export function mssOf({ halves }: R.ConnectionBlock, mine: number): number | null {
  const mss = halves[(mine << 1) + R.MSS];
  return (halves[(mine << 1) + R.MARKS] & R.HAS_ISS) === 0 || mss === 0 ? null : mss;
}

export function windowScaleOf({ octets }: R.ConnectionBlock, mine: number): number | null {
  const scale = octets[(mine << 2) + R.WINDOW_SCALE];
  return scale > R.LARGEST_SCALE ? null : scale;
}

/** Round trips of the data of a direction. */
export function rttOf({ words, floats }: R.ConnectionBlock, mine: number): RttSummary | null {
  const samples = words[mine + R.RTT_SAMPLES];
  if (samples === 0) return null;
  return {
    samples,
    min: floats[mine + R.RTT_MIN],
    median: floats[mine + R.RTT_MEDIAN],
    max: floats[mine + R.RTT_MAX],
  };
}

/** Octets that the peer, having acknowledged something, has not acknowledged. */
export function pendingOctets({ words, halves }: R.ConnectionBlock, mine: number, peer: number): number {
  if ((halves[(peer << 1) + R.MARKS] & R.HAS_ACK) === 0) return 0;
  return Math.max(0, distance(words[peer + R.HIGHEST_ACK], words[mine + R.NEXT_SEQ]));
}

export function unackedSince(
  unacked: DirectionSource['unacked'],
  { words, halves }: R.ConnectionBlock,
  mine: number,
  peer: number,
): PacketRef | null {
  const slot = unacked.first(words[mine + R.LIST_TAIL]);
  if (slot === NONE) return null;
  const peerAcked = (halves[(peer << 1) + R.MARKS] & R.HAS_ACK) !== 0;
  if (peerAcked && !isAfter(words[mine + R.NEXT_SEQ], words[peer + R.HIGHEST_ACK])) return null;
  return { packet: unacked.words[slot + PACKET], time: unacked.doubles[(slot >> 1) + TIME] };
}

const repeatOf = ({ rawStart: _, rawEnd: __, reverseBefore: ___, ...repeat }: OpenRepeat): RepeatedRange => repeat;

/** The first value of a direction, and the others with how often each was met: the most frequent first. */
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
