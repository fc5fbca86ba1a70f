import { describe, expect, it } from 'vitest';
import { digestOf } from '../../support/digest-of.ts';
import { ethernet, ipv4, type Payload, udp } from '../../support/frames.ts';

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
