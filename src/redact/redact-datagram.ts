import * as esp from '../decode/headers/esp.ts';
import * as wireguard from '../decode/headers/wireguard.ts';
import { DNS_PORT } from '../decode/messages/dns-message.ts';
import { NTP_PORT } from '../decode/messages/ntp.ts';
import { isQuicInitial } from '../decode/messages/quic.ts';
import type { Packet } from '../decode/packet.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { redactDhcp } from './redact-dhcp.ts';
import { redactDns } from './redact-dns.ts';

/** Ports of names beside DNS: multicast DNS (RFC 6762), LLMNR (RFC 4795). */
const NAME_PORTS: ReadonlySet<number> = new Set([DNS_PORT, 5353, 5355]);
const DHCP_PORTS: ReadonlySet<number> = new Set([67, 68]);
const NTP_OCTETS = 48;
const NTP_REFERENCE_AT = 12;
/** Form, version and length of the identifier. */
const QUIC_OPENING = 6;
/** Type, indexes and counter. */
const WIREGUARD_HEAD: readonly number[] = [0, 8, 12, 8, 16];
/** IKE through UDP 4500 begins with no SPI, then its own header (RFC 3948, 2.2; RFC 7296, 3.1). */
const NO_SPI_OCTETS = 4;
const IKE_HEAD = 28;

/** The payload of a UDP datagram, up to `end`. What a protocol needs to be recognised stays. */
export function redactDatagram(pseudonyms: Pseudonyms, packet: Packet, end: number): void {
  const { bytes, payloadAt: at, payloadLength, sourcePort, destinationPort } = packet;
  const has = (ports: ReadonlySet<number>): boolean => ports.has(sourcePort) || ports.has(destinationPort);
  if (has(NAME_PORTS) && redactDns(pseudonyms, bytes, at, end)) return;
  if (has(DHCP_PORTS) && redactDhcp(pseudonyms, bytes, at, end)) return;
  const kept = Math.min(end, at + keptOctets(packet, end));
  if (sourcePort === NTP_PORT || destinationPort === NTP_PORT) redactReference(pseudonyms, bytes, at, end);
  pseudonyms.octets.fill(bytes, kept, end, payloadLength - (kept - at));
}

function keptOctets({ bytes, payloadAt: at, payloadLength, sourcePort, destinationPort }: Packet, end: number): number {
  const isOf = (port: number): boolean => sourcePort === port || destinationPort === port;
  if (isOf(NTP_PORT)) return NTP_OCTETS;
  if (isOf(esp.UDP_PORT) && at + esp.LENGTH <= end)
    return esp.spi(bytes, at) === 0 ? NO_SPI_OCTETS + IKE_HEAD : esp.LENGTH;
  if (isOf(500)) return IKE_HEAD;
  if (isQuicInitial(bytes, at, end, payloadLength)) return QUIC_OPENING;
  if (at + wireguard.LENGTH > end) return 0;
  return WIREGUARD_HEAD[wireguard.typeOf(bytes, at, payloadLength)];
}

/** From stratum 2 on the reference is the address of a server (RFC 5905, 7.3). */
function redactReference({ addresses }: Pseudonyms, bytes: Uint8Array, at: number, end: number): void {
  if (at + 2 <= end && bytes[at + 1] >= 2 && bytes[at + 1] < 16)
    addresses.replace(bytes, at + NTP_REFERENCE_AT, end, 4);
}
