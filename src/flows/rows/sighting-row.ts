import { u16 } from '../../decode/octets.ts';
import { DIRECTION_INBOUND, DIRECTION_OUTBOUND, FRAGMENT_LATER, type Packet } from '../../decode/packet.ts';
import { keyOfCarrier } from '../trackers/carrier-tracker.ts';
import { isHeaderCut, leastPayload } from '../trackers/cut-segment.ts';
import { isDns } from '../trackers/dns-messages.ts';
import type { Seen } from '../trackers/observation.ts';
import {
  MARK_COPY,
  MARK_CUT,
  MARK_DF,
  MARK_HEADER_CUT,
  MARK_INBOUND,
  MARK_LATER_FRAGMENT,
  MARK_OUTBOUND,
  MARK_RETRANSMISSION,
  SIGHTING_ARP,
  SIGHTING_ICMP,
  SIGHTING_OTHER,
  SIGHTING_TCP,
  SIGHTING_UDP,
} from './row-marks.ts';
import type { SightingTable } from './sighting-table.ts';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const DNS_HEADER = 12;
const DNS_ID = 2;
const ARP_OPERATION_AT = 6;
const CUT_IN_HEADER = MARK_CUT | MARK_HEADER_CUT;

/** Adds the row of one packet, if the table keeps it. */
export function addSighting(table: SightingTable, packet: Packet, seen: Seen): void {
  const row = table.addRow(seen.flow, seen.direction);
  table.index?.set(packet.number, seen.flow, seen.direction, seen.copy, seen.retransmission, seen.tunnel + 1);
  if (row < 0) return;
  const columns = table.open;
  columns.packet[row] = packet.number;
  columns.time[row] = seen.time;
  columns.point[row] = seen.point;
  columns.flow[row] = seen.flow;
  columns.direction[row] = seen.direction;
  columns.ipId[row] = packet.ipId;
  columns.ttl[row] = packet.ttl;
  columns.dscp[row] = packet.dscp;
  columns.l3Length[row] = packet.l3Length;
  columns.payloadLength[row] = leastPayload(packet);
  columns.payloadHash[row] = seen.payloadHash;
  columns.tunnel[row] = seen.tunnel + 1;
  columns.marks[row] = marksOf(packet, seen);
  const kind = kindOf(packet);
  columns.kind[row] = kind;
  if (kind === SIGHTING_TCP) {
    columns.flags[row] = packet.tcpFlags;
    columns.seq[row] = packet.tcpSeq;
    columns.ack[row] = packet.tcpAck;
    columns.window[row] = packet.tcpWindow;
    columns.tsValue[row] = packet.tcpTsValue;
    columns.tsEcho[row] = packet.tcpTsEcho;
    return;
  }
  // Columns are zero until written, so fields that a kind lacks stay 0.
  if (kind === SIGHTING_ARP) columns.flags[row] = u16(packet.bytes, packet.networkAt + ARP_OPERATION_AT);
  else if (kind === SIGHTING_ICMP) columns.flags[row] = (packet.icmpType << 8) | packet.icmpCode;
  columns.seq[row] = numberOf(packet, kind);
}

function kindOf(packet: Packet): number {
  if (packet.ipVersion === 0) return SIGHTING_ARP;
  if (packet.fragment === FRAGMENT_LATER) return SIGHTING_OTHER;
  switch (packet.protocol) {
    case TCP:
      return SIGHTING_TCP;
    case UDP:
      return SIGHTING_UDP;
    case ICMP:
    case ICMPV6:
      return SIGHTING_ICMP;
    default:
      return SIGHTING_OTHER;
  }
}

function marksOf(packet: Packet, seen: Seen): number {
  let marks = seen.copy ? MARK_COPY : 0;
  if (packet.dontFragment) marks |= MARK_DF;
  if (packet.fragment === FRAGMENT_LATER) marks |= MARK_LATER_FRAGMENT;
  if (packet.end - packet.start < packet.originalLength) marks |= isHeaderCut(packet) ? CUT_IN_HEADER : MARK_CUT;
  if (seen.retransmission) marks |= MARK_RETRANSMISSION;
  if (packet.direction === DIRECTION_OUTBOUND) marks |= MARK_OUTBOUND;
  else if (packet.direction === DIRECTION_INBOUND) marks |= MARK_INBOUND;
  return marks;
}

/** A value that distinguishes packets of one flow that have no TCP sequence number. */
function numberOf(packet: Packet, kind: number): number {
  if (packet.fragment === FRAGMENT_LATER) return packet.fragmentOffset;
  if (kind === SIGHTING_ICMP) return packet.icmpSequence;
  if (kind !== SIGHTING_UDP) return keyOfCarrier(packet);
  const hasId = packet.payloadLength >= DNS_HEADER && packet.payloadAt + DNS_ID <= packet.payloadEnd;
  return isDns(packet) && hasId ? u16(packet.bytes, packet.payloadAt) : keyOfCarrier(packet);
}
