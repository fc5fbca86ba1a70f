import { describe, expect, it } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, ipv6, type LayerOfFrame, udp } from '../../support/frames.ts';

interface Sent {
  time: number;
  from: string;
  to: string;
  sourcePort: number;
  destinationPort: number;
  payload: string;
}

/** Without IP ID, as of unconnected sockets of Linux and all of IPv6. */
const datagram = ({ from, to, payload, ...ports }: Sent, ttl: number): LayerOfFrame =>
  ethernet(
    {},
    from.includes(':')
      ? ipv6({ source: from, destination: to, hopLimit: ttl }, udp(ports, payload))
      : ipv4({ source: from, destination: to, id: 0, ttl }, udp(ports, payload)),
  );

/** What a veth and the bridge behind it show; `rename` is what the bridge makes of an address. */
async function atTwoPoints(
  sent: readonly Sent[],
  rename: (address: string) => string = (same) => same,
): Promise<Evidence> {
  const atVeth = sent.map((one): TimedFrame => [one.time, datagram(one, 64)]);
  const atBridge = sent.map((one): TimedFrame => {
    const renamed = { ...one, from: rename(one.from), to: rename(one.to) };
    return [one.time + 0.00003, datagram(renamed, 64)];
  });
  const digests = await Promise.all([
    digestOf(atVeth, { path: 'node1__veth1a2b3c4d.pcap' }),
    digestOf(atBridge, { path: 'node1__cni0.pcap' }),
  ]);
  return correlate(digests, { known: NOTHING_KNOWN });
}

const serversOf = ({ conversations }: Evidence): string[][] =>
  conversations.map(({ legs }) => legs.map(({ server }) => server.address));

describe('datagrams with one payload and no IP ID', () => {
  it.each([
    ['10.244.1.5', '10.0.0.2', '10.0.0.3'],
    ['fd00:1::5', 'fd00:2::2', 'fd00:2::3'],
  ])('one socket of %s that queries two servers at once (musl) is no translation', async (client, first, second) => {
    const asked = ['A web.example.com, query 1000', 'AAAA web.example.com, query 1001'].flatMap((payload, nth) =>
      [first, second].map((to, server) => ({
        time: 1 + nth * 0.00005 + server * 0.00002,
        from: client,
        to,
        sourcePort: 40_000,
        destinationPort: 53,
        payload,
      })),
    );
    const found = await atTwoPoints(asked);
    expect(serversOf(found)).toEqual([
      [first, first],
      [second, second],
    ]);
    expect(found.nat).toEqual([]);
  });

  it('a query that a resolver repeats from another socket (glibc, when refused) and that is translated', async () => {
    const sockets = [40_000, 40_001].map((sourcePort, nth) => ({
      time: 1 + nth * 0.0002,
      from: 'fd00:1::5',
      to: 'fd00:96::a',
      sourcePort,
      destinationPort: 53,
      payload: 'A web.example.com, query 1000',
    }));
    const found = await atTwoPoints(sockets, (address) => (address === 'fd00:96::a' ? 'fd00:2::9' : address));
    expect(serversOf(found)).toEqual([
      ['fd00:96::a', 'fd00:2::9'],
      ['fd00:96::a', 'fd00:2::9'],
    ]);
  });
});
