import { describe, expect, it } from 'vitest';
import { digestOf } from '../../support/digest-of.ts';
import { arp, bytesOf, ethernet, icmpv6, ipv6, ipv6Address, type LayerOfFrame, mac } from '../../support/frames.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const MAC_A = '02:00:00:00:00:0a';
const MAC_B = '02:00:00:00:00:0b';
const MAC_C = '02:00:00:00:00:0c';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const ask = (target = B): LayerOfFrame =>
  ethernet({ destination: BROADCAST }, arp({ operation: 1, sender: A, senderMac: MAC_A, target }));
const answer = (senderMac = MAC_B): LayerOfFrame =>
  ethernet(
    { source: senderMac, destination: MAC_A },
    arp({ operation: 2, sender: B, senderMac, target: A, targetMac: MAC_A }),
  );
const announce = (senderMac: string): LayerOfFrame =>
  ethernet({ source: senderMac, destination: BROADCAST }, arp({ operation: 1, sender: B, senderMac, target: B }));

describe('ARP', () => {
  it('pairs a request with its answer, which claims the address', async () => {
    const {
      arp: exchanges,
      claims,
      points,
      sightings,
    } = await digestOf([
      [0, ask()],
      [0.001, answer()],
    ]);
    expect(exchanges).toEqual([
      {
        index: 0,
        point: 0,
        flow: 0,
        protocol: 'arp',
        asker: A,
        askerMac: MAC_A,
        target: B,
        requests: [{ packet: 1, time: 0 }],
        requestsTotal: 1,
        broadcasts: 1,
        replies: [{ packet: 2, time: 0.001, mac: MAC_B }],
        gratuitous: false,
      },
    ]);
    const at = { packet: 2, time: 0.001 };
    expect(claims).toEqual([{ point: 0, address: B, mac: MAC_B, claims: 1, first: at, last: at, gratuitous: 0 }]);
    expect(points[0].quality.arpPackets).toBe(2);
    expect([...sightings!.columns.direction.slice(0, 2)]).toEqual([0, 1]);
  });

  it('puts repeated requests in one exchange until an answer, or 30 s of silence', async () => {
    const { arp: exchanges } = await digestOf([
      [0, ask()],
      [1, ask()],
      [2, ask()],
      [40, ask()],
      [40.1, answer()],
      [41, ask()],
    ]);
    expect(exchanges.map(({ requestsTotal, replies }) => [requestsTotal, replies.length])).toEqual([
      [3, 0],
      [1, 1],
      [1, 0],
    ]);
  });

  it('counts the requests to all apart from those to one machine', async () => {
    const poll = ethernet({ destination: MAC_B }, arp({ operation: 1, sender: A, senderMac: MAC_A, target: B }));
    const { arp: exchanges } = await digestOf([
      [0, ask()],
      [1, ask()],
      [2, poll],
    ]);
    expect(exchanges.map(({ requestsTotal, broadcasts }) => [requestsTotal, broadcasts])).toEqual([[3, 2]]);
  });

  it('keeps the answers and claims of two machines', async () => {
    const { arp: exchanges, claims } = await digestOf([
      [0, ask()],
      [0.001, answer(MAC_B)],
      [0.002, answer(MAC_C)],
    ]);
    expect(exchanges[0].replies.map((reply) => reply.mac)).toEqual([MAC_B, MAC_C]);
    expect(claims.map((claim) => claim.mac)).toEqual([MAC_B, MAC_C]);
  });

  it('takes an announcement as a claim without a request, and a request as no claim', async () => {
    const { arp: exchanges, claims } = await digestOf([
      [0, announce(MAC_B)],
      [1, announce(MAC_B)],
      [2, ask('10.0.0.9')],
    ]);
    expect(exchanges.map(({ gratuitous, asker, target }) => [gratuitous, asker, target])).toEqual([
      [true, B, B],
      [false, A, '10.0.0.9'],
    ]);
    expect(claims.map(({ address, claims: count, gratuitous }) => [address, count, gratuitous])).toEqual([[B, 2, 2]]);
  });

  it('only counts ARP for other protocols than IPv4 over Ethernet', async () => {
    const odd = Uint8Array.from(bytesOf(ask()));
    odd[14 + 4] = 8;
    const { arp: exchanges, points } = await digestOf([[0, odd]]);
    expect(exchanges).toEqual([]);
    expect(points[0].quality).toMatchObject({ arpPackets: 1, malformed: { arp: 1 } });
  });
});

describe('neighbour discovery', () => {
  const message = (type: number, flags: number, subject: string, option: number[]) =>
    // The flags octet of an advertisement lies where an echo has its identifier.
    icmpv6({ type, id: flags << 8 }, Uint8Array.from([...ipv6Address(subject), ...option]));
  const link = (type: number, address: string) => [type, 1, ...mac(address)];
  const solicit = ethernet(
    {},
    ipv6(
      { source: 'fe80::1', destination: 'ff02::1:ff00:2', hopLimit: 255 },
      message(135, 0, 'fe80::2', link(1, MAC_A)),
    ),
  );
  const advertise = (flags: number, to: string, address = MAC_B) =>
    ethernet(
      {},
      ipv6({ source: 'fe80::2', destination: to, hopLimit: 255 }, message(136, flags, 'fe80::2', link(2, address))),
    );

  it('pairs a solicitation with its advertisement', async () => {
    const { arp: exchanges, claims } = await digestOf([
      [0, solicit],
      [0.001, advertise(0x60, 'fe80::1')],
    ]);
    expect(exchanges).toMatchObject([
      { protocol: 'nd', asker: 'fe80::1', askerMac: MAC_A, target: 'fe80::2', replies: [{ mac: MAC_B }] },
    ]);
    expect(claims).toMatchObject([{ address: 'fe80::2', mac: MAC_B, gratuitous: 0 }]);
  });

  it('takes an unsolicited advertisement as an announcement', async () => {
    const { claims } = await digestOf([[0, advertise(0x20, 'ff02::1', MAC_C)]]);
    expect(claims).toMatchObject([{ address: 'fe80::2', mac: MAC_C, claims: 1, gratuitous: 1 }]);
  });

  it('does not hang on an option of length 0', async () => {
    const broken = ethernet(
      {},
      ipv6({ source: 'fe80::1', destination: 'fe80::2' }, message(135, 0, 'fe80::2', [1, 0, 0, 0, 0, 0, 0, 0])),
    );
    expect((await digestOf([[0, broken]])).arp).toHaveLength(1);
  });
});
