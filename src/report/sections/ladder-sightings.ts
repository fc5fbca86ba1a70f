/** Single packets of one conversation at its capture points, as far as the evidence holds them. */
import type {
  Connection,
  Conversation,
  DatagramFlow,
  Direction,
  Endpoint,
  Evidence,
  Leg,
  PacketRef,
  SegmentEvent,
} from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';

/** One packet at one passage of a point. */
export interface PacketSighting {
  /** Index into `Conversation.legs`. A packet may pass a NIC twice: plain, then encapsulated. */
  leg: number;
  packet: number;
  /** Time on the common clock. */
  time: number;
  /** Direction by the roles of the conversation. */
  direction: Direction;
  /** The same for the same content at every point: a transmission and its retransmissions share it. */
  content: string;
  /** IP ID; 0 when unknown. Then only the time tells retransmissions apart. */
  ipId: number;
  note: string;
}

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** Every packet of a conversation that the evidence holds, once for each leg. */
export function sightingsOf(evidence: Evidence, conversation: Conversation): PacketSighting[] {
  const found = new Map<string, PacketSighting>();
  for (const [index, leg] of conversation.legs.entries()) {
    for (const sighting of sightingsOfLeg(evidence, leg, index)) {
      const key = `${index} ${sighting.packet}`;
      if (!found.has(key)) found.set(key, sighting);
    }
  }
  return [...found.values()];
}

function sightingsOfLeg(evidence: Evidence, leg: Leg, index: number): PacketSighting[] {
  const { timeShift } = evidence.points[leg.point];
  const sightings: PacketSighting[] = [];
  const see: See = ({ packet, time }, direction, content, note, ipId = 0) =>
    sightings.push({
      leg: index,
      packet,
      time: time + timeShift,
      direction,
      content: `${direction} ${content}`,
      note,
      ipId,
    });
  const ofLeg = (item: { point: number; flow: number }) => item.point === leg.point && item.flow === leg.flow;
  if (leg.kind === 'tcp') ofConnection(evidence.connections[leg.index], leg, see);
  else if (leg.kind === 'datagram') {
    for (const { queries, responses, id, name, type } of evidence.dns.filter(ofLeg)) {
      for (const query of queries) see(query, TO_SERVER, `dns ${id} ${name} ${type}`, `query ${id} ${name}`);
      for (const response of responses) see(response, TO_CLIENT, `dns ${id} ${name} ${type}`, `response ${id} ${name}`);
    }
    ofDatagrams(evidence.datagrams[leg.index], leg, see);
  } else if (leg.kind === 'echo') {
    for (const { request, reply, sequence, l3Length } of evidence.echoes.filter(ofLeg)) {
      if (request !== null) see(request, TO_SERVER, `echo ${sequence}`, `echo request ${sequence}, ${l3Length} octets`);
      if (reply !== null) see(reply, TO_CLIENT, `echo ${sequence}`, `echo reply ${sequence}`);
    }
  } else {
    for (const { requests, replies, target } of evidence.arp.filter(ofLeg)) {
      for (const request of requests) see(request, TO_SERVER, `arp ${target}`, `who has ${target}`);
      for (const reply of replies) see(reply, TO_CLIENT, `arp ${target}`, `${target} is at ${reply.mac}`);
    }
  }
  return sightings;
}

type See = (at: PacketRef, direction: Direction, content: string, note: string, ipId?: number) => void;

const isFlipped = (client: Endpoint, leg: Leg): boolean =>
  client.address !== leg.client.address || client.port !== leg.client.port;

/** This point may have guessed the roles of client and server differently. */
const inConversation = (flipped: boolean, direction: Direction): Direction =>
  flipped ? ((1 - direction) as Direction) : direction;

function ofConnection(connection: Connection | undefined, leg: Leg, see: See): void {
  if (connection === undefined) return;
  const flipped = isFlipped(connection.client, leg);
  for (const event of connection.events) {
    const direction = inConversation(flipped, event.direction);
    see(event, direction, contentOf(connection, event), noteOf(event), event.ipId);
  }
  const [toServer, toClient] = [inConversation(flipped, TO_SERVER), inConversation(flipped, TO_CLIENT)];
  for (const syn of connection.syn) see(syn, toServer, 'SYN', 'SYN');
  for (const synAck of connection.synAck) see(synAck, toClient, 'SYN-ACK', 'SYN-ACK');
  for (const side of [TO_SERVER, TO_CLIENT] as const) {
    for (const { seqStart, seqEnd, l3Length, packets } of connection.directions[side].repeats) {
      const note = `seq ${seqStart}:${seqEnd}, ${l3Length} octets`;
      for (const packet of packets)
        see(packet, inConversation(flipped, side), `seq ${rawOf(connection, side, seqStart)}`, note);
    }
  }
}

/** Sequence numbers are relative only where the SYN was seen, and another point may have missed it. */
const rawOf = (connection: Connection, side: Direction, seq: number): number =>
  (seq + (connection.directions[side].iss ?? 0)) >>> 0;

function contentOf(connection: Connection, { direction, flags, seqStart, seqEnd, ack, window }: SegmentEvent): string {
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? 'SYN-ACK' : 'SYN';
  const seq = rawOf(connection, direction, seqStart);
  if ((flags & RST) !== 0) return `RST ${seq}`;
  if (seqEnd !== seqStart && (flags & FIN) === 0) return `seq ${seq}`;
  return `flags ${flags} ${seq} ${rawOf(connection, (1 - direction) as Direction, ack)} ${window}`;
}

function noteOf({ flags, seqStart, seqEnd, ack, l3Length }: SegmentEvent): string {
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? 'SYN-ACK' : 'SYN';
  if ((flags & RST) !== 0) return 'RST';
  if ((flags & FIN) !== 0) return 'FIN';
  return seqEnd === seqStart ? `ack ${ack}` : `seq ${seqStart}:${seqEnd}, ${l3Length} octets`;
}

function ofDatagrams(datagrams: DatagramFlow | undefined, leg: Leg, see: See): void {
  if (datagrams === undefined) return;
  const flipped = isFlipped(datagrams.client, leg);
  for (const side of [TO_SERVER, TO_CLIENT] as const)
    for (const sample of datagrams.samples[side]) see(sample, inConversation(flipped, side), 'datagram', 'datagram');
}
