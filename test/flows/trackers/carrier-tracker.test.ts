import { describe, expect, it } from 'vitest';
import { PcapngWriter } from '../../../src/decode/files/pcapng-writer.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { digestOf } from '../../support/digest-of.ts';
import { bytesOf, ethernet, ipv4, type Payload, udp } from '../../support/frames.ts';

const A = '192.0.2.11';
const B = '192.0.2.12';
const ESP = 50;
let id = 1;

/** An ESP packet of `octets` behind the IP header. */
const espOctets = (spi: number, sequence: number, octets: number): number[] => [
  ...[0, 0, spi >>> 8, spi & 255],
  ...[0, 0, sequence >>> 8, sequence & 255],
  ...Array.from({ length: octets - 8 }, (_, at) => (at * 7 + sequence) & 255),
];
const esp = (spi: number, sequence: number, { octets = 96, source = A, destination = B, link = {} } = {}) =>
  ethernet(link, ipv4({ source, destination, protocol: ESP, id: id++ }, espOctets(spi, sequence, octets)));
/** A plain datagram of `octets` in all. */
const plain = (octets: number, link = {}): Payload =>
  ethernet(
    link,
    ipv4(
      { source: '10.0.0.5', destination: '10.0.1.6', id: id++ },
      udp({ sourcePort: 5000, destinationPort: 5001 }, new Uint8Array(octets - 28)),
    ),
  );

describe('ESP packets by security association', () => {
  it('are counted by SPI and direction, with their sequence numbers', async () => {
    const { carriers } = await digestOf([
      [0, esp(3, 1)],
      [1, esp(3, 2)],
      [2, esp(4, 1)],
      [3, esp(3, 9, { source: B, destination: A })],
    ]);
    expect(
      carriers.map(({ source, spi, packets, sequenceFirst, sequenceLast }) => [
        source,
        spi,
        packets,
        sequenceFirst,
        sequenceLast,
      ]),
    ).toEqual([
      [A, 3, 2, 1, 2],
      [A, 4, 1, 1, 1],
      [B, 3, 1, 9, 9],
    ]);
    expect(carriers[0]).toMatchObject({ followed: 0, notFollowed: [{ packet: 1 }, { packet: 2 }], octets: 232 });
  });

  it('are decrypted where a plain packet that fits follows on the same link', async () => {
    const { carriers } = await digestOf([
      [0, esp(3, 1)],
      [0.00002, plain(60)],
      [1, esp(3, 2)],
    ]);
    expect(carriers[0]).toMatchObject({
      packets: 2,
      followed: 1,
      lastFollowed: { packet: 2 },
      notFollowed: [{ packet: 3 }],
    });
    expect(carriers[0].innerFlows).toHaveLength(1);
  });

  it.each<[string, number, Payload]>([
    ['later than 5 ms', 0.006, plain(60)],
    ['longer than what fits into it', 0.001, plain(95)],
    ['shorter than ESP and all its padding make up for', 0.001, plain(30)],
    ['from another machine of the link', 0.001, plain(60, { source: '02:00:00:00:00:77' })],
  ])('are not decrypted when what follows is %s', async (_, time, frame) => {
    const { carriers } = await digestOf([
      [0, esp(3, 1, { octets: _.startsWith('shorter') ? 140 : 96 })],
      [time, frame],
    ]);
    expect(carriers[0]).toMatchObject({ followed: 0, notFollowed: [{ packet: 1 }] });
  });

  it('are found in UDP as well, where the SPI is not zero; zero marks IKE', async () => {
    const inUdp = (spi: number) =>
      ethernet(
        {},
        ipv4(
          { source: A, destination: B, id: id++ },
          udp({ sourcePort: 4500, destinationPort: 4500 }, espOctets(spi, 1, 80)),
        ),
      );
    const { carriers } = await digestOf([
      [0, inUdp(5)],
      [1, inUdp(0)],
    ]);
    expect(carriers.map(({ spi, packets }) => [spi, packets])).toEqual([[5, 1]]);
  });
});

/** A WireGuard message: its type, the fields behind it, and zeros up to `octets`. */
function message(type: number, octets: number, ...fields: number[]): Uint8Array {
  const bytes = new Uint8Array(octets);
  const view = new DataView(bytes.buffer);
  for (const [at, field] of [type, ...fields].entries()) view.setUint32(4 * at, field, true);
  return bytes;
}
const wireguard = (content: Uint8Array, { source = A, destination = B, port = 51820 } = {}): Payload =>
  ethernet({}, ipv4({ source, destination, id: id++ }, udp({ sourcePort: port, destinationPort: port }, content)));
const back = { source: B, destination: A };

describe('WireGuard messages', () => {
  it('are counted by receiver index, with their counters; keep-alives carry nothing', async () => {
    const { carriers } = await digestOf([
      [0, wireguard(message(4, 128, 0x1234, 5))],
      [1, wireguard(message(4, 32, 0x1234, 6))],
      [2, wireguard(message(4, 128, 0x1234, 7))],
      [3, wireguard(message(4, 128, 0x9999, 0), back)],
    ]);
    expect(carriers).toMatchObject([
      { kind: 'wireguard', source: A, spi: 0x1234, packets: 2, sequenceFirst: 5, sequenceLast: 7 },
      { kind: 'wireguard', source: B, spi: 0x9999, packets: 1 },
    ]);
  });

  it('of a handshake wait for the response to their sender index', async () => {
    const { carriers } = await digestOf([
      [0, wireguard(message(1, 148, 11))],
      [5, wireguard(message(1, 148, 12))],
      [5.01, wireguard(message(2, 92, 70, 12), back)],
      [10, wireguard(message(1, 148, 13))],
      [10.01, wireguard(message(2, 92, 71, 99), back)],
    ]);
    expect(carriers).toMatchObject([
      {
        kind: 'wireguard-handshake',
        source: A,
        packets: 3,
        followed: 1,
        lastFollowed: { packet: 3 },
        notFollowed: [{ packet: 1 }, { packet: 4 }],
      },
    ]);
  });

  it('are decrypted where a packet that fits follows at another interface', async () => {
    const writer = new PcapngWriter('test');
    const [eth0, wg0] = ['eth0', 'wg0'].map((name) =>
      writer.addInterface({ name, description: '', linkType: 1, snaplen: 0 }),
    );
    const add = (at: number, microseconds: number, frame: Payload) => {
      const bytes = bytesOf(frame);
      const { length: originalLength } = bytes;
      writer.addPacket({
        interface: at,
        seconds: 1,
        nanoseconds: 1000 * microseconds,
        bytes,
        originalLength,
        comment: '',
      });
    };
    add(eth0, 0, wireguard(message(4, 128, 0x1234, 5)));
    add(wg0, 20, plain(84));
    add(eth0, 10_000, wireguard(message(4, 128, 0x1234, 6)));
    add(wg0, 10_020, plain(79));
    add(eth0, 20_000, wireguard(message(4, 128, 0x1234, 7)));
    add(eth0, 20_020, plain(84));
    const { carriers } = await digestCapture(writer.bytes());
    expect(carriers).toMatchObject([
      { kind: 'wireguard', packets: 3, followed: 1, notFollowed: [{ packet: 3 }, { packet: 5 }] },
    ]);
  });

  it('take a cookie reply for an answer', async () => {
    const { carriers } = await digestOf([
      [0, wireguard(message(1, 148, 11))],
      [0.01, wireguard(message(3, 64, 11), back)],
    ]);
    expect(carriers).toMatchObject([{ followed: 1, notFollowed: [] }]);
  });

  it.each([
    ['an initiation of another length', message(1, 147, 11)],
    ['reserved octets that are not zero', message(0x104, 128, 11)],
    ['data that is no multiple of 16', message(4, 130, 11)],
    ['an unknown type', message(5, 128, 11)],
  ])('are not: %s', async (_, content) => {
    const { carriers } = await digestOf([[0, wireguard(content)]]);
    expect(carriers).toEqual([]);
  });
});
