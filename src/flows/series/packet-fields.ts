import { formatIpv4 } from '../../decode/address-book.ts';
import { transportChecksum } from '../../decode/checksum.ts';
import * as arp from '../../decode/headers/arp.ts';
import { DNS_PORT, readDnsMessage } from '../../decode/messages/dns-message.ts';
import { FRAGMENT_NONE, type Packet, TUNNEL_KINDS } from '../../decode/packet.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { PacketField } from '../evidence/series.ts';

const ETHERTYPE_ARP = 0x0806;
const TCP = 6; // IANA protocol numbers
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** Fields that people compare when they look for what is odd, by the names of Wireshark's display filters. */
export function fieldsOf(packet: Packet): PacketField[] {
  const fields: PacketField[] = [];
  const add = (name: string, value: string | number): void => void fields.push({ name, value: String(value) });
  const { bytes, addresses, sourceMacAt, destinationMacAt } = packet;
  if (packet.vlan >= 0) add('vlan.id', packet.vlan);
  for (const tunnel of packet.tunnels.slice(0, packet.depth)) {
    const kind = TUNNEL_KINDS[tunnel.kind];
    add(`outer ip.src`, addresses.format(tunnel.source));
    add(`outer ip.dst`, addresses.format(tunnel.destination));
    if (tunnel.destinationPort !== 0) add('outer udp.dstport', tunnel.destinationPort);
    add(kind, tunnel.networkId);
  }
  if (sourceMacAt >= 0) add('eth.src', formatMac(macAt(bytes, sourceMacAt)));
  if (destinationMacAt >= 0) add('eth.dst', formatMac(macAt(bytes, destinationMacAt)));
  if (packet.ipVersion !== 0) addIp(packet, add);
  else if (packet.etherType === ETHERTYPE_ARP && packet.stop === undefined) addArp(packet, add);
  return fields;
}

type Add = (name: string, value: string | number) => void;

function addArp({ bytes, networkAt }: Packet, add: Add): void {
  if (!arp.isForIpv4(bytes, networkAt)) return;
  add('arp.opcode', arp.operation(bytes, networkAt) === arp.REQUEST ? 'request' : 'reply');
  add('arp.src.hw_mac', formatMac(macAt(bytes, arp.senderMacAt(networkAt))));
  add('arp.src.proto_ipv4', formatIpv4(arp.senderAddress(bytes, networkAt)));
  add('arp.dst.proto_ipv4', formatIpv4(arp.targetAddress(bytes, networkAt)));
}

function addIp(packet: Packet, add: Add): void {
  const { addresses, ipVersion, protocol } = packet;
  const ip = ipVersion === 4 ? 'ip' : 'ipv6';
  add(`${ip}.src`, addresses.format(packet.source));
  add(`${ip}.dst`, addresses.format(packet.destination));
  add(ipVersion === 4 ? 'ip.ttl' : 'ipv6.hlim', packet.ttl);
  add(ipVersion === 4 ? 'ip.len' : 'length', packet.l3Length);
  if (ipVersion === 4) {
    add('ip.id', `0x${packet.ipId.toString(16).padStart(4, '0')}`);
    add('ip.flags.df', packet.dontFragment ? 1 : 0);
  }
  if (packet.fragment !== FRAGMENT_NONE) add('frag_offset', packet.fragmentOffset);
  if (packet.transportAt < 0) return;
  if (protocol === TCP) addTcp(packet, add);
  else if (protocol === UDP) addUdp(packet, add);
  else if (protocol === ICMP || protocol === ICMPV6) addIcmp(packet, add);
  if (transportChecksum(packet) === 'bad') add('checksum', 'wrong');
}

function addTcp(packet: Packet, add: Add): void {
  add('tcp.srcport', packet.sourcePort);
  add('tcp.dstport', packet.destinationPort);
  add('tcp.flags', FLAG_NAMES.filter((_, bit) => (packet.tcpFlags & (1 << bit)) !== 0).join(' ') || 'none');
  add('tcp.seq_raw', packet.tcpSeq);
  if (packet.tcpAck !== 0) add('tcp.ack_raw', packet.tcpAck);
  add('tcp.len', packet.payloadLength);
  add('tcp.window', packet.tcpWindow);
  if (packet.tcpMss >= 0) add('tcp.options.mss_val', packet.tcpMss);
  if (packet.tcpSackCount > 0) add('tcp.options.sack', packet.tcpSackCount);
}

function addUdp(packet: Packet, add: Add): void {
  add('udp.srcport', packet.sourcePort);
  add('udp.dstport', packet.destinationPort);
  add('udp.length', packet.payloadLength + 8);
  if (packet.sourcePort !== DNS_PORT && packet.destinationPort !== DNS_PORT) return;
  const message = readDnsMessage(packet.bytes, packet.payloadAt, packet.payloadEnd);
  if (message === undefined) return;
  add('dns.id', `0x${message.id.toString(16).padStart(4, '0')}`);
  add('dns.qry.name', message.name);
  if (!message.isResponse) return;
  add('dns.flags.rcode', message.rcode);
  add('dns.count.answers', message.answers);
  if (message.truncated) add('dns.flags.truncated', 1);
}

function addIcmp(packet: Packet, add: Add): void {
  const name = packet.protocol === ICMP ? 'icmp' : 'icmpv6';
  add(`${name}.type`, packet.icmpType);
  add(`${name}.code`, packet.icmpCode);
  if (packet.icmpSequence !== 0) add(`${name}.seq`, packet.icmpSequence);
  if (packet.icmpMtu > 0) add(`${name}.mtu`, packet.icmpMtu);
}
