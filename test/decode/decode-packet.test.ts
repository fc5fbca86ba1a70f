import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import { type Packet, TUNNEL_KINDS } from '../../src/decode/packet.ts';
import { recordOf } from '../support/capture-bytes.ts';
import { ethernet, ipv4, ipv4Number, ipv6, type Payload, tcp, udp, vxlan } from '../support/frames.ts';

const decode = (frame: Payload, linkType = 1, cut = {}): Packet =>
  new PacketDecoder(new AddressBook()).decode(recordOf(frame, cut), linkType);

describe('Ethernet, IP and TCP', () => {
  const segment = tcp(
    { sourcePort: 51812, destinationPort: 443, seq: 0xfffffff0, ack: 7, flags: 'PA', timestamps: [5, 6] },
    'hello',
  );

  it('reads IPv4 and TCP with timestamps', () => {
    const packet = decode(ethernet({}, ipv4({ ttl: 61, id: 99, tos: 0xb9, dontFragment: true }, segment)));
    expect(packet).toMatchObject({
      ethernetAt: 3,
      networkAt: 17,
      ipAt: 17,
      ipVersion: 4,
      transportAt: 37,
      etherType: 0x0800,
      source: ipv4Number('192.0.2.1'),
      destination: ipv4Number('192.0.2.2'),
      protocol: 6,
      ttl: 61,
      ipId: 99,
      dscp: 46,
      ecn: 1,
      dontFragment: true,
      l3Length: 57,
      sourcePort: 51812,
      destinationPort: 443,
      tcpSeq: 0xfffffff0,
      tcpAck: 7,
      tcpFlags: 24,
      tcpWindow: 64240,
      tcpHasTimestamps: true,
      tcpTsValue: 5,
      tcpTsEcho: 6,
      payloadLength: 5,
      payloadAt: 69,
      payloadEnd: 74,
      depth: 0,
      vlan: -1,
    });
    expect(packet.stop).toBeUndefined();
  });

  it('reads IPv6', () => {
    const packet = decode(ethernet({}, ipv6({ trafficClass: 0xb9, hopLimit: 3 }, segment)));
    expect(packet).toMatchObject({ ipVersion: 6, ttl: 3, dscp: 46, ecn: 1, l3Length: 77, payloadLength: 5, tcpAck: 7 });
    expect(packet.addresses.format(packet.source)).toBe('2001:db8::1');
    expect(packet.addresses.format(packet.destination)).toBe('2001:db8::2');
  });

  it('decapsulates VXLAN on any port', () => {
    const inner = ethernet({}, ipv4({ source: '198.51.100.1', destination: '203.0.113.1' }, segment));
    for (const destinationPort of [8472, 4789, 12345]) {
      const packet = decode(
        ethernet({}, ipv4({ id: 4 }, udp({ sourcePort: 5000, destinationPort }, vxlan({ vni: 42 }, inner)))),
      );
      expect(packet).toMatchObject({
        depth: 1,
        source: ipv4Number('198.51.100.1'),
        destinationPort: 443,
        payloadLength: 5,
      });
      expect(packet.tunnels[0]).toMatchObject({
        kind: TUNNEL_KINDS.indexOf('vxlan'),
        networkId: 42,
        source: ipv4Number('192.0.2.1'),
        destination: ipv4Number('192.0.2.2'),
        sourcePort: 5000,
        destinationPort,
        ipId: 4,
        ttl: 64,
        ipAt: 17,
        udpAt: 37,
        linkAt: 3,
      });
    }
  });
});
