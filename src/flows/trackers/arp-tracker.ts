import * as arp from '../../decode/headers/arp.ts';
import { u8 } from '../../decode/octets.ts';
import { isToGroup, type Packet } from '../../decode/packet.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { AddressClaim, ArpExchange, PacketRef } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { AgedMap } from './aged-map.ts';

/** Seconds without repetition after which a request counts as a new one. */
const SILENCE_SECONDS = 30;

export const NEIGHBOUR_SOLICITATION = 135;
export const NEIGHBOUR_ADVERTISEMENT = 136;
/** ICMPv6 options (RFC 4861, 4.6.1). */
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;
/** Flag of an advertisement (RFC 4861, 4.4): it answers a solicitation. */
const SOLICITED = 0x40;
/** Offset of the target address in a solicitation or advertisement, and of the options. */
const TARGET_AT = 8;
const OPTIONS_AT = 24;

const BROADCAST_MAC = 0xffff_ffff_ffff;
const NO_ADDRESS = '0.0.0.0';

/** One ARP or neighbour discovery message, the same for both. */
export interface NeighbourMessage {
  protocol: 'arp' | 'nd';
  reply: boolean;
  sender: string;
  senderMac: number;
  target: string;
  /** An announcement of the sender's own address that nobody asked for. */
  announced: boolean;
  /** Sent to a broadcast or multicast MAC address. False where the link type shows none. */
  toGroup: boolean;
  /** Requester and target as `AddressBook` numbers, in both directions of the exchange. */
  askerNumber: number;
  targetNumber: number;
}

/** Reads an ARP message; undefined when it is neither a request nor a reply. */
export function readArp(packet: Packet): NeighbourMessage | undefined {
  const { bytes, addresses, networkAt: at } = packet;
  if (packet.stop !== undefined || at < 0) return undefined;
  const operation = arp.operation(bytes, at);
  if (operation !== arp.REQUEST && operation !== arp.REPLY) return undefined;
  const sender = arp.senderAddress(bytes, at);
  const target = arp.targetAddress(bytes, at);
  const reply = operation === arp.REPLY;
  return {
    protocol: 'arp',
    reply,
    sender: addresses.format(sender),
    senderMac: macAt(bytes, arp.senderMacAt(at)),
    target: addresses.format(target),
    announced: sender === target || (reply && isBroadcast(packet)),
    toGroup: isToGroup(packet),
    askerNumber: reply ? target : sender,
    targetNumber: reply ? sender : target,
  };
}

/** Reads a neighbour solicitation or advertisement (RFC 4861, 4.3 and 4.4); undefined when too little was captured. */
export function readNeighbour(packet: Packet): NeighbourMessage | undefined {
  const { bytes, addresses, transportAt: at } = packet;
  if (at < 0 || at + OPTIONS_AT > packet.payloadEnd) return undefined;
  const reply = packet.icmpType === NEIGHBOUR_ADVERTISEMENT;
  const subject = addresses.ipv6(bytes, at + TARGET_AT);
  const option = linkAddressOption(packet, at + OPTIONS_AT, reply ? TARGET_LINK_ADDRESS : SOURCE_LINK_ADDRESS);
  const link = option >= 0 ? option : packet.sourceMacAt;
  return {
    protocol: 'nd',
    reply,
    sender: addresses.format(reply ? subject : packet.source),
    senderMac: link >= 0 ? macAt(bytes, link) : 0,
    target: addresses.format(reply ? packet.destination : subject),
    announced: reply && (u8(bytes, at + 4) & SOLICITED) === 0,
    toGroup: isToGroup(packet),
    askerNumber: reply ? packet.destination : packet.source,
    targetNumber: subject,
  };
}

/** ARP and neighbour discovery at every point: who asks for which address, who answers, who claims it. */
export class ArpTracker {
  readonly exchanges: ArpExchange[] = [];
  total = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  /** Latest exchange by point, requester and target. */
  readonly #latest = AgedMap.byText<{ exchange: ArpExchange; lastTime: number }>();
  readonly #claims = new Map<string, AddressClaim>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** @param flow biflow of requester and target */
  onMessage(message: NeighbourMessage, packet: number, point: number, time: number, flow: number): void {
    const ref = { packet, time };
    if (message.reply || message.announced) this.#claim(message, point, ref);
    if (message.reply && !message.announced) this.#answer(message, point, ref);
    else this.#ask(message, point, ref, flow);
  }

  /** In the order in which the claims first appeared. */
  claims(): AddressClaim[] {
    return [...this.#claims.values()];
  }

  #ask(message: NeighbourMessage, point: number, ref: PacketRef, flow: number): void {
    // An announcement asks for nothing, so it is an exchange of its own that expects no answer.
    const target = message.announced ? message.sender : message.target;
    const key = `${point} ${message.sender} ${target}`;
    const known = this.#latest.get(key);
    if (known !== undefined && this.#goesOn(known, message, ref.time)) {
      known.lastTime = ref.time;
      known.exchange.requestsTotal++;
      if (message.toGroup) known.exchange.broadcasts++;
      if (known.exchange.requests.length < this.#limits.packetsPerItem) known.exchange.requests.push(ref);
      return;
    }
    this.total++;
    if (this.exchanges.length >= this.#limits.arpExchanges || this.#room?.take('neighbour') === false) {
      this.#latest.delete(key);
      return;
    }
    this.#latest.dropOld(ref.time, SILENCE_SECONDS);
    const exchange: ArpExchange = {
      index: this.exchanges.length,
      point,
      flow,
      protocol: message.protocol,
      asker: message.sender,
      askerMac: formatMac(message.senderMac),
      target,
      requests: [ref],
      requestsTotal: 1,
      broadcasts: message.toGroup ? 1 : 0,
      replies: [],
      gratuitous: message.announced,
    };
    this.exchanges.push(exchange);
    this.#latest.setLast(key, { exchange, lastTime: ref.time });
  }

  #goesOn(
    { exchange, lastTime }: { exchange: ArpExchange; lastTime: number },
    message: NeighbourMessage,
    time: number,
  ): boolean {
    return (
      exchange.replies.length === 0 &&
      exchange.gratuitous === message.announced &&
      exchange.askerMac === formatMac(message.senderMac) &&
      time - lastTime < SILENCE_SECONDS
    );
  }

  /** Further answers belong to the same request, because two machines may answer. */
  #answer(message: NeighbourMessage, point: number, ref: PacketRef): void {
    const known = this.#latest.get(`${point} ${message.target} ${message.sender}`);
    if (known === undefined || ref.time - known.lastTime >= SILENCE_SECONDS) return;
    if (known.exchange.replies.length >= this.#limits.packetsPerItem) return;
    known.exchange.replies.push({ ...ref, mac: formatMac(message.senderMac) });
  }

  #claim(message: NeighbourMessage, point: number, ref: PacketRef): void {
    const mac = formatMac(message.senderMac);
    const key = `${point} ${message.sender} ${mac}`;
    const known = this.#claims.get(key);
    const gratuitous = message.announced ? 1 : 0;
    if (known !== undefined) {
      known.claims++;
      known.last = ref;
      known.gratuitous += gratuitous;
    } else if (this.#claims.size < this.#limits.claims && message.sender !== NO_ADDRESS) {
      this.#claims.set(key, { point, address: message.sender, mac, claims: 1, first: ref, last: ref, gratuitous });
    }
  }
}

const isBroadcast = ({ bytes, destinationMacAt }: Packet): boolean =>
  destinationMacAt >= 0 && macAt(bytes, destinationMacAt) === BROADCAST_MAC;

/** Offset of the link address in the option of that type; -1 without that option. */
function linkAddressOption(packet: Packet, at: number, type: number): number {
  const { bytes, payloadEnd } = packet;
  while (at + 8 <= payloadEnd) {
    const length = u8(bytes, at + 1) * 8;
    if (length === 0) return -1;
    if (u8(bytes, at) === type) return at + 2;
    at += length;
  }
  return -1;
}
