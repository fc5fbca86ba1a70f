import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, ipv6, udp } from '../../support/frames.ts';

let id = 1;
const sent = (source: string, destination: string, ttl = 64, mac?: string) =>
  ethernet(mac === undefined ? {} : { source: mac }, ipv4({ source, destination, ttl, id: id++ }, udp({}, 'x')));

describe('hosts', () => {
  it('count what each address sent and received, and when', async () => {
    const { hosts } = await digestOf([
      [0, sent('10.0.0.1', '10.0.0.2')],
      [1, sent('10.0.0.1', '10.0.0.2')],
      [2, sent('10.0.0.2', '10.0.0.1')],
    ]);
    expect(hosts).toEqual([
      {
        point: 0,
        address: '10.0.0.1',
        outer: false,
        sent: 2,
        received: 1,
        firstSent: 0,
        lastSent: 1,
        firstReceived: 2,
        lastReceived: 2,
        macs: [{ value: '02:00:00:00:00:0a', count: 2 }],
        ttls: [{ value: 64, count: 2 }],
      },
      expect.objectContaining({
        address: '10.0.0.2',
        sent: 1,
        received: 2,
        firstSent: 2,
        firstReceived: 0,
        lastReceived: 1,
      }),
    ]);
  });

  it('have no sending times if they never sent', async () => {
    const { hosts } = await digestOf([[0, sent('10.0.0.1', '10.0.0.2')]]);
    expect(hosts[1]).toMatchObject({ sent: 0, firstSent: null, lastSent: null, macs: [], ttls: [] });
    expect(hosts[0]).toMatchObject({ received: 0, firstReceived: null, lastReceived: null });
  });

  it('list every MAC and TTL that they sent with, for any alternation', async () => {
    const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
    const frames = Array.from({ length: 6 }, (_, at): TimedFrame => {
      return [at, sent('10.0.0.1', '10.0.0.2', at < 4 ? 64 : 63, macs[at % 2])];
    });
    const { hosts } = await digestOf(frames);
    expect(hosts[0].macs).toEqual(macs.map((value) => ({ value, count: 3 })));
    expect(hosts[0].ttls).toEqual([
      { value: 64, count: 4 },
      { value: 63, count: 2 },
    ]);
  });

  it('keep hundreds of addresses of both kinds in order of appearance, and add none beyond the limit', async () => {
    const frames = Array.from({ length: 300 }, (_, at): TimedFrame => {
      const six = ethernet({}, ipv6({ source: `fd00::${at + 1}`, destination: 'fd01::1' }, udp({}, 'x')));
      return [at / 1000, at % 2 === 0 ? six : sent(`10.1.${at >> 8}.${at & 255}`, '10.0.0.2')];
    });
    const { hosts } = await digestOf(frames);
    expect(hosts).toHaveLength(302);
    expect(hosts.reduce((sum, host) => sum + host.sent, 0)).toBe(300);
    expect(hosts.slice(0, 4).map(({ address }) => address)).toEqual(['fd00::1', 'fd01::1', '10.1.0.1', '10.0.0.2']);
    const few = await digestOf(frames, { limits: { hosts: 3 } });
    expect(few.hosts).toHaveLength(3);
    expect(few.hosts[1].received).toBe(150);
  });
});
