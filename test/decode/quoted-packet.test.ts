import { describe, expect, it } from 'vitest';
import { decodeQuoted } from '../../src/decode/quoted-packet.ts';
import { decoded } from '../support/decoded.ts';
import {
  bytesOf,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv4Number,
  ipv6,
  type Payload,
  tcp,
  udp,
  vxlan,
} from '../support/frames.ts';

const quoting = (payload: Payload, keep = 10_000) =>
  decodeQuoted(
    decoded(ethernet({}, ipv4({}, icmp({ type: 3, code: 4, mtu: 1400 }, bytesOf(payload).subarray(0, keep))))),
  );
const addresses = { source: '198.51.100.1', destination: '203.0.113.9' };
const numbers = { source: ipv4Number('198.51.100.1'), destination: ipv4Number('203.0.113.9') };

describe('decodeQuoted', () => {
  const segment = ipv4(
    { ...addresses, id: 77, ttl: 5, dontFragment: true },
    tcp({ seq: 4e9, destinationPort: 443 }, new Uint8Array(1400)),
  );

  it('reads the 8 octets that RFC 792 quotes', () => {
    expect(quoting(segment, 28)).toMatchObject({
      ...numbers,
      ipVersion: 4,
      protocol: 6,
      ttl: 5,
      ipId: 77,
      dontFragment: true,
      l3Length: 1440,
      hasPorts: true,
      sourcePort: 40000,
      destinationPort: 443,
      tcpSeq: 4e9,
      inner: undefined,
    });
  });

  it('marks fields that were not quoted', () => {
    expect(quoting(segment, 24)).toMatchObject({ hasPorts: true, destinationPort: 443, tcpSeq: undefined });
    expect(quoting(segment, 20)).toMatchObject({ ...numbers, hasPorts: false, destinationPort: 0, tcpSeq: undefined });
    expect(quoting(segment, 19)).toBeUndefined();
    expect(decodeQuoted(decoded(ethernet({}, segment)))).toBeUndefined();
  });

  it('reads a quoted echo', () => {
    expect(quoting(ipv4(addresses, icmp({ type: 8, id: 9, sequence: 3 }, 'ping')))).toMatchObject({
      protocol: 1,
      hasPorts: true,
      sourcePort: 9,
      icmpType: 8,
      icmpSequence: 3,
      tcpSeq: undefined,
    });
  });

  it('decodes quoted VXLAN', () => {
    const carried = ethernet({}, ipv4(addresses, tcp({ seq: 6, destinationPort: 443 }, new Uint8Array(900))));
    const outer = ipv4({ source: '192.0.2.50', id: 3 }, udp({ destinationPort: 8472 }, vxlan({ vni: 7 }, carried)));
    expect(quoting(outer, 20 + 8 + 8 + 14 + 20 + 8)).toMatchObject({
      source: ipv4Number('192.0.2.50'),
      protocol: 17,
      destinationPort: 8472,
      networkId: 7,
      ipId: 3,
      inner: { ...numbers, protocol: 6, destinationPort: 443, tcpSeq: 6 },
    });
    expect(quoting(outer, 28)).toMatchObject({ protocol: 17, destinationPort: 8472, inner: undefined });
  });

  it('reads IPv6', () => {
    const packet = decoded(
      ethernet({}, ipv6({}, icmpv6({ type: 2, mtu: 1280 }, ipv6({ source: '2001:db8::7' }, tcp({ seq: 8 }))))),
    );
    const quoted = decodeQuoted(packet);
    expect(quoted).toMatchObject({ ipVersion: 6, protocol: 6, tcpSeq: 8, l3Length: 60 });
    expect(packet.addresses.format(quoted?.source ?? 0)).toBe('2001:db8::7');
  });
});
