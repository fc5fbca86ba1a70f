import { describe, expect, it } from 'vitest';
import { digestOf } from '../../support/digest-of.ts';
import { ethernet, icmp, icmpv6, ipv4, ipv6, type Payload, tcp, udp } from '../../support/frames.ts';

const SOURCE = '192.0.2.1';
const TARGET = '198.51.100.7';
const SYN = 2;
let id = 1;

const packet = (ttl: number, payload: Payload, destination = TARGET) =>
  ethernet({}, ipv4({ source: SOURCE, destination, ttl, id: id++ }, payload));
const probe = udp({ sourcePort: 40000, destinationPort: 33434 }, 'probe');
const syn = tcp({ sourcePort: 40000, destinationPort: 80, flags: SYN });

describe('packets with a small TTL that ask for an answer', () => {
  it('include a datagram, an echo request and a SYN, in both versions of IP', async () => {
    const { probes, probesTotal } = await digestOf([
      [0, packet(1, probe)],
      [1, packet(2, icmp({ type: 8, id: 7, sequence: 9 }, 'x'))],
      [2, packet(30, syn)],
      [
        3,
        ethernet(
          {},
          ipv6(
            { source: '2001:db8::1', destination: '2001:db8::7', hopLimit: 3 },
            icmpv6({ type: 128, id: 7, sequence: 4 }, 'x'),
          ),
        ),
      ],
    ]);
    expect(probesTotal).toBe(4);
    expect(probes[0]).toMatchObject({
      packet: 1,
      time: 0,
      point: 0,
      ipVersion: 4,
      protocol: 17,
      source: { address: SOURCE, port: 40000 },
      destination: { address: TARGET, port: 33434 },
      ttl: 1,
      sequence: null,
    });
    expect(probes.map(({ ttl, protocol, sequence }) => [ttl, protocol, sequence])).toEqual([
      [1, 17, null],
      [2, 1, 9],
      [30, 6, null],
      [3, 58, 4],
    ]);
  });

  it.each<[string, Payload]>([
    ['more hops left than anybody looks for', packet(31, probe)],
    ['multicast stays near by', packet(1, probe, '239.255.255.250')],
    ['broadcast', packet(1, probe, '255.255.255.255')],
    ['multicast of IPv6', ethernet({}, ipv6({ source: 'fe80::1', destination: 'ff02::c', hopLimit: 1 }, probe))],
    ['an echo reply', packet(3, icmp({ type: 0, id: 7, sequence: 9 }, 'x'))],
    ['a segment of a connection', packet(3, tcp({ sourcePort: 40000, destinationPort: 80, flags: 16 }))],
    ['a SYN-ACK', packet(3, tcp({ sourcePort: 80, destinationPort: 40000, flags: 18 }))],
  ])('exclude: %s', async (_, frame) => {
    expect((await digestOf([[0, frame]])).probesTotal).toBe(0);
  });

  it('keep the first ones and count all', async () => {
    const { probes, probesTotal } = await digestOf(
      [1, 2, 3].map((ttl) => [ttl, packet(ttl, probe)]),
      { limits: { probes: 2 } },
    );
    expect([probes.length, probesTotal]).toEqual([2, 3]);
  });
});
