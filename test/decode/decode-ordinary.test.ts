import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import type { CaptureRecord } from '../../src/decode/files/capture-record.ts';
import { readCapture } from '../../src/decode/files/capture-source.ts';
import type { Packet } from '../../src/decode/packet.ts';
import { recordOf } from '../support/capture-bytes.ts';
import { bytesOf, ethernet, ipv4, ipv6, tcp, udp, vxlan } from '../support/frames.ts';

const RUNS = Number(process.env.FC_RUNS ?? 200);

/** Decodes each record apart and like any other, and compares all fields. */
function twoWays(): (record: CaptureRecord, linkType: number) => void {
  const addresses = new AddressBook();
  const [apart, like] = [true, false].map((ordinaryApart) => new PacketDecoder(addresses, ordinaryApart));
  return (record, linkType) =>
    expect(fieldsOf(apart.decode(record, linkType))).toEqual(fieldsOf(like.decode(record, linkType)));
}

const fieldsOf = ({ addresses: _, tunnels, tcpSack, bytes: __, ...fields }: Packet) => ({
  ...fields,
  tunnels: tunnels.slice(0, fields.depth),
  tcpSack: [...tcpSack.subarray(0, fields.tcpSackCount * 2)],
});

test('captures: ordinary records have the same fields as in the general way', async () => {
  let packets = 0;
  for (const set of readdirSync('test/pcaps', { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(join('test/pcaps', set.name)).filter((name) => /\.pcap(?:ng)?$/.test(name))) {
      const compare = twoWays();
      const linkTypes: number[] = [];
      await readCapture(join('test/pcaps', set.name, file), {
        onInterface: ({ index, linkType }) => {
          linkTypes[index] = linkType;
        },
        onRecord: (record) => {
          packets++;
          compare(record, linkTypes[record.interfaceIndex]);
        },
        onComment: () => {},
        onProblem: () => {},
      });
    }
  }
  expect(packets).toBeGreaterThan(1000);
});

const timestamps: [number, number] = [1, 2];
/** Ordinary ones, and such that differ from them in one thing. */
const FRAMES = [
  ethernet({}, ipv4({}, tcp({}))),
  ethernet({}, ipv4({}, tcp({ timestamps }, 'payload'))),
  ethernet({ vlans: [7] }, ipv4({}, tcp({ timestamps }, 'payload'))),
  ethernet({ vlans: [7, 8] }, ipv4({}, tcp({ timestamps }, 'payload'))),
  ethernet(
    {},
    ipv4({}, tcp({ mss: 1400, sackPermitted: true, timestamps, windowScale: 7, sack: [[1, 2]] }, 'payload')),
  ),
  ethernet({}, ipv4({ options: [7, 4, 4, 0] }, tcp({ timestamps }, 'payload'))),
  ethernet({}, ipv4({}, udp({}, 'payload'))),
  ethernet(
    {},
    ipv4({}, udp({ destinationPort: 8472 }, vxlan({}, ethernet({}, ipv4({}, tcp({ timestamps }, 'inside')))))),
  ),
  ethernet({}, ipv6({}, tcp({ timestamps }, 'payload'))),
].map(bytesOf);

test('any octets, cut anywhere, one after the other: the fields are the same both ways', () => {
  const change = fc.record({ at: fc.nat(75), octet: fc.nat(255) });
  const frame = fc.record({
    frame: fc.constantFrom(...FRAMES),
    changes: fc.array(change, { maxLength: 2 }),
    snaplen: fc.option(fc.nat(100), { nil: undefined }),
    more: fc.constantFrom(0, 0, 0, 6, -6),
    flags: fc.constantFrom(0, 1, 2, 3),
    linkType: fc.constantFrom(1, 1, 1, 101),
  });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 12 }), (frames) => {
      const compare = twoWays();
      for (const { frame, changes, snaplen, more, flags, linkType } of frames) {
        const octets = Uint8Array.from(frame);
        for (const { at, octet } of changes) if (at < octets.length) octets[at] = octet;
        const originalLength = octets.length + more;
        const record = recordOf(octets, { ...(snaplen !== undefined && { snaplen }), originalLength });
        compare({ ...record, flags, interfaceIndex: flags }, linkType);
      }
    }),
    { numRuns: RUNS },
  );
});
