import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, udp } from '../../support/frames.ts';
import { quicInitial } from '../../support/messages.ts';

const answer = (leap: number, stratum: number, reference = ''): Uint8Array => {
  const octets = new Uint8Array(48);
  octets.set([(leap << 6) | (4 << 3) | 4, stratum]);
  octets.set(new TextEncoder().encode(reference), 12);
  return octets;
};
const from = (payload: Uint8Array): ReturnType<typeof ethernet> =>
  ethernet(
    {},
    ipv4(
      { source: '10.96.0.5', destination: '10.244.1.5' },
      udp({ sourcePort: 123, destinationPort: 40_000 }, payload),
    ),
  );

describe('NTP', () => {
  it('counts answers without a time by client and server', async () => {
    const frames: TimedFrame[] = [
      [0, from(answer(0, 2))],
      [1, from(answer(3, 16))],
      [2, from(answer(3, 0, 'RATE'))],
      [3, from(new Uint8Array(48))],
    ];
    const { timeServers } = await digestOf(frames);
    expect(timeServers).toMatchObject([
      { client: '10.244.1.5', server: '10.96.0.5', answers: 3, unsynchronised: 1, kisses: 1, code: 'RATE' },
    ]);
    expect(timeServers[0].bad.map(({ packet }) => packet)).toEqual([2, 3]);
  });
});

describe('QUIC', () => {
  it('knows a flow whose first packet is an Initial, by its content and size', async () => {
    const to = (payload: Uint8Array, sourcePort: number) =>
      ethernet(
        {},
        ipv4({ source: '10.244.1.5', destination: '10.244.2.7' }, udp({ sourcePort, destinationPort: 8443 }, payload)),
      );
    const { datagrams } = await digestOf([
      [0, to(quicInitial(1200), 40_000)],
      [1, to(quicInitial(400), 40_001)],
      [2, to(new Uint8Array(1200), 40_002)],
    ]);
    expect(datagrams.map(({ quic }) => quic)).toEqual([true, false, false]);
  });
});
