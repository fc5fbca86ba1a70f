import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../src/decode/address-book.ts';
import { transportChecksum } from '../../src/decode/checksum.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import { MAX_TUNNEL_DEPTH, Packet } from '../../src/decode/packet.ts';
import { decodeQuoted } from '../../src/decode/quoted-packet.ts';
import { recordOf } from '../support/capture-bytes.ts';
import { decoded } from '../support/decoded.ts';
import {
  arp,
  bytesOf,
  ethernet,
  fragmentExtension,
  geneve,
  gre,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  sctp,
  sll,
  sll2,
  tcp,
  udp,
  vxlan,
  vxlanGpe,
} from '../support/frames.ts';

const RUNS = Number(process.env.FC_RUNS ?? 100);
const LINK_TYPES = [0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 228, 229, 239, 276];

const segment = tcp({ mss: 1400, sackPermitted: true, timestamps: [1, 2], windowScale: 7, sack: [[1, 2]] }, 'payload');
const inner = ethernet({ vlans: [3] }, ipv4({ options: [7, 4, 4, 0] }, segment));

/** Valid frames of every kind, by the link type they belong to. */
const FRAMES: [linkType: number, frame: Uint8Array][] = [
  [1, bytesOf(ethernet({ vlans: [1, 2] }, ipv4({}, segment)))],
  [
    1,
    bytesOf(
      ethernet(
        {},
        ipv6({ extensions: [fragmentExtension(0, false, 1), { protocol: 60, bytes: Array(8).fill(0) }] }, segment),
      ),
    ),
  ],
  [1, bytesOf(ethernet({}, ipv4({}, udp({ destinationPort: 8472 }, vxlan({}, inner)))))],
  [1, bytesOf(ethernet({}, ipv4({}, udp({ destinationPort: 77 }, vxlanGpe({}, ipv6({}, segment))))))],
  [1, bytesOf(ethernet({}, ipv6({}, udp({ destinationPort: 6081 }, geneve({ options: [0, 0, 0, 0] }, inner)))))],
  [1, bytesOf(ethernet({}, ipv4({}, gre({ key: 1, sequence: 2, checksum: true }, ipv4({}, ipv6({}, segment))))))],
  [
    1,
    bytesOf(
      ethernet(
        {},
        ipv4({}, icmp({ type: 3, code: 4, mtu: 1400 }, ipv4({}, udp({ destinationPort: 8472 }, vxlan({}, inner))))),
      ),
    ),
  ],
  [1, bytesOf(ethernet({}, ipv6({}, icmpv6({ type: 2, mtu: 1400 }, ipv6({}, segment)))))],
  [1, bytesOf(ethernet({}, arp({})))],
  [113, bytesOf(sll({}, ipv4({}, sctp({}, 'chunk'))))],
  [276, bytesOf(sll2({}, ipv4({}, icmp({ type: 8, id: 1 }, 'ping'))))],
  [101, bytesOf(ipv4({}, ipv4({}, segment)))],
];

function expectWithin(packet: Packet): void {
  const { start, end } = packet;
  for (const name of [
    'ethernetAt',
    'sourceMacAt',
    'destinationMacAt',
    'networkAt',
    'ipAt',
    'transportAt',
    'quotedAt',
  ] as const) {
    if (packet[name] !== -1 && (packet[name] < start || packet[name] > end))
      expect.fail(`${name} ${packet[name]} outside ${start} … ${end}`);
  }
  expect(packet.payloadAt).toBeGreaterThanOrEqual(start);
  expect(packet.payloadEnd).toBeGreaterThanOrEqual(packet.payloadAt);
  expect(packet.payloadEnd).toBeLessThanOrEqual(end);
  expect(packet.payloadLength).toBeGreaterThanOrEqual(0);
  expect(packet.depth).toBeLessThanOrEqual(MAX_TUNNEL_DEPTH);
  for (const { ipAt, udpAt, linkAt } of packet.tunnels.slice(0, packet.depth)) {
    for (const at of [ipAt, udpAt, linkAt]) if (at !== -1) expect(at >= start && at < end).toBe(true);
  }
  for (const value of Object.values(packet)) if (typeof value === 'number') expect(Number.isNaN(value)).toBe(false);
}

function expectSane(packet: Packet): void {
  expectWithin(packet);
  transportChecksum(packet);
  const quoted = decodeQuoted(packet);
  if (quoted !== undefined) expect(packet.quotedAt).toBeGreaterThan(0);
}

describe('bytes of any kind', () => {
  it('keep offsets inside the record and never crash the decoder', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LINK_TYPES),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(300),
        (linkType, bytes, more) => {
          expectSane(decoded(bytes, { linkType, originalLength: bytes.length + more - 100 }));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('valid frames with changed octets, cut anywhere, do not crash the decoder either', () => {
    const change = fc.tuple(fc.nat(150), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...FRAMES),
        fc.array(change, { maxLength: 4 }),
        fc.nat(200),
        ([linkType, frame], changes, snaplen) => {
          const bytes = frame.slice();
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          expectSane(decoded(bytes, { linkType, snaplen }));
        },
      ),
      { numRuns: RUNS * 5 },
    );
  });

  it('leave no state of one packet in the next', () => {
    const decoder = new PacketDecoder(new AddressBook());
    for (const [linkType, frame] of FRAMES) decoder.decode(recordOf(frame), linkType);
    for (const [linkType, frame] of FRAMES) {
      for (const [otherType, other] of FRAMES) {
        decoder.decode(recordOf(other), otherType);
        const fresh = decoded(frame, { linkType });
        const reused = decoder.decode(recordOf(frame), linkType);
        for (const key of Object.keys(fresh) as (keyof Packet)[]) {
          if (['addresses', 'bytes', 'tunnels', 'tcpSack', 'source', 'destination'].includes(key)) continue;
          expect([key, reused[key]]).toEqual([key, fresh[key]]);
        }
        const tunnels = (packet: Packet) =>
          packet.tunnels
            .slice(0, packet.depth)
            .map(({ kind, networkId, ipAt, udpAt, linkAt }) => [kind, networkId, ipAt, udpAt, linkAt]);
        expect(tunnels(reused)).toEqual(tunnels(fresh));
      }
    }
  });
});

describe('every truncation', () => {
  it.each(FRAMES.map(([linkType, frame], index) => [index, linkType, frame] as const))(
    'of frame %i',
    (_, linkType, frame) => {
      const whole = decoded(frame, { linkType });
      for (let snaplen = 0; snaplen < frame.length; snaplen++) {
        const packet = decoded(frame, { linkType, snaplen });
        expectSane(packet);
        // Headers that were captured whole say the same; a stop blames snaplen, which alone cut this packet.
        if (packet.stop === undefined) continue;
        expect(packet.stop.kind === 'too-short' ? packet.stop.limitedBy : 'snaplen').toBe('snaplen');
        expect(snaplen).toBeLessThan(whole.payloadAt - whole.start + 28);
      }
    },
  );

  it.each(FRAMES.map(([linkType, frame], index) => [index, linkType, frame] as const))(
    'of frame %i on the wire names the sender as the cause',
    (_, linkType, frame) => {
      for (let length = 0; length < frame.length; length++) {
        const { stop } = decoded(frame.subarray(0, length), { linkType });
        if (stop?.kind === 'too-short') expect(stop.limitedBy).not.toBe('snaplen');
      }
    },
  );

  it('starts from a packet with default values', () => {
    expect(new Packet(new AddressBook())).toMatchObject({ ipAt: -1, transportAt: -1, depth: 0, stop: undefined });
  });
});
