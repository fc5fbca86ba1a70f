import { formatIpv4 } from '../decode/address-book.ts';
import * as arp from '../decode/headers/arp.ts';
import { DNS_PORT, readDnsMessage } from '../decode/messages/dns-message.ts';
import { FRAGMENT_NONE, type Packet, TUNNEL_KINDS } from '../decode/packet.ts';
import { sanitize } from '../text/sanitize.ts';

const ETHERTYPE_ARP = 0x0806;
const TCP = 6; // IANA protocol numbers
const UDP = 17;
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'ICMP'],
  [2, 'IGMP'],
  [TCP, 'TCP'],
  [UDP, 'UDP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [132, 'SCTP'],
]);

/** Name of an IP protocol; its number when it has none here. */
export const protocolName = (protocol: number): string => NAMES.get(protocol) ?? `IP protocol ${protocol}`;

/** An end of a packet: address and port, IPv6 in brackets. */
export function endText(packet: Packet, address: number, port: number): string {
  const text = packet.addresses.format(address);
  if (!hasPorts(packet.protocol) || (port === 0 && packet.transportAt < 0)) return text;
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

export const hasPorts = (protocol: number): boolean => protocol === TCP || protocol === UDP || protocol === 132;

/** One line: number, seconds since the first packet, tunnels, ends, protocol, and what is odd about it. */
export function packetLine(packet: Packet, time: number): string {
  const head = `${String(packet.number).padStart(7)}  ${time.toFixed(6).padStart(12)}`;
  const words = [...tunnelWords(packet), ...innermost(packet), ...odd(packet)];
  return `${head}  ${words.join(' ')}`;
}

function tunnelWords(packet: Packet): string[] {
  return packet.tunnels.slice(0, packet.depth).map(({ kind, source, destination, networkId }) => {
    const id = networkId === 0 ? '' : ` ${networkId}`;
    return `[${TUNNEL_KINDS[kind]}${id} ${packet.addresses.format(source)} > ${packet.addresses.format(destination)}]`;
  });
}

function innermost(packet: Packet): string[] {
  const { bytes, networkAt } = packet;
  if (packet.ipVersion === 0) {
    if (packet.etherType === ETHERTYPE_ARP && packet.stop === undefined && arp.isForIpv4(bytes, networkAt))
      return [arpWords(bytes, networkAt)];
    return [packet.etherType === 0 ? 'not decoded' : `EtherType 0x${packet.etherType.toString(16).padStart(4, '0')}`];
  }
  const ends = `${endText(packet, packet.source, packet.sourcePort)} > ${endText(packet, packet.destination, packet.destinationPort)}`;
  return [ends, protocolName(packet.protocol), ...transportWords(packet)];
}

function arpWords(bytes: Uint8Array, at: number): string {
  const [sender, target] = [formatIpv4(arp.senderAddress(bytes, at)), formatIpv4(arp.targetAddress(bytes, at))];
  if (arp.operation(bytes, at) === arp.REQUEST) return `ARP who has ${target}, tell ${sender}`;
  return arp.operation(bytes, at) === arp.REPLY ? `ARP ${sender} is here, to ${target}` : 'ARP';
}

/** FIN, SYN, RST, PSH, ACK, URG, ECE, CWR as tcpdump writes them. */
const FLAGS = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W'];
export const flagsText = (flags: number): string =>
  FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0).join('') || 'none';

function transportWords(packet: Packet): string[] {
  if (packet.transportAt < 0) return [];
  const length = `${packet.payloadLength} octets`;
  if (packet.protocol === TCP)
    return [
      flagsText(packet.tcpFlags),
      `seq ${packet.tcpSeq}`,
      ...((packet.tcpFlags & 0x10) === 0 ? [] : [`ack ${packet.tcpAck}`]),
      `win ${packet.tcpWindow}`,
      ...(packet.tcpMss < 0 ? [] : [`mss ${packet.tcpMss}`]),
      length,
    ];
  if (packet.protocol === 1 || packet.protocol === 58) {
    const mtu = packet.icmpMtu > 0 ? [`MTU ${packet.icmpMtu}`] : [];
    return [`type ${packet.icmpType} code ${packet.icmpCode}`, ...mtu, length];
  }
  const isDns = packet.protocol === UDP && (packet.sourcePort === DNS_PORT || packet.destinationPort === DNS_PORT);
  return [...(isDns ? dnsWords(packet) : []), length];
}

function dnsWords({ bytes, payloadAt, payloadEnd }: Packet): string[] {
  const message = readDnsMessage(bytes, payloadAt, payloadEnd);
  if (message === undefined) return [];
  const { isResponse, name, id, rcode } = message;
  const what = isResponse ? `answer ${rcode === 0 ? '' : `rcode ${rcode} `}to` : 'asks for';
  return [`DNS ${id} ${what} ${sanitize(name ?? '?')}`];
}

function odd(packet: Packet): string[] {
  const { stop } = packet;
  return [
    ...(packet.fragment === FRAGMENT_NONE
      ? []
      : [`(fragment at ${packet.fragmentOffset}${packet.moreFragments ? '' : ', last'})`]),
    ...(packet.end - packet.start < packet.originalLength
      ? [`(cut at ${packet.end - packet.start} of ${packet.originalLength})`]
      : []),
    ...(stop?.kind === 'too-short' ? [`(${stop.layer} header cut)`] : []),
    ...(stop?.kind === 'bad-field' ? [`(bad ${stop.layer} header)`] : []),
  ];
}

/** Layers of a packet, one a line: link, each tunnel's outer IP, IP, transport. */
export function layerLines(packet: Packet): string[] {
  const lines = [
    `frame: ${packet.originalLength} octets on the wire, ${packet.end - packet.start} captured${packet.vlan < 0 ? '' : `, VLAN ${packet.vlan}`}`,
  ];
  for (const {
    kind,
    source,
    destination,
    sourcePort,
    destinationPort,
    ttl,
    l3Length,
    ipId,
    networkId,
  } of packet.tunnels.slice(0, packet.depth)) {
    const ports = sourcePort === 0 && destinationPort === 0 ? '' : `, UDP ${sourcePort} > ${destinationPort}`;
    lines.push(
      `outer: ${packet.addresses.format(source)} > ${packet.addresses.format(destination)}, TTL ${ttl}, ${l3Length} octets, id ${ipId}${ports}`,
      `${TUNNEL_KINDS[kind]}: ${networkId}`,
    );
  }
  if (packet.ipVersion !== 0)
    lines.push(
      `IPv${packet.ipVersion}: ${packet.addresses.format(packet.source)} > ${packet.addresses.format(packet.destination)}, TTL ${packet.ttl}, ${packet.l3Length} octets, id ${packet.ipId}${packet.dontFragment ? ', DF' : ''}, DSCP ${packet.dscp}, ECN ${packet.ecn}`,
    );
  if (packet.transportAt >= 0)
    lines.push(
      `${protocolName(packet.protocol)}: ${[...portWords(packet), ...transportWords(packet), ...optionWords(packet)].join(', ')}`,
    );
  return lines.map((line) => `           ${line}`);
}

const portWords = ({ protocol, sourcePort, destinationPort }: Packet): string[] =>
  hasPorts(protocol) ? [`${sourcePort} > ${destinationPort}`] : [];

function optionWords(packet: Packet): string[] {
  if (packet.protocol !== TCP) return [];
  const sack = Array.from(
    { length: packet.tcpSackCount },
    (_, at) => `${packet.tcpSack[2 * at]}-${packet.tcpSack[2 * at + 1]}`,
  );
  return [
    ...(packet.tcpWindowScale < 0 ? [] : [`window scale ${packet.tcpWindowScale}`]),
    ...(packet.tcpSackPermitted ? ['SACK permitted'] : []),
    ...(packet.tcpHasTimestamps ? [`timestamps ${packet.tcpTsValue} ${packet.tcpTsEcho}`] : []),
    ...(sack.length === 0 ? [] : [`SACK ${sack.join(' ')}`]),
  ];
}

const PER_LINE = 16;

/** Octets as hexadecimal numbers and text, 16 a line. */
export function octetLines(bytes: Uint8Array, start = 0, end = bytes.length): string[] {
  const lines: string[] = [];
  for (let at = start; at < end; at += PER_LINE) {
    const some = [...bytes.subarray(at, Math.min(at + PER_LINE, end))];
    const hex = some.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    const text = some.map((octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.')).join('');
    lines.push(`      ${(at - start).toString(16).padStart(4, '0')}  ${hex.padEnd(3 * PER_LINE)} ${text}`);
  }
  return lines;
}
