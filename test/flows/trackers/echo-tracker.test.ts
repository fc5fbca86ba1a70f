import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, icmp, icmpv6, ipv4, ipv6 } from '../../support/frames.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
let ipId = 1;

const request = (sequence: number, payload = 'x') =>
  ethernet(
    {},
    ipv4({ source: A, destination: B, id: ipId++, dontFragment: true }, icmp({ type: 8, id: 5, sequence }, payload)),
  );
const reply = (sequence: number) =>
  ethernet({}, ipv4({ source: B, destination: A, id: ipId++ }, icmp({ type: 0, id: 5, sequence }, 'x')));

describe('echo exchanges', () => {
  it('pair a request with its reply', async () => {
    const { echoes, echoesTotal } = await digestOf([
      [0, request(1)],
      [0.5, reply(1)],
    ]);
    expect(echoesTotal).toBe(1);
    expect(echoes[0]).toMatchObject({
      source: A,
      destination: B,
      id: 5,
      sequence: 1,
      l3Length: 29,
      request: { packet: 1, time: 0 },
      requests: 1,
      reply: { packet: 2, time: 0.5 },
      ttl: 64,
      dontFragment: true,
      encapsulation: [],
    });
  });

  const rows: Record<string, [TimedFrame[], [number | undefined, number, number | undefined][]]> = {
    'no reply': [[[0, request(1)]], [[1, 1, undefined]]],
    'a reply to an unseen request': [[[0, reply(1)]], [[undefined, 0, 1]]],
    'sequence numbers keep exchanges apart': [
      [
        [0, request(1)],
        [1, request(2)],
        [1.1, reply(2)],
      ],
      [
        [1, 1, undefined],
        [2, 1, 3],
      ],
    ],
    'the same request again, before the reply': [
      [
        [0, request(1)],
        [1, request(1)],
        [1.1, reply(1)],
      ],
      [[1, 2, 3]],
    ],
    'a program that never counts up': [
      [
        [0, request(1)],
        [0.1, reply(1)],
        [1, request(1)],
        [1.1, reply(1)],
      ],
      [
        [1, 1, 2],
        [3, 1, 4],
      ],
    ],
    'the number comes round after a minute': [
      [
        [0, request(1)],
        [61, request(1)],
      ],
      [
        [1, 1, undefined],
        [2, 1, undefined],
      ],
    ],
  };
  for (const [name, [frames, expected]] of Object.entries(rows)) {
    it(name, async () => {
      const { echoes } = await digestOf(frames);
      expect(echoes.map((echo) => [echo.request?.packet, echo.requests, echo.reply?.packet])).toEqual(expected);
    });
  }

  it('put all ICMPv6 pings of one identifier in one biflow', async () => {
    const ping = (type: number, sequence: number) => {
      const ends = { source: 'fd00::1', destination: 'fd00::2' };
      const back = { source: 'fd00::2', destination: 'fd00::1' };
      return ethernet({}, ipv6(type === 128 ? ends : back, icmpv6({ type, id: 7, sequence }, 'x')));
    };
    const { echoes, sightings } = await digestOf([
      [0, ping(128, 1)],
      [0.1, ping(129, 1)],
      [1, ping(128, 2)],
    ]);
    expect(echoes.map(({ source, reply }) => [source, reply?.packet])).toEqual([
      ['fd00::1', 2],
      ['fd00::1', undefined],
    ]);
    expect([...sightings!.columns.flow.slice(0, 3)]).toEqual([0, 0, 0]);
    expect([...sightings!.columns.direction.slice(0, 3)]).toEqual([0, 1, 0]);
    expect([...sightings!.columns.seq.slice(0, 3)]).toEqual([1, 1, 2]);
  });
});
