import { describe, expect, it } from 'vitest';
import { digestOf } from '../../support/digest-of.ts';
import { bytesOf, ethernet, icmp, icmpv6, ipv4, ipv6, type Payload, tcp, udp, vxlan } from '../../support/frames.ts';

const error = (type: number, code: number, quoted: Payload, mtu?: number) =>
  ethernet(
    {},
    ipv4(
      { source: '10.0.0.254', destination: '10.0.0.1', ttl: 63 },
      icmp({ type, code, ...(mtu !== undefined && { mtu }) }, bytesOf(quoted).subarray(0, 28)),
    ),
  );

describe('ICMP errors', () => {
  it('give "fragmentation needed" with the segment it quotes', async () => {
    const sent = ipv4(
      { source: '10.0.0.1', destination: '10.9.0.1', id: 99, dontFragment: true, totalLength: 1500 },
      tcp({ sourcePort: 40000, destinationPort: 443, seq: 4_000_000_000 }, 'data'),
    );
    const { icmpErrors, icmpErrorsTotal, datagrams } = await digestOf([[0, error(3, 4, sent, 1400)]]);
    expect(icmpErrorsTotal).toBe(1);
    expect(datagrams).toEqual([]);
    expect(icmpErrors[0]).toEqual({
      packet: 1,
      time: 0,
      point: 0,
      version: 4,
      type: 3,
      code: 4,
      from: '10.0.0.254',
      to: '10.0.0.1',
      mtu: 1400,
      quoted: {
        ipVersion: 4,
        protocol: 6,
        source: { address: '10.0.0.1', port: 40000 },
        destination: { address: '10.9.0.1', port: 443 },
        tcpSeq: 4_000_000_000,
        ipId: 99,
        l3Length: 1500,
        sequence: null,
        tunnel: null,
      },
      encapsulation: [],
      sourceMac: '02:00:00:00:00:0a',
      ttl: 63,
    });
  });

  it('recognise a quoted tunnel packet by port or protocol when its content is not quoted', async () => {
    const inner = ethernet({}, ipv4({}, tcp({})));
    const quotes = [
      ipv4({}, udp({ destinationPort: 8472 }, vxlan({}, inner))),
      ipv4({}, ipv4({}, tcp({}))),
      ipv4({}, udp({ destinationPort: 53 }, 'x')),
    ];
    const { icmpErrors } = await digestOf(quotes.map((quoted, index) => [index, error(3, 1, quoted)]));
    expect(icmpErrors.map(({ quoted }) => quoted?.tunnel)).toEqual(['vxlan', 'ipip', null]);
  });

  it('give ICMPv6 "packet too big", and an error that quotes nothing useful', async () => {
    const sent = ipv6({ source: 'fd00::1', destination: 'fd00::9' }, icmpv6({ type: 128, id: 3, sequence: 8 }, 'x'));
    const tooBig = ethernet({}, ipv6({ source: 'fd00::fe' }, icmpv6({ type: 2, mtu: 1280 }, sent)));
    const { icmpErrors } = await digestOf([
      [0, tooBig],
      [1, error(11, 0, [1, 2, 3])],
    ]);
    expect(icmpErrors.map(({ version, type, mtu, quoted }) => [version, type, mtu, quoted?.sequence])).toEqual([
      [6, 2, 1280, 8],
      [4, 11, 0, undefined],
    ]);
    expect(icmpErrors[1].quoted).toBeNull();
  });

  it('exclude echoes, and are counted beyond the limit', async () => {
    const ping = ethernet({}, ipv4({}, icmp({ type: 8, id: 1, sequence: 1 })));
    const unreachable = error(3, 3, ipv4({}, udp({}, 'x')));
    const { icmpErrors, icmpErrorsTotal } = await digestOf(
      [
        [0, ping],
        [1, unreachable],
        [2, unreachable],
      ],
      { limits: { icmpErrors: 1 } },
    );
    expect([icmpErrors.length, icmpErrorsTotal]).toEqual([1, 2]);
  });
});
