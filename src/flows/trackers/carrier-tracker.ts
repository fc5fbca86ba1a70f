import * as esp from '../../decode/headers/esp.ts';
import { u8, u16, u32 } from '../../decode/octets.ts';
import { FRAGMENT_NONE, type Packet } from '../../decode/packet.ts';
import type { CarrierFlow } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from './observation.ts';

const UDP = 17;
/** Octets of an IPv6 header without extensions. */
const IPV6_LENGTH = 40;

/**
 * Seconds within which a host shows what it decrypted: the same time as for a copy on one link (`copies.ts`), for softirq
 * and crypto queues lie between.
 */
const DECRYPTED_WITHIN = 0.005;

/**
 * Octets that ESP adds to a packet (RFC 4303, 2). Least, in transport mode: SPI and sequence 8, pad length and next header 2,
 * integrity check value 12. Most: IPv6 40, UDP 8, SPI and sequence 8, IV 16, padding 15, 2, check value 32.
 */
const LEAST_OVERHEAD = 22;
const MOST_OVERHEAD = 121;

/** Encrypted packets that wait for their plain copy at the same time. */
const MOST_WAITING = 64;

interface Waiting {
  carrier: CarrierFlow;
  packet: number;
  point: number;
  time: number;
  l3Length: number;
  /** Destination and source address of the frame; 0 without one. */
  linkTo: number;
  linkFrom: number;
}

/**
 * ESP by security association, and which of its packets were decrypted at the same point. Other packets cost one
 * comparison while no ESP packet waits.
 */
export class CarrierTracker {
  readonly #carriers = new Map<string, CarrierFlow>();
  readonly #limits: Limits;
  #waiting: Waiting[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @param packet not encapsulated further, no copy */
  onPacket(packet: Packet, seen: Seen): void {
    const at = headerAt(packet);
    if (at >= 0) this.#onEsp(packet, seen, at);
    else if (this.#waiting.length > 0) this.#onPlain(packet, seen);
  }

  finish(): CarrierFlow[] {
    this.#expire(Number.POSITIVE_INFINITY);
    return [...this.#carriers.values()];
  }

  #onEsp(packet: Packet, { point, time, flow }: Seen, at: number): void {
    const spi = esp.spi(packet.bytes, at);
    const key = `${point} ${packet.source} ${packet.destination} ${spi}`;
    const ref = { packet: packet.number, time };
    let carrier = this.#carriers.get(key);
    if (carrier === undefined) {
      if (this.#carriers.size >= this.#limits.carriers) return;
      const { addresses } = packet;
      carrier = {
        point,
        flow,
        source: addresses.format(packet.source),
        destination: addresses.format(packet.destination),
        spi,
        packets: 0,
        octets: 0,
        first: ref,
        last: ref,
        sequenceFirst: esp.sequence(packet.bytes, at),
        sequenceLast: 0,
        followed: 0,
        lastFollowed: null,
        innerFlows: [],
        notFollowed: [],
      };
      this.#carriers.set(key, carrier);
    }
    carrier.packets++;
    carrier.octets += packet.l3Length;
    carrier.last = ref;
    carrier.sequenceLast = esp.sequence(packet.bytes, at);
    this.#expire(time - DECRYPTED_WITHIN);
    if (this.#waiting.length >= MOST_WAITING) this.#giveUp(this.#waiting.shift());
    this.#waiting.push({ carrier, point, ...ref, l3Length: packet.l3Length, ...linkOf(packet) });
  }

  #onPlain(packet: Packet, { point, time, flow }: Seen): void {
    this.#expire(time - DECRYPTED_WITHIN);
    if (this.#waiting.length === 0) return;
    const { linkTo, linkFrom } = linkOf(packet);
    const at = this.#waiting.findIndex((waiting) => {
      const overhead = waiting.l3Length - packet.l3Length;
      const isSameLink = waiting.point === point && waiting.linkTo === linkTo && waiting.linkFrom === linkFrom;
      return isSameLink && overhead >= LEAST_OVERHEAD && overhead <= MOST_OVERHEAD;
    });
    if (at < 0) return;
    const [{ carrier }] = this.#waiting.splice(at, 1);
    carrier.followed++;
    carrier.lastFollowed = { packet: packet.number, time };
    const { innerFlows } = carrier;
    if (innerFlows.length < this.#limits.packetsPerItem && !innerFlows.includes(flow)) innerFlows.push(flow);
  }

  /** Gives up those that came before `time`: no plain packet followed them. */
  #expire(time: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0].time < time) this.#giveUp(this.#waiting.shift());
  }

  #giveUp(waiting: Waiting | undefined): void {
    if (waiting === undefined) return;
    const { notFollowed } = waiting.carrier;
    if (notFollowed.length < this.#limits.packetsPerItem)
      notFollowed.push({ packet: waiting.packet, time: waiting.time });
  }
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

function linkOf({ bytes, ethernetAt: at }: Packet): { linkTo: number; linkFrom: number } {
  if (at < 0) return { linkTo: 0, linkFrom: 0 };
  return { linkTo: macAt(bytes, at), linkFrom: macAt(bytes, at + 6) };
}

/** 48 bits. */
const macAt = (bytes: Uint8Array, at: number): number => u32(bytes, at) * 2 ** 16 + u16(bytes, at + 4);
