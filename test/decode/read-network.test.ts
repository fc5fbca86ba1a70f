import { describe, expect, it } from 'vitest';
import { FRAGMENT_FIRST, FRAGMENT_LATER, FRAGMENT_NONE } from '../../src/decode/packet.ts';
import { decoded, FRAME_AT } from '../support/decoded.ts';
import { ethernet, fragmentExtension, ipv4, ipv6, tcp, udp } from '../support/frames.ts';

const IP_AT = FRAME_AT + 14;

describe('IPv4', () => {
  it('skips options', () => {
    const packet = decoded(ethernet({}, ipv4({ options: [7, 7, 4, 0, 0, 0, 0, 0] }, udp({}, 'abc'))));
    expect(packet).toMatchObject({ transportAt: IP_AT + 28, payloadLength: 3, l3Length: 39, stop: undefined });
  });

  it('excludes Ethernet padding', () => {
    const packet = decoded(ethernet({ padTo: 60 }, ipv4({}, tcp({}))));
    expect(packet).toMatchObject({ l3Length: 40, payloadLength: 0 });
    expect(packet.payloadEnd).toBe(IP_AT + 40);
  });

  it('takes a total length of 0, left to segmentation offload, from the frame', () => {
    const packet = decoded(ethernet({}, ipv4({ totalLength: 0 }, tcp({}, 'segment'))));
    expect(packet).toMatchObject({ l3Length: 47, payloadLength: 7, stop: undefined });
  });

  it('takes it from the length on the wire when snaplen cut the packet', () => {
    const packet = decoded(ethernet({}, ipv4({ totalLength: 0 }, tcp({}, new Uint8Array(3000)))), { snaplen: 60 });
    expect(packet).toMatchObject({ l3Length: 3040, payloadLength: 3000 });
    expect(packet.payloadEnd - packet.payloadAt).toBe(6);
  });

  it('accepts a total length beyond the frame', () => {
    const packet = decoded(ethernet({}, ipv4({ totalLength: 1500 }, tcp({}, 'x'))));
    expect(packet).toMatchObject({ l3Length: 1500, payloadLength: 1460 });
  });

  it('stops at a total length below the header length', () => {
    const packet = decoded(ethernet({}, ipv4({ totalLength: 19 }, tcp({}))));
    expect(packet.stop).toEqual({ kind: 'bad-field', layer: 'ipv4' });
  });

  it('stops at the wrong version', () => {
    const packet = decoded(ethernet({ etherType: 0x0800 }, ipv6({}, tcp({}))));
    expect(packet.stop).toEqual({ kind: 'bad-field', layer: 'ipv4' });
  });

  it('reads the transport header of a first fragment, but not of a later one', () => {
    const first = decoded(
      ethernet({}, ipv4({ id: 5, moreFragments: true }, udp({ length: 4000 }, new Uint8Array(16)))),
    );
    expect(first).toMatchObject({
      fragment: FRAGMENT_FIRST,
      moreFragments: true,
      destinationPort: 9,
      payloadLength: 16,
    });
    const later = decoded(ethernet({}, ipv4({ id: 5, fragmentOffset: 2960, protocol: 17 }, new Uint8Array(24))));
    expect(later).toMatchObject({ fragment: FRAGMENT_LATER, fragmentOffset: 2960, moreFragments: false, ipId: 5 });
    expect(later).toMatchObject({
      transportAt: -1,
      destinationPort: 0,
      payloadLength: 24,
      stop: undefined,
      protocol: 17,
    });
  });

  it('names the protocols that it does not read', () => {
    const packet = decoded(ethernet({}, ipv4({ protocol: 89 }, [1, 2])));
    expect(packet.stop).toEqual({ kind: 'not-decoded', layer: 'ipv4', next: 89 });
    expect(packet.payloadLength).toBe(2);
  });

  it('skips AH', () => {
    const header = [6, 4, 0, 0, ...Array<number>(20).fill(0)];
    const segment = ipv4({}, tcp({ destinationPort: 443 }))
      .build()
      .subarray(20);
    const packet = decoded(ethernet({}, ipv4({ protocol: 51 }, [...header, ...segment])));
    expect(packet).toMatchObject({ protocol: 6, transportAt: IP_AT + 44, destinationPort: 443, stop: undefined });
  });
});

describe('IPv6', () => {
  const options = (protocol: number, units = 0): { protocol: number; bytes: number[] } => ({
    protocol,
    bytes: [0, units, ...Array<number>(6 + 8 * units).fill(0)],
  });
  const ah = { protocol: 51, bytes: [0, 4, ...Array<number>(22).fill(0)] };

  it('skips extension headers', () => {
    const extensions = [options(0), options(60, 2), options(43), ah];
    const packet = decoded(ethernet({}, ipv6({ extensions }, tcp({ destinationPort: 443 }, 'hey'))));
    expect(packet).toMatchObject({ protocol: 6, destinationPort: 443, payloadLength: 3, stop: undefined });
    expect(packet.transportAt).toBe(IP_AT + 40 + 8 + 24 + 8 + 24);
  });

  it('reads fragment headers', () => {
    const fragment = (offset: number, more: boolean) =>
      decoded(ethernet({}, ipv6({ extensions: [fragmentExtension(offset, more, 77)] }, udp({}, new Uint8Array(8)))));
    expect(fragment(0, true)).toMatchObject({ fragment: FRAGMENT_FIRST, ipId: 77, destinationPort: 9 });
    expect(fragment(1448, true)).toMatchObject({ fragment: FRAGMENT_LATER, fragmentOffset: 1448, transportAt: -1 });
    expect(fragment(0, false)).toMatchObject({ fragment: FRAGMENT_NONE, ipId: 77, destinationPort: 9 });
  });

  it('takes a payload length of 0 from the frame', () => {
    const packet = decoded(ethernet({}, ipv6({ payloadLength: 0 }, tcp({}, 'large'))));
    expect(packet).toMatchObject({ l3Length: 65, payloadLength: 5, stop: undefined });
  });

  it('stops where extension headers exceed the packet', () => {
    const packet = decoded(ethernet({}, ipv6({ extensions: [options(60)], payloadLength: 4 }, tcp({}))));
    expect(packet.stop).toEqual({ kind: 'too-short', layer: 'ipv6', limitedBy: 'ip-total-length' });
  });
});
