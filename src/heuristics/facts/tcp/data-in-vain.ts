import {
  type Connection,
  type Conversation,
  type Direction,
  type Evidence,
  type PacketRef,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { STAGED_THRESHOLDS } from '../staged-loss.ts';
import { HEAVY_LOSS } from './heavy-loss.ts';

export const IN_VAIN_THRESHOLDS = {
  vainSendings: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  harmlessOctets: STAGED_THRESHOLDS.harmlessOctets,
  heavyStallSeconds: HEAVY_LOSS.heavyStallSeconds,
} as const;

/** At the receiver's side nobody counts the sendings: two connections lack data. */
export const VAIN_CONNECTIONS = {
  value: 2,
  unit: 'connections',
  source: 'docs/thresholds.md, two-show-a-habit',
} as const;

/** Room for IPv6 and TCP headers and options (RFC 8200, 3; RFC 9293, 3.1). */
const HEADER_OCTETS = 40 + 60;

/** Data of one host that another never gets, while packets without data pass between them both ways. */
export interface DataInVain {
  sender: string;
  receiver: string;
  direction: Direction;
  legs: Connection[];
  conversations: Conversation[];
  /** Sendings of the octets in question, where its sender's packets were captured; 0 at the receiver's side. */
  sendings: number;
  /** Octets that are missing before later packets of the sender, at the receiver's side; 0 at the sender's. */
  missing: number;
  /** Whether no data at all of that direction was acknowledged in these connections. */
  none: boolean;
  packets: { point: number; ref: PacketRef; octets: number }[];
}

/**
 * Data that does not arrive although nothing speaks for its size. At the sender's side:
 *
 *   data 400 → · again · again · again      ← ACK or FIN that still asks for the first octet of it
 *
 * At the receiver's side, where it comes in at no time:
 *
 *   request → · ← ACK · … · FIN → · ← ACK of the FIN, 400 octets further on
 */
export function dataInVain(evidence: Evidence): DataInVain[] {
  const groups = new Map<string, DataInVain>();
  for (const conversation of indexOf(evidence).tcp)
    for (const direction of [TO_SERVER, TO_CLIENT] as const) {
      if (conversation.hops.some((hop) => hop.direction === direction && hop.lost > 0)) continue;
      const legs = indexOf(evidence).connections(conversation);
      const origin = direction === TO_SERVER ? legs[0] : legs[legs.length - 1];
      const end = direction === TO_SERVER ? legs[legs.length - 1] : legs[0];
      const found = sentInVain(evidence, origin, direction) ?? neverCame(evidence, end, direction);
      if (found !== null) enter(groups, conversation, direction, found);
    }
  return [...groups.values()].filter(({ sendings, legs }) => sendings > 0 || legs.length >= VAIN_CONNECTIONS.value);
}

interface Vain {
  leg: Connection;
  sendings: number;
  missing: number;
  packets: { ref: PacketRef; octets: number }[];
}

/** What the other side asks for next, as a number that its packets carry; null when it is not known. */
const asksFor = ({ directions }: Connection, direction: Direction): number | null =>
  directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER].ackHigh;

/** The same octets three times or more over 2 s, and then a packet of the other side that asks for them still. */
function sentInVain(evidence: Evidence, leg: Connection, direction: Direction): Vain | null {
  const stats = leg.directions[direction];
  const peer = leg.directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  if (stats.iss === null || !gatesOf(evidence).loss(leg.point).ok || leg.zeroWindowSpans.length > 0) return null;
  const iss = stats.iss;
  const range = stats.repeats.find(
    ({ seqStart, seqEnd, ackedTime, sendings, l3Length, packets }) =>
      ackedTime === null &&
      seqEnd - seqStart > 1 &&
      sendings >= IN_VAIN_THRESHOLDS.vainSendings.value &&
      l3Length <= IN_VAIN_THRESHOLDS.harmlessOctets.value &&
      packets[packets.length - 1].time - packets[0].time >= IN_VAIN_THRESHOLDS.heavyStallSeconds.value &&
      (peer.last?.time ?? 0) > packets[IN_VAIN_THRESHOLDS.vainSendings.value - 1].time &&
      (iss + seqStart) >>> 0 === asksFor(leg, direction),
  );
  if (range === undefined || peer.resets > 0) return null;
  const octets = range.seqEnd - range.seqStart;
  return { leg, sendings: range.sendings, missing: 0, packets: range.packets.map((ref) => ({ ref, octets })) };
}

/**
 * A hole at the octet that its receiver asks for, small enough for any link, and 2 s or more after the beginning. It
 * stayed for 2 s, or until the connection was ended. A younger one, where the capture ends, may yet be filled.
 */
function neverCame(evidence: Evidence, leg: Connection, direction: Direction): Vain | null {
  const stats = leg.directions[direction];
  if (stats.iss === null || !leg.complete || stats.gapOctets > 0 || !gatesOf(evidence).loss(leg.point).ok) return null;
  const { iss } = stats;
  const until =
    leg.end === null ? indexOf(evidence).endOf(leg.point) - IN_VAIN_THRESHOLDS.heavyStallSeconds.value : Infinity;
  const most = IN_VAIN_THRESHOLDS.harmlessOctets.value - HEADER_OCTETS;
  const hole = stats.holes.find(
    ({ seqStart, seqEnd, filledTime, acknowledged, noticed }) =>
      filledTime === null &&
      !acknowledged &&
      seqEnd - seqStart > 1 &&
      seqEnd - seqStart <= most &&
      noticed.time - leg.first.time >= IN_VAIN_THRESHOLDS.heavyStallSeconds.value &&
      noticed.time <= until &&
      (iss + seqStart) >>> 0 === asksFor(leg, direction),
  );
  if (hole === undefined) return null;
  const octets = hole.seqEnd - hole.seqStart;
  return { leg, sendings: 0, missing: octets, packets: [{ ref: hole.noticed, octets }] };
}

function enter(
  groups: Map<string, DataInVain>,
  conversation: Conversation,
  direction: Direction,
  { leg, sendings, missing, packets }: Vain,
): void {
  const [sender, receiver] = direction === TO_SERVER ? [leg.client, leg.server] : [leg.server, leg.client];
  const key = `${sender.address}>${receiver.address}`;
  let group = groups.get(key);
  if (group === undefined) {
    const nothing = { legs: [], conversations: [], sendings: 0, missing: 0, none: true, packets: [] };
    groups.set(key, (group = { sender: sender.address, receiver: receiver.address, direction, ...nothing }));
  }
  group.legs.push(leg);
  group.conversations.push(conversation);
  group.sendings += sendings;
  group.missing += missing;
  group.none &&= leg.directions[direction].firstAckedData === null;
  group.packets.push(...packets.map((one) => ({ ...one, point: leg.point })));
}

/** Whether an answer was sent in the connection and did not reach its client: its server is not silent. */
export const isAnswerMissing = (evidence: Evidence, leg: Connection): boolean =>
  neverCame(evidence, leg, TO_CLIENT) !== null || sentInVain(evidence, leg, TO_CLIENT) !== null;

/** Each sending, or the packet before which octets are missing, as evidence. */
export const inVainPackets = ({ packets, direction, sendings }: DataInVain): EvidencePacket[] =>
  packets.map(({ point, ref, octets }) => ({
    ...ref,
    point,
    direction: direction === TO_SERVER ? '>' : '<',
    note: sendings > 0 ? `${octets} octets, not acknowledged` : `${octets} octets before it never arrive`,
  }));
