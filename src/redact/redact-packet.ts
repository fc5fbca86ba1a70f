import { AddressBook } from '../decode/address-book.ts';
import { PacketDecoder } from '../decode/decode-packet.ts';
import { ETHERTYPE_ARP } from '../decode/headers/ethernet.ts';
import * as icmp from '../decode/headers/icmp.ts';
import * as ipv6 from '../decode/headers/ipv6.ts';
import * as tcp from '../decode/headers/tcp.ts';
import * as udp from '../decode/headers/udp.ts';
import * as linkTypes from '../decode/link-types.ts';
import { DNS_PORT } from '../decode/messages/dns-message.ts';
import { u16 } from '../decode/octets.ts';
import { FRAGMENT_LATER, type Packet } from '../decode/packet.ts';
import { checksumsOf } from './follow-checksums.ts';
import { headerEndOf } from './header-end.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { IGMP, redactIcmp, redactIgmp } from './redact-control.ts';
import { redactDatagram } from './redact-datagram.ts';
import { redactDns } from './redact-dns.ts';
import { redactArp, redactIp } from './redact-network.ts';
import { StreamRedaction } from './redact-stream.ts';
import { growth, sumOf, takeFrom } from './sums.ts';

/** Options of TCP whose values say nothing of the ends: padding, MSS, window, SACK, time stamps, user timeout. */
const KEPT_OPTIONS: ReadonlySet<number> = new Set([2, 3, 4, 5, 8, 28]);
/** A quoted packet is as long as its headers say. */
const UNTOLD_LENGTH = 2 ** 18;

/**
 * Replaces what tells whose packets these are, in place: addresses, names and payload at every depth. Everything else
 * stays, so that the same rules see the same faults. One instance reads one capture.
 */
export class PacketRedaction {
  readonly #pseudonyms: Pseudonyms;
  readonly #streams: StreamRedaction;

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
    this.#streams = new StreamRedaction(pseudonyms);
  }

  /** @param packet decoded from the octets that are replaced: its fields are those of before */
  redact(packet: Packet): void {
    const { bytes } = packet;
    const before = bytes.slice();
    const checksums = checksumsOf(packet);
    const ends = `${packet.interfaceIndex}.${packet.linkInterface}.${packet.depth} ${packet.source} ${packet.sourcePort} ${packet.destination} ${packet.destinationPort}`;
    this.#redactPayload(packet, ends);
    this.#redactHeaders(packet);
    for (const follow of checksums) follow(before, bytes);
    if (packet.fragment === FRAGMENT_LATER) keepSum(packet, before);
  }

  #redactHeaders(packet: Packet): void {
    const { bytes, end } = packet;
    const { macs } = this.#pseudonyms;
    const links = new Set([packet.ethernetAt]);
    const networks = new Set(packet.ipVersion === 0 ? [] : [packet.ipAt]);
    for (let depth = 0; depth < packet.depth; depth++) {
      links.add(packet.tunnels[depth].linkAt);
      networks.add(packet.tunnels[depth].ipAt);
    }
    for (const at of links) {
      if (at < 0) continue;
      macs.replace(bytes, at, end);
      macs.replace(bytes, at + 6, end);
    }
    if (packet.sourceMacAt >= 0 && !links.has(packet.sourceMacAt - 6)) macs.replace(bytes, packet.sourceMacAt, end);
    for (const at of networks) redactIp(this.#pseudonyms, bytes, at, end);
    // A header that is cut or broken has addresses, too.
    const { networkAt, etherType } = packet;
    if (packet.ipVersion === 0 && networkAt >= 0 && networkAt < end) {
      if (etherType === ETHERTYPE_ARP) redactArp(this.#pseudonyms, bytes, networkAt, end);
      else if (packet.stop?.layer === 'ipv4' || packet.stop?.layer === 'ipv6')
        redactBroken(this.#pseudonyms, bytes, networkAt, end, packet.stop.layer);
    }
  }

  #redactPayload(packet: Packet, ends: string): void {
    const { bytes, protocol, transportAt, payloadAt, payloadLength, fragment } = packet;
    const { octets } = this.#pseudonyms;
    const from = headerEndOf(packet);
    const isIp = packet.ipVersion !== 0 && from >= payloadAt && packet.stop?.kind !== 'too-short';
    const stop = isIp ? Math.max(from, Math.min(packet.end, payloadAt + payloadLength)) : packet.end;
    if (stop < packet.end) octets.fillPadding(bytes, stop, packet.end);
    if (fragment === FRAGMENT_LATER || transportAt < 0) {
      if (protocol === IGMP && packet.ipVersion === 4 && fragment !== FRAGMENT_LATER)
        redactIgmp(this.#pseudonyms, bytes, payloadAt, stop);
      else if (packet.ipVersion === 0 && packet.etherType === ETHERTYPE_ARP) octets.fillPadding(bytes, from, stop);
      else octets.fill(bytes, from, stop, Math.max(stop - from, payloadLength - (from - payloadAt)));
      return;
    }
    switch (protocol) {
      case tcp.PROTOCOL:
        this.#redactOptions(packet);
        if (!this.#isDnsMessage(packet, stop)) this.#streams.redact(packet, ends, stop);
        return;
      case udp.PROTOCOL:
        redactDatagram(this.#pseudonyms, packet, stop);
        return;
      case icmp.PROTOCOL:
      case icmp.PROTOCOL_V6:
        redactIcmp(this.#pseudonyms, packet, stop);
        if (packet.quotedAt >= 0) this.#redactQuoted(packet, stop);
        return;
      default:
        octets.fill(bytes, from, stop, payloadLength);
    }
  }

  /** A message of DNS in a segment of its own: its length in two octets, then the message (RFC 1035, 4.2.2). */
  #isDnsMessage({ bytes, payloadAt: at, payloadLength, sourcePort, destinationPort }: Packet, end: number): boolean {
    if ((sourcePort !== DNS_PORT && destinationPort !== DNS_PORT) || at + 2 > end) return false;
    return u16(bytes, at) === payloadLength - 2 && redactDns(this.#pseudonyms, bytes, at + 2, end);
  }

  #redactOptions({ bytes, transportAt, payloadAt }: Packet): void {
    for (let at = transportAt + tcp.LENGTH; at + 2 <= payloadAt && bytes[at] !== 0; ) {
      const length = bytes[at] === 1 ? 1 : bytes[at + 1];
      if (length < 1 || (length < 2 && bytes[at] !== 1)) return;
      if (length > 2 && !KEPT_OPTIONS.has(bytes[at]))
        this.#pseudonyms.octets.fill(bytes, at + 2, Math.min(payloadAt, at + length));
      at += length;
    }
  }

  /** What an ICMP error quotes is a packet, cut. */
  #redactQuoted(packet: Packet, end: number): void {
    const { bytes, quotedAt: start } = packet;
    const decoder = new PacketDecoder(new AddressBook());
    const record = { ...packet, start, end, originalLength: UNTOLD_LENGTH, flags: 0, dropCount: 0, offset: 0 };
    const quoted = decoder.decode({ ...record, bytes }, linkTypes.LINKTYPE_RAW);
    if (quoted.ipVersion === 0 && quoted.depth === 0 && quoted.stop?.kind !== 'too-short') {
      this.#pseudonyms.octets.fill(bytes, start, end);
      return;
    }
    new PacketRedaction(this.#pseudonyms).redact(quoted);
  }
}

/** The addresses of a header that could not be read, and octets behind it. */
function redactBroken(
  { addresses }: Pseudonyms,
  bytes: Uint8Array,
  at: number,
  end: number,
  layer: 'ipv4' | 'ipv6',
): void {
  const [size, first] = layer === 'ipv4' ? ([4, at + 12] as const) : ([16, ipv6.sourceAt(at)] as const);
  addresses.replace(bytes, first, end, size);
  addresses.replace(bytes, first + size, end, size);
}

/** The checksum of a datagram is in its first fragment: the sum of a later one must stay what it was. */
function keepSum({ bytes, payloadAt, payloadEnd }: Packet, before: Uint8Array): void {
  if (payloadEnd - payloadAt < 2) {
    bytes.set(before.subarray(payloadAt, payloadEnd), payloadAt);
    return;
  }
  const by = growth(sumOf(before, payloadAt, payloadEnd), sumOf(bytes, payloadAt, payloadEnd));
  const words = Math.floor((payloadEnd - payloadAt) / 2);
  takeFrom(bytes, payloadAt + 2 * (words - 1), by);
}
