import { linkTypeName } from '../../decode/link-types.ts';
import type { Packet } from '../../decode/packet.ts';
import type { PointQuality } from '../evidence/evidence.ts';
import { DISORDER_SECONDS } from './time-order.ts';

const ETHERTYPE_ARP = 0x0806;
const ICMP = 1;
const ICMPV6 = 58;

export const emptyQuality = (): PointQuality => ({
  packets: 0,
  firstTime: 0,
  lastTime: 0,
  cut: 0,
  unreadable: 0,
  malformed: {},
  malformedTotal: 0,
  notDecoded: 0,
  copies: 0,
  mostTimes: 0,
  timeSteps: 0,
  largestTimeStepBack: 0,
  superSegments: 0,
  badChecksums: 0,
  partialChecksums: 0,
  gapOctets: 0,
  tcpOctets: 0,
  oneWayConnections: 0,
  connections: 0,
  arpPackets: 0,
  icmpPackets: 0,
});

/** Counts one packet in `quality`. @param previousTime time of the previous packet at this point */
export function countPacket(quality: PointQuality, packet: Packet, time: number, previousTime: number): void {
  if (quality.packets++ === 0) quality.firstTime = quality.lastTime = time;
  else if (time > quality.lastTime) quality.lastTime = time;
  else countTime(quality, time, previousTime);
  if (packet.end - packet.start < packet.originalLength) quality.cut++;
  if (packet.stop !== undefined) countStop(quality, packet);
  if (packet.protocol === ICMP || packet.protocol === ICMPV6) quality.icmpPackets++;
  else if (packet.etherType === ETHERTYPE_ARP) quality.arpPackets++;
}

function countTime(quality: PointQuality, time: number, previousTime: number): void {
  if (time < quality.firstTime) quality.firstTime = time;
  const back = previousTime - time;
  if (back <= DISORDER_SECONDS) return;
  quality.timeSteps++;
  if (back > quality.largestTimeStepBack) quality.largestTimeStepBack = back;
}

function countStop(quality: PointQuality, packet: Packet): void {
  const stop = packet.stop;
  if (stop === undefined) return;
  if (stop.kind === 'not-decoded') quality.notDecoded++;
  else if (stop.kind === 'too-short' && stop.limitedBy === 'snaplen') quality.unreadable++;
  else {
    quality.malformed[stop.layer] = (quality.malformed[stop.layer] ?? 0) + 1;
    quality.malformedTotal++;
  }
}

/** "NAME (number)" when the link type of the packet is not decoded. */
export function undecodedLinkType(packet: Packet): string | undefined {
  const stop = packet.stop;
  if (stop?.kind !== 'not-decoded' || stop.layer !== 'link' || packet.networkAt >= 0) return undefined;
  return stop.next === packet.linkType ? `${linkTypeName(packet.linkType)} (${packet.linkType})` : undefined;
}
