import * as esp from '../../decode/headers/esp.ts';
import * as wireguard from '../../decode/headers/wireguard.ts';
import { u8 } from '../../decode/octets.ts';
import { FRAGMENT_NONE, type Packet } from '../../decode/packet.ts';
import { macAt } from '../compact/link-address.ts';
import type { CarrierFlow, PacketRef } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from './observation.ts';

const UDP = 17;
/** Octets of an IPv6 header without extensions. */
const IPV6_LENGTH = 40;

/**
 * Seconds within which a host shows what it decrypted: the same time as for a copy on one link (`copies.ts`), for softirq
 * and crypto queues lie between.
 */
export const DECRYPTED_WITHIN = 0.005;

/**
 * Octets that ESP adds to a packet (RFC 4303, 2). Least, in transport mode: SPI and sequence 8, pad length and next header 2,
 * integrity check value 12. Most: IPv6 40, UDP 8, SPI and sequence 8, IV 16, padding 15, 2, check value 32.
 */
export const LEAST_OVERHEAD = 22;
export const MOST_OVERHEAD = 121;

/** Encrypted packets that wait for their plain copy at the same time. */
const MOST_WAITING = 64;

interface Waiting {
  carrier: CarrierFlow;
  packet: number;
  point: number;
  time: number;
  /** IP lengths of a packet that may have been inside. */
  shortest: number;
  longest: number;
  /** Destination and source address of the frame; 0 without one. */
  linkTo: number;
  linkFrom: number;
}

/**
 * ESP by security association, WireGuard by receiver index, and which of their packets were decrypted: ESP at the same
 * point, WireGuard at another interface of the same capture. WireGuard initiations by their two peers, and which had a
 * response. Other packets cost two comparisons while none waits.
 */
export class CarrierTracker {
  readonly #carriers = new Map<string, CarrierFlow>();
  readonly #limits: Limits;
  /** Handshakes that wait for a response, by point, initiator, responder and sender index. */
  readonly #initiations = new Map<string, { carrier: CarrierFlow; packet: number; time: number }>();
  #waiting: Waiting[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether any packet may be the decrypted one of another. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** @param packet not encapsulated further, no copy */
  onPacket(packet: Packet, seen: Seen): void {
    const at = headerAt(packet);
    const type = at >= 0 || packet.protocol !== UDP ? 0 : wireguardTypeOf(packet);
    if (at >= 0) this.#onEsp(packet, seen, at);
    else if (type === wireguard.DATA) this.#onWireguard(packet, seen);
    else if (type !== 0) this.#onHandshake(packet, seen, type);
    else if (this.#waiting.length > 0) this.#onPlain(packet, seen);
  }

  finish(): CarrierFlow[] {
    this.#expire(Number.POSITIVE_INFINITY);
    for (const { carrier, packet, time } of this.#initiations.values()) this.#note(carrier, { packet, time });
    return [...this.#carriers.values()];
  }

  #onEsp(packet: Packet, seen: Seen, at: number): void {
    const carrier = this.#carrierOf('esp', packet, seen, esp.spi(packet.bytes, at));
    if (carrier === null) return;
    this.#count(carrier, packet, seen, esp.sequence(packet.bytes, at));
    const { l3Length } = packet;
    this.#wait(carrier, packet, seen, l3Length - MOST_OVERHEAD, l3Length - LEAST_OVERHEAD);
  }

  #onWireguard(packet: Packet, seen: Seen): void {
    const { bytes, payloadAt: at, payloadLength } = packet;
    const carrier = this.#carrierOf('wireguard', packet, seen, wireguard.receiverIndex(bytes, at));
    if (carrier === null) return;
    const longest = payloadLength - wireguard.EMPTY_DATA;
    // A keep-alive carries no packet.
    if (longest === 0) return;
    this.#count(carrier, packet, seen, wireguard.counter(bytes, at));
    this.#wait(carrier, packet, seen, longest - wireguard.PADDING + 1, longest);
  }

  #onHandshake(packet: Packet, seen: Seen, type: number): void {
    const { bytes, payloadAt: at, number, source, destination } = packet;
    const { point, time } = seen;
    if (type === wireguard.INITIATION) {
      const carrier = this.#carrierOf('wireguard-handshake', packet, seen, 0);
      if (carrier === null) return;
      this.#count(carrier, packet, seen, 0);
      carrier.spi = wireguard.senderIndex(bytes, at);
      if (this.#initiations.size >= this.#limits.carriers) return;
      this.#initiations.set(`${point} ${source} ${destination} ${carrier.spi}`, { carrier, packet: number, time });
      return;
    }
    const index =
      type === wireguard.RESPONSE ? wireguard.receiverIndexOfResponse(bytes, at) : wireguard.receiverIndex(bytes, at);
    const key = `${point} ${destination} ${source} ${index}`;
    const initiation = this.#initiations.get(key);
    if (initiation === undefined) return;
    this.#initiations.delete(key);
    initiation.carrier.followed++;
    initiation.carrier.lastFollowed = { packet: number, time };
  }

  /** The carrier of a packet; null when there are too many. */
  #carrierOf(
    kind: CarrierFlow['kind'],
    packet: Packet,
    { point, time, flow }: Seen,
    index: number,
  ): CarrierFlow | null {
    const key = `${kind} ${point} ${packet.source} ${packet.destination} ${index}`;
    const known = this.#carriers.get(key);
    if (known !== undefined) return known;
    if (this.#carriers.size >= this.#limits.carriers) return null;
    const { addresses } = packet;
    const ref = { packet: packet.number, time };
    const carrier: CarrierFlow = {
      kind,
      point,
      flow,
      source: addresses.format(packet.source),
      destination: addresses.format(packet.destination),
      spi: index,
      packets: 0,
      octets: 0,
      first: ref,
      last: ref,
      sequenceFirst: 0,
      sequenceLast: 0,
      followed: 0,
      entered: 0,
      lastFollowed: null,
      innerFlows: [],
      notFollowed: [],
    };
    this.#carriers.set(key, carrier);
    return carrier;
  }

  #count(carrier: CarrierFlow, packet: Packet, { time }: Seen, sequence: number): void {
    if (carrier.packets === 0) carrier.sequenceFirst = sequence;
    carrier.packets++;
    carrier.octets += packet.l3Length;
    carrier.last = { packet: packet.number, time };
    carrier.sequenceLast = sequence;
  }

  #wait(carrier: CarrierFlow, packet: Packet, { point, time }: Seen, shortest: number, longest: number): void {
    this.#expire(time - DECRYPTED_WITHIN);
    if (this.#waiting.length >= MOST_WAITING) this.#giveUp(this.#waiting.shift());
    this.#waiting.push({ carrier, point, packet: packet.number, time, shortest, longest, ...linkOf(packet) });
  }

  #onPlain(packet: Packet, { point, time, flow }: Seen): void {
    this.#expire(time - DECRYPTED_WITHIN);
    if (this.#waiting.length === 0) return;
    const { linkTo, linkFrom } = linkOf(packet);
    const at = this.#waiting.findIndex((waiting) => {
      const isEsp = waiting.carrier.kind === 'esp';
      const isSameLink = waiting.point === point && waiting.linkTo === linkTo && waiting.linkFrom === linkFrom;
      const isItsPlace = isEsp ? isSameLink : waiting.point !== point;
      return isItsPlace && packet.l3Length >= waiting.shortest && packet.l3Length <= waiting.longest;
    });
    if (at < 0) return;
    const [{ carrier }] = this.#waiting.splice(at, 1);
    carrier.followed++;
    carrier.lastFollowed = { packet: packet.number, time };
    const { innerFlows } = carrier;
    const isKnown = innerFlows.some((inner) => inner.point === point && inner.flow === flow);
    if (innerFlows.length < this.#limits.packetsPerItem && !isKnown) innerFlows.push({ point, flow });
  }

  /** Gives up those that came before `time`: no plain packet followed them. */
  #expire(time: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0].time < time) this.#giveUp(this.#waiting.shift());
  }

  #giveUp(waiting: Waiting | undefined): void {
    if (waiting !== undefined) this.#note(waiting.carrier, { packet: waiting.packet, time: waiting.time });
  }

  #note({ notFollowed }: CarrierFlow, ref: PacketRef): void {
    if (notFollowed.length < this.#limits.packetsPerItem) notFollowed.push(ref);
  }
}

/** SPI of ESP or receiver index of WireGuard data; 0 where the packet is neither. */
export function keyOfCarrier(packet: Packet): number {
  const at = headerAt(packet);
  if (at >= 0) return esp.spi(packet.bytes, at);
  if (packet.protocol !== UDP || wireguardTypeOf(packet) !== wireguard.DATA) return 0;
  return wireguard.receiverIndex(packet.bytes, packet.payloadAt);
}

/** Offset of a captured ESP header; -1 when the packet has none. */
function headerAt(packet: Packet): number {
  const at = startOf(packet);
  return at >= 0 && at + esp.LENGTH <= packet.end ? at : -1;
}

function startOf(packet: Packet): number {
  const { protocol, fragment, ipVersion, ipAt, bytes } = packet;
  if (protocol === esp.PROTOCOL && fragment === FRAGMENT_NONE)
    return ipVersion === 4 ? ipAt + (u8(bytes, ipAt) & 15) * 4 : ipAt + IPV6_LENGTH;
  const isUdp = protocol === UDP && (packet.sourcePort === esp.UDP_PORT || packet.destinationPort === esp.UDP_PORT);
  const hasSpi = isUdp && packet.payloadLength >= esp.LENGTH && packet.payloadAt + esp.LENGTH <= packet.payloadEnd;
  return hasSpi && esp.spi(bytes, packet.payloadAt) !== 0 ? packet.payloadAt : -1;
}

/** Type of the WireGuard message in a UDP datagram; 0 when it holds none. WireGuard has no port of its own. */
function wireguardTypeOf({ bytes, payloadAt, payloadEnd, payloadLength, fragment }: Packet): number {
  if (fragment !== FRAGMENT_NONE || payloadLength < wireguard.EMPTY_DATA) return 0;
  return payloadAt + wireguard.LENGTH <= payloadEnd ? wireguard.typeOf(bytes, payloadAt, payloadLength) : 0;
}

function linkOf({ bytes, ethernetAt: at }: Packet): { linkTo: number; linkFrom: number } {
  if (at < 0) return { linkTo: 0, linkFrom: 0 };
  return { linkTo: macAt(bytes, at), linkFrom: macAt(bytes, at + 6) };
}
