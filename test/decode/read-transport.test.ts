import { describe, expect, it } from 'vitest';
import { decoded, FRAME_AT } from '../support/decoded.ts';
import {
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Payload,
  sctp,
  type TcpOptions,
  tcp,
  udp,
} from '../support/frames.ts';

const TRANSPORT_AT = FRAME_AT + 34;
const over4 = (payload: Payload) => ethernet({}, ipv4({}, payload));
const tcpWith = (options: TcpOptions) => decoded(over4(tcp(options, 'data')));

describe('TCP', () => {
  it('reads the options of a SYN', () => {
    const options = {
      flags: 'S',
      mss: 1410,
      sackPermitted: true,
      timestamps: [9, 0] as [number, number],
      windowScale: 7,
    };
    expect(tcpWith(options)).toMatchObject({
      tcpFlags: 2,
      tcpMss: 1410,
      tcpSackPermitted: true,
      tcpWindowScale: 7,
      tcpHasTimestamps: true,
      tcpTsValue: 9,
      tcpOptionsIncomplete: false,
      payloadLength: 4,
    });
  });

  it.each([
    ['MD5 (RFC 2385)', [1, 1, 19, 18, ...new Array(16).fill(7)], 19],
    ['TCP-AO (RFC 5925)', [29, 16, 1, 2, ...new Array(12).fill(7)], 29],
    ['none: MD5 of another length', [19, 4, 0, 0], 0],
    ['none', [], 0],
  ])('reads which option signs a segment: %s', (_, octets, kind) => {
    expect(tcpWith({ flags: 'S', mss: 1410, options: octets })).toMatchObject({ tcpSignature: kind, tcpMss: 1410 });
  });

  it('reads SACK blocks beside timestamps', () => {
    const packet = tcpWith({
      timestamps: [1, 2],
      sack: [
        [100, 200],
        [4_000_000_000, 5],
      ],
    });
    expect(packet).toMatchObject({ tcpSackCount: 2, tcpTsEcho: 2 });
    expect([...packet.tcpSack.subarray(0, 4)]).toEqual([100, 200, 4_000_000_000, 5]);
  });

  it('has no options in a header of 20 octets', () => {
    expect(tcpWith({})).toMatchObject({
      tcpMss: -1,
      tcpWindowScale: -1,
      tcpSackPermitted: false,
      tcpHasTimestamps: false,
      tcpSackCount: 0,
    });
  });

  it.each([
    ['a length of 0', [2, 0, 0, 0]],
    ['a length of 1', [2, 1, 0, 0]],
    ['a length beyond the header', [8, 10, 0, 0]],
    ['no length at all', [1, 1, 1, 8]],
  ])('stops at an option with %s', (_, options) => {
    expect(tcpWith({ options })).toMatchObject({
      tcpOptionsIncomplete: true,
      tcpMss: -1,
      payloadLength: 4,
      stop: undefined,
    });
  });

  it('skips options of unknown kind and of wrong length', () => {
    expect(tcpWith({ options: [254, 4, 0, 0, 2, 3, 1, 1, 3, 3, 9, 1] })).toMatchObject({
      tcpMss: -1,
      tcpWindowScale: 9,
      tcpOptionsIncomplete: false,
    });
  });

  it('reads nine flags', () => {
    expect(tcpWith({ flags: 0x1ff }).tcpFlags).toBe(0x1ff);
    expect(tcpWith({ flags: 'SEC' }).tcpFlags).toBe(0xc2);
  });

  it('stops at a header shorter than 20 octets, or longer than its packet', () => {
    expect(tcpWith({ dataOffset: 4 }).stop).toEqual({ kind: 'bad-field', layer: 'tcp' });
    expect(tcpWith({ dataOffset: 15 })).toMatchObject({
      stop: { kind: 'too-short', layer: 'tcp', limitedBy: 'ip-total-length' },
      sourcePort: 40000,
      transportAt: -1,
    });
  });

  it('gives the captured numbers of a header that snaplen cut', () => {
    const frame = over4(tcp({ seq: 77, ack: 88 }));
    expect(decoded(frame, { snaplen: 38 })).toMatchObject({ sourcePort: 40000, destinationPort: 80, tcpSeq: 0 });
    expect(decoded(frame, { snaplen: 46 })).toMatchObject({
      tcpSeq: 77,
      tcpAck: 88,
      transportAt: -1,
      stop: { kind: 'too-short', layer: 'tcp', limitedBy: 'snaplen' },
    });
  });

  it('reads a header whose options snaplen cut', () => {
    const frame = over4(tcp({ mss: 1000, timestamps: [1, 2] }, 'data'));
    expect(decoded(frame, { snaplen: 34 + 26 })).toMatchObject({
      stop: undefined,
      transportAt: TRANSPORT_AT,
      tcpMss: 1000,
      tcpHasTimestamps: false,
      tcpOptionsIncomplete: true,
      payloadLength: 4,
    });
  });
});

describe('UDP and SCTP', () => {
  it('takes the payload length from the UDP length when that is shorter', () => {
    expect(decoded(over4(udp({ length: 10 }, 'abcdef')))).toMatchObject({
      payloadLength: 2,
      payloadEnd: TRANSPORT_AT + 10,
    });
  });

  it('takes it from the IP length when the UDP length is longer, or 0', () => {
    expect(decoded(over4(udp({ length: 999 }, 'abcdef')))).toMatchObject({ payloadLength: 6 });
    expect(decoded(over4(udp({ length: 0 }, 'abcdef')))).toMatchObject({ payloadLength: 6, stop: undefined });
  });

  it('stops at a UDP length below 8', () => {
    expect(decoded(over4(udp({ length: 7 }, 'abcdef'))).stop).toEqual({ kind: 'bad-field', layer: 'udp' });
  });

  it('reads SCTP ports', () => {
    expect(decoded(over4(sctp({ destinationPort: 36412 }, 'chunk')))).toMatchObject({
      destinationPort: 36412,
      payloadLength: 5,
    });
  });
});

describe('ICMP', () => {
  it('puts the identifier of an echo in both ports', () => {
    expect(decoded(over4(icmp({ type: 8, id: 513, sequence: 4 }, 'ping')))).toMatchObject({
      icmpType: 8,
      sourcePort: 513,
      destinationPort: 513,
      icmpSequence: 4,
      quotedAt: -1,
      payloadLength: 4,
    });
    expect(decoded(ethernet({}, ipv6({}, icmpv6({ type: 129, id: 7, sequence: 9 }))))).toMatchObject({
      icmpType: 129,
      sourcePort: 7,
      destinationPort: 7,
      icmpSequence: 9,
    });
  });

  it('finds the MTU and the quoted packet', () => {
    const packet = decoded(over4(icmp({ type: 3, code: 4, mtu: 1450 }, ipv4({}, udp({})))));
    expect(packet).toMatchObject({
      icmpType: 3,
      icmpCode: 4,
      icmpMtu: 1450,
      quotedAt: TRANSPORT_AT + 8,
      sourcePort: 0,
    });
    const six = decoded(ethernet({}, ipv6({}, icmpv6({ type: 2, mtu: 1280 }, ipv6({}, udp({}))))));
    expect(six).toMatchObject({ icmpMtu: 1280, quotedAt: FRAME_AT + 14 + 40 + 8 });
  });

  it('has no quoted packet in messages that are not errors, and in empty ones', () => {
    expect(decoded(over4(icmp({ type: 13 }, 'timestamps'))).quotedAt).toBe(-1);
    expect(decoded(over4(icmp({ type: 3, code: 1 }))).quotedAt).toBe(-1);
  });

  it('does not take ICMPv6 in IPv4 for ICMP', () => {
    expect(decoded(ethernet({}, ipv4({ protocol: 58 }, icmp({ type: 128 })))).stop).toEqual({
      kind: 'not-decoded',
      layer: 'ipv4',
      next: 58,
    });
  });
});
