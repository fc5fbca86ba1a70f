import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import { OpenReader } from '../../src/decode/files/open-reader.ts';
import { type DnsMessage, readDnsMessage } from '../../src/decode/messages/dns-message.ts';
import { FRAGMENT_NONE, type Packet, TUNNEL_KINDS } from '../../src/decode/packet.ts';
import { decodeQuoted } from '../../src/decode/quoted-packet.ts';
import { capturesUnder, hasProgram, tsharkFields, withConcatenated } from '../support/shared-captures.ts';

/** One IP header of a frame, outermost first, quoted ones last. */
interface Header {
  source: number;
  destination: number;
  ports: [number, number] | undefined;
  /** Of VXLAN in this header's packet. */
  vni: number | undefined;
}

type Seen = { packet: Packet; headers: Header[] };
/** What tshark should print for a field; undefined where the two are not comparable. */
type Expected = (seen: Seen) => string | undefined;

const UDP = 17;

const addressesOf =
  (end: 'source' | 'destination', version: 4 | 6): Expected =>
  ({ packet, headers }) =>
    headers
      .map((header) => header[end])
      .filter((address) => address < FIRST_IPV6 === (version === 4))
      .map((address) => packet.addresses.format(address))
      .join();

const tcpField =
  (read: (packet: Packet) => number | string): Expected =>
  ({ packet }) =>
    packet.protocol === 6 && packet.transportAt >= 0 && packet.fragment === FRAGMENT_NONE
      ? String(read(packet))
      : undefined;

const optional = (there: boolean, value: number): number | string => (there ? value : '');

/** Of a whole UDP message on port 53, as long as few answers as are kept and plain names are in it. */
const dnsField =
  (read: (message: DnsMessage) => string): Expected =>
  ({ packet }) => {
    const onPort = packet.sourcePort === 53 || packet.destinationPort === 53;
    if (packet.protocol !== UDP || !onPort || packet.transportAt < 0 || packet.fragment !== FRAGMENT_NONE)
      return undefined;
    const message = readDnsMessage(packet.bytes, packet.payloadAt, packet.payloadEnd);
    const isPlain = message !== undefined && !message.cut && message.type !== 0 && !message.name.includes('\\');
    return isPlain && message.opcode === 0 && message.answers <= 4 ? read(message) : undefined;
  };

const dnsAddresses = dnsField(({ addresses }) => addresses.filter((address) => address.includes('.')).join());

/** Authority records, or additional ones beside EDNS: tshark prints their addresses too. */
const hasGlue = ({ bytes, payloadAt }: Packet): boolean =>
  bytes[payloadAt + 9] + bytes[payloadAt + 8] + bytes[payloadAt + 10] > 0 || bytes[payloadAt + 11] > 1;

const FIELDS: Record<string, Expected> = {
  'ip.src': addressesOf('source', 4),
  'ip.dst': addressesOf('destination', 4),
  'ipv6.src': addressesOf('source', 6),
  'ipv6.dst': addressesOf('destination', 6),
  'vxlan.vni': ({ headers }) => headers.flatMap(({ vni }) => vni ?? []).join(),
  'udp.srcport': ({ headers }) => headers.flatMap(({ ports }) => ports?.[0] ?? []).join(),
  'udp.dstport': ({ headers }) => headers.flatMap(({ ports }) => ports?.[1] ?? []).join(),
  'tcp.srcport': tcpField((packet) => packet.sourcePort),
  'tcp.dstport': tcpField((packet) => packet.destinationPort),
  'tcp.seq_raw': tcpField((packet) => packet.tcpSeq),
  'tcp.ack_raw': tcpField((packet) => packet.tcpAck),
  'tcp.flags': tcpField((packet) => `0x${packet.tcpFlags.toString(16).padStart(4, '0')}`),
  'tcp.len': tcpField((packet) => packet.payloadLength),
  'tcp.window_size_value': tcpField((packet) => packet.tcpWindow),
  'tcp.options.timestamp.tsval': tcpField((packet) => optional(packet.tcpHasTimestamps, packet.tcpTsValue)),
  'tcp.options.timestamp.tsecr': tcpField((packet) => optional(packet.tcpHasTimestamps, packet.tcpTsEcho)),
  'tcp.options.mss_val': tcpField((packet) => optional(packet.tcpMss >= 0, packet.tcpMss)),
  'tcp.options.wscale.shift': tcpField((packet) => optional(packet.tcpWindowScale >= 0, packet.tcpWindowScale)),
  'tcp.options.sack.count': tcpField((packet) => optional(packet.tcpSackCount > 0, packet.tcpSackCount)),
  'ip.frag_offset': ({ packet, headers }) =>
    packet.ipVersion === 4 && packet.depth === 0 && headers.length === 1
      ? String(packet.fragmentOffset / 8)
      : undefined,
  'arp.opcode': ({ packet }) =>
    packet.etherType === 0x0806 && packet.stop === undefined
      ? String((packet.bytes[packet.networkAt + 6] << 8) | packet.bytes[packet.networkAt + 7])
      : undefined,
  'dns.id': dnsField(({ id }) => `0x${id.toString(16).padStart(4, '0')}`),
  'dns.qry.name': dnsField(({ name }) => (name === '.' ? '<Root>' : name)),
  'dns.qry.type': dnsField(({ type }) => String(type)),
  'dns.flags.rcode': dnsField(({ isResponse, rcode }) => (isResponse ? String(rcode & 15) : '')),
  'dns.a': (seen) => (hasGlue(seen.packet) ? undefined : dnsAddresses(seen)),
  'icmp.type': ({ packet, headers }) =>
    packet.protocol === 1 && packet.transportAt >= 0 && headers.length === packet.depth + 1
      ? String(packet.icmpType)
      : undefined,
};

function headersOf(packet: Packet): Header[] {
  const isUdp = (protocol: number): boolean => protocol === UDP;
  const headers: Header[] = packet.tunnels.slice(0, packet.depth).map((outer) => ({
    source: outer.source,
    destination: outer.destination,
    ports: outer.udpAt >= 0 ? [outer.sourcePort, outer.destinationPort] : undefined,
    vni: TUNNEL_KINDS[outer.kind] === 'vxlan' ? outer.networkId : undefined,
  }));
  const { source, destination } = packet;
  const hasUdp = isUdp(packet.protocol) && packet.transportAt >= 0;
  const ports: Header['ports'] = hasUdp ? [packet.sourcePort, packet.destinationPort] : undefined;
  if (packet.ipVersion !== 0) headers.push({ source, destination, ports, vni: undefined });
  const quoted = decodeQuoted(packet);
  for (const header of [quoted, quoted?.inner]) {
    if (header === undefined) continue;
    const quotedPorts: Header['ports'] =
      isUdp(header.protocol) && header.hasPorts ? [header.sourcePort, header.destinationPort] : undefined;
    const vni = header === quoted && quoted.inner !== undefined && quotedPorts ? quoted.networkId : undefined;
    headers.push({ source: header.source, destination: header.destination, ports: quotedPorts, vni });
  }
  return headers;
}

const MOST_DIFFERENCES = 20;

/** An IP length that the frame denies: tshark believes the frame, the decoder the header. */
const isForged = (packet: Packet): boolean =>
  (packet.stop !== undefined && packet.stop.kind !== 'not-decoded') ||
  (packet.ipVersion !== 0 && packet.ipAt + packet.l3Length > packet.start + packet.originalLength);

/** tshark's flags include three reserved bits; it prints some IPv6 addresses with IPv4 inside. */
function normalised(name: string, value: string | undefined): string {
  if (name === 'tcp.flags') return `0x${(Number(value) & 0x1ff).toString(16).padStart(4, '0')}`;
  if (!name.startsWith('ipv6.')) return value ?? '';
  return (value ?? '').replace(/::(\d+)\.(\d+)\.(\d+)\.(\d+)/g, (_, ...octets) => {
    const [a, b, c, d] = octets.slice(0, 4).map(Number);
    return `::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/** Differences in words, one for each packet and field. */
function differences(path: string, passOver: RegExp): { packets: number; compared: number; differences: string[] } {
  const names = Object.keys(FIELDS);
  const rows = tsharkFields(path, [...names, 'frame.protocols']);
  const decoder = new PacketDecoder(new AddressBook());
  const linkTypes: number[] = [];
  const found: string[] = [];
  let packets = 0;
  let compared = 0;
  const reader = new OpenReader({
    onInterface: ({ index, linkType }) => {
      linkTypes[index] = linkType;
    },
    onProblem: ({ message }) => found.push(message),
    onRecord(record) {
      const packet = decoder.decode(record, linkTypes[record.interfaceIndex]);
      const seen = { packet, headers: headersOf(packet) };
      const row = rows[packets++] ?? [];
      const protocols = row.at(-1) ?? '';
      if (passOver.test(protocols) || isForged(packet)) return;
      names.forEach((name, column) => {
        const ours = FIELDS[name](seen);
        if (ours === undefined) return;
        compared++;
        const theirs = normalised(name, row[column]);
        if (ours === theirs || found.length === MOST_DIFFERENCES) return;
        found.push(`packet ${packets}, ${name}: '${ours}', tshark '${theirs}' in ${protocols}`);
      });
    },
  });
  reader.push(readFileSync(path));
  reader.end();
  return { packets, compared, differences: found };
}

/** Whether every record can be copied by mergecap, whose reader gives up at the first defect. */
function isWholePcap(path: string): boolean {
  let problems = 0;
  const reader = new OpenReader({ onInterface() {}, onRecord() {}, onProblem: () => problems++ });
  try {
    reader.push(readFileSync(path));
    reader.end();
  } catch {
    return false;
  }
  // tshark counts custom blocks of pcapng as packets.
  return problems === 0 && reader.format !== 'pcapng';
}

/** What tshark opens and the decoder does not: not headers of a pod's network, or tunnels inside application data. */
const NOT_DECODED =
  /arcnet|avsp|ayiya|batadv|cmd|fddi|fr:|gtp|ieee8021ah|ipcomp|ipnet|ipoib|juniper|macsec|netlink|nhrp|nsh|pim|pktap|ppp:mpls|pweth|radiotap|sflow|teredo|udp:mpls|vntag|wlan|wpan|ipv6.routing:eth|gre:ip|gre:mpls/;

const SAMPLE = 12; // every 12th capture of the corpus: all kinds of link types, in two seconds

const lab = capturesUnder('lab');
const canCompare = hasProgram('tshark') && hasProgram('mergecap') && lab.length > 0;

describe.skipIf(!canCompare)('tshark agrees (needs tshark and ../shared)', () => {
  it('on every packet of the lab', () => {
    const result = withConcatenated(lab, (path) => differences(path, /^$/));
    expect(result.differences).toEqual([]);
    expect(result.compared).toBeGreaterThan(result.packets * 7);
  });

  it('on a sample of other people’s captures', () => {
    const sample = capturesUnder('corpus').filter((_, index) => index % SAMPLE === 0);
    const result = withConcatenated(sample.filter(isWholePcap), (path) => differences(path, NOT_DECODED));
    expect(result.differences).toEqual([]);
    expect(result.compared).toBeGreaterThan(result.packets * 7);
  });
});
