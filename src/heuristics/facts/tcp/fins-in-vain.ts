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
import { fileHasPureAcks } from '../counter/acknowledgements.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { IN_VAIN_THRESHOLDS, VAIN_CONNECTIONS } from './data-in-vain.ts';

export const FINS_THRESHOLDS = {
  vainSendings: IN_VAIN_THRESHOLDS.vainSendings,
  finSeconds: IN_VAIN_THRESHOLDS.heavyStallSeconds,
  finConnections: VAIN_CONNECTIONS,
  finShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

/** FINs of one host that another never gets, while the other packets of the two pass. */
export interface FinsInVain {
  sender: string;
  receiver: string;
  direction: Direction;
  legs: Connection[];
  conversations: Conversation[];
  /** Connections of the two that the sender ended, those of `legs` among them. */
  ended: number;
  /** Sendings of these FINs, where their sender's packets were captured; 0 at the receiver's side. */
  sendings: number;
  packets: { point: number; ref: PacketRef }[];
}

/**
 * FINs that do not arrive. At the sender's side:
 *
 *   FIN → · again · again      meanwhile the other host sends other packets, and acknowledges all but the FIN
 *
 * At the receiver's side, where none comes in:
 *
 *   · ← last data · … · FIN → · ← ACK of it, one number further on
 */
export function finsInVain(evidence: Evidence): FinsInVain[] {
  const groups = new Map<string, FinsInVain>();
  for (const conversation of indexOf(evidence).tcp)
    for (const direction of [TO_SERVER, TO_CLIENT] as const) {
      const legs = indexOf(evidence).connections(conversation);
      const [origin, end] =
        direction === TO_SERVER ? [legs[0], legs[legs.length - 1]] : [legs[legs.length - 1], legs[0]];
      if (!hasEnded(origin, direction)) continue;
      const group = groupOf(groups, origin, direction);
      group.ended++;
      if (conversation.hops.some((hop) => hop.direction === direction && hop.lost > 0)) continue;
      const found = sentInVain(evidence, origin, direction) ?? neverCame(evidence, end, direction);
      if (found === null) continue;
      group.legs.push(found.leg);
      group.conversations.push(conversation);
      group.sendings += found.sendings;
      group.packets.push(...found.packets.map((ref) => ({ point: found.leg.point, ref })));
    }
  return [...groups.values()].filter(
    ({ legs, ended }) =>
      legs.length >= FINS_THRESHOLDS.finConnections.value && legs.length >= FINS_THRESHOLDS.finShare.value * ended,
  );
}

function groupOf(groups: Map<string, FinsInVain>, { client, server }: Connection, direction: Direction): FinsInVain {
  const [sender, receiver] = direction === TO_SERVER ? [client, server] : [server, client];
  const key = `${sender.address}>${receiver.address}`;
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: FinsInVain = {
    sender: sender.address,
    receiver: receiver.address,
    direction,
    legs: [],
    conversations: [],
    ended: 0,
    sendings: 0,
    packets: [],
  };
  groups.set(key, group);
  return group;
}

/** Whether the side sent a FIN, or its later numbers tell that it did. */
export const hasEnded = ({ directions }: Connection, direction: Direction): boolean =>
  directions[direction].fins > 0 || directions[direction].holes.some(isOneNumber);

const isOneNumber = ({ seqStart, seqEnd }: { seqStart: number; seqEnd: number }): boolean => seqEnd - seqStart === 1;

interface Vain {
  leg: Connection;
  sendings: number;
  packets: PacketRef[];
}

/**
 * The FIN alone waits and is sent three times or more over 2 s. After the third sending the other host still speaks, in
 * this connection or another one: it is there, and the FIN does not get to it.
 */
function sentInVain(evidence: Evidence, leg: Connection, direction: Direction): Vain | null {
  const stats = leg.directions[direction];
  const peer = leg.directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  const { vainSendings, finSeconds } = FINS_THRESHOLDS;
  const { unackedSince: first, last, finsAgain, unackedOctets, resets } = stats;
  if (first === null || last === null || unackedOctets !== 1 || finsAgain + 1 < vainSendings.value) return null;
  if (resets > 0 || peer.resets > 0 || peer.packets === 0 || last.time - first.time < finSeconds.value) return null;
  if (!gatesOf(evidence).loss(leg.point).ok || fileHasPureAcks(evidence, leg.point) === 'refuted') return null;
  const again = leg.events.filter(
    (event) => event.direction === direction && event.kind === 'retransmission' && event.time > first.time,
  );
  const third = again[vainSendings.value - 2];
  if (third === undefined || !speaksAfter(evidence, leg, direction, third.time)) return null;
  return { leg, sendings: finsAgain + 1, packets: [first, ...again] };
}

/** Whether the receiver sends a packet after a time, and not only in the moment in which it may have crossed the FIN. */
function speaksAfter({ hosts }: Evidence, { point, client, server }: Connection, direction: Direction, time: number) {
  const { address } = direction === TO_SERVER ? server : client;
  return hosts.some((host) => host.point === point && host.address === address && (host.lastSent ?? 0) > time);
}

/**
 * The last number of the side is one that no packet carried, after all of its data had come: the FIN. The other side
 * ended the connection too, and the later packet answers that.
 */
function neverCame(evidence: Evidence, leg: Connection, direction: Direction): Vain | null {
  const stats = leg.directions[direction];
  const peer = leg.directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  const { iss, seqHigh, fins, resets, gapOctets, holes } = stats;
  if (iss === null || !leg.complete || fins > 0 || resets > 0 || gapOctets > 0 || peer.fins === 0) return null;
  if (!gatesOf(evidence).loss(leg.point).ok) return null;
  const hole = holes.find(
    ({ seqStart, seqEnd, filledTime, acknowledged, noticed }) =>
      isOneNumber({ seqStart, seqEnd }) &&
      filledTime === null &&
      !acknowledged &&
      (iss + seqEnd) >>> 0 === seqHigh &&
      (iss + seqStart) >>> 0 === peer.ackHigh &&
      noticed.time - leg.first.time >= FINS_THRESHOLDS.finSeconds.value,
  );
  return hole === undefined ? null : { leg, sendings: 0, packets: [hole.noticed] };
}

/** Each sending of the FINs, or the packet that tells of one, as evidence. */
export const finsPackets = ({ packets, direction, sendings }: FinsInVain): EvidencePacket[] =>
  packets.map(({ point, ref }) => ({
    ...ref,
    point,
    direction: direction === TO_SERVER ? '>' : '<',
    note: sendings > 0 ? 'FIN, not acknowledged' : 'the FIN before it never came',
  }));
