import { describe, expect, test } from 'vitest';
import { fateOf, isVtepMac, meantVtep, sendingVtep } from '../../../src/heuristics/facts/vtep.ts';
import { connection, datagram, type EvidenceParts, echo, evidence, point, tunnel } from '../../support/evidence.ts';

const [A, B] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];

test.each<[mac: string, is: boolean]>([
  [A, true],
  ['00:00:00:00:00:01', true],
  ['00:00:00:00:00:00', false],
  ['ff:ff:ff:ff:ff:ff', false],
  ['01:00:5e:00:00:01', false],
  ['33:33:00:00:00:01', false],
  ['ee:ee:ee:ee:ee:ee', false],
  ['ee:ee:ee:ee:ee:ef', true],
])('%s may be that of a VTEP: %s', (mac, is) => expect(isVtepMac(mac)).toBe(is));

test.each<[name: string, counts: [string, number][], mac: string | null]>([
  ['half of the packets', [[A, 5]], A],
  ['fewer than half', [[A, 4]], null],
  [
    'the one of most packets',
    [
      [A, 3],
      [B, 6],
    ],
    B,
  ],
  [
    'in any order',
    [
      [B, 6],
      [A, 3],
    ],
    B,
  ],
  ['no MAC', [], null],
  ['a group', [['01:00:5e:00:00:01', 10]], null],
])('the MAC that stands for a VTEP: %s', (_, counts, mac) => {
  const macs = counts.map(([value, count]) => ({ value, count }));
  expect(sendingVtep(tunnel({ packets: 10, innerSourceMacs: macs }))).toBe(mac);
  expect(meantVtep(tunnel({ packets: 10, innerDestinationMacs: macs }))).toBe(mac);
});

describe('what became of the requests in a tunnel', () => {
  const carried = { toServer: { packets: 3, tunnels: [0] } };
  const inner = (value: string) => [{ value, count: 1 }];
  const flows = [
    tunnel({ index: 0, innerSources: inner('10.244.1.5'), innerDestinations: inner('10.244.2.7') }),
    tunnel({ index: 1 }),
    tunnel({ index: 2, point: 1 }),
  ];
  const fate = (parts: EvidenceParts, isMeant?: () => boolean) => {
    const all = evidence({ points: [point(), point({ name: 'b' })], tunnels: flows, ...parts });
    const { answered, unanswered, unansweredPackets } = fateOf(all, all.tunnels.slice(0, 1), isMeant);
    return [answered.length, unanswered.length, unansweredPackets];
  };
  const flow = (some: Parameters<typeof datagram>[0] = {}) => datagram({ sent: [0, 1], tunnels: [0], ...some });
  const ping = (some: Parameters<typeof echo>[0] = {}) =>
    echo({
      source: '10.244.1.5',
      destination: '10.244.2.7',
      request: 0,
      reply: null,
      encapsulation: ['vxlan'],
      ...some,
    });
  test.each<[name: string, parts: EvidenceParts, expected: number[]]>([
    ['a connection', { connections: [connection(carried)] }, [0, 1, 3]],
    ['an answered one', { connections: [connection({ ...carried, toClient: { packets: 1 } })] }, [1, 0, 0]],
    ['in another tunnel', { connections: [connection({ toServer: { packets: 3, tunnels: [1] } })] }, [0, 0, 0]],
    [
      'whose answers alone travel in it',
      { connections: [connection({ toClient: { packets: 3, tunnels: [0] } })] },
      [0, 0, 0],
    ],
    ['that sent nothing', { connections: [connection({ toServer: { packets: 0, tunnels: [0] } })] }, [0, 0, 0]],
    ['at another point', { connections: [connection({ ...carried, point: 1 })] }, [0, 0, 0]],
    [
      'two of them',
      { connections: [connection(carried), connection({ ...carried, client: '10.244.1.6:1' })] },
      [0, 2, 6],
    ],
    ['datagrams', { datagrams: [flow()] }, [0, 1, 2]],
    ['answered datagrams', { datagrams: [flow({ back: [1] })] }, [1, 0, 0]],
    ['datagrams in another tunnel', { datagrams: [flow({ tunnels: [1] })] }, [0, 0, 0]],
    ['datagrams at another point', { datagrams: [flow({ point: 1 })] }, [0, 0, 0]],
    ['pings', { echoes: [ping(), ping({ sequence: 2, request: 1 })] }, [0, 1, 2]],
    ['pings of which one is answered', { echoes: [ping(), ping({ sequence: 2, request: 1, reply: 1.1 })] }, [1, 0, 0]],
    ['pings outside', { echoes: [ping({ encapsulation: [] })] }, [0, 0, 0]],
    ['pings to another', { echoes: [ping({ destination: '10.244.2.8' })] }, [0, 0, 0]],
    ['pings of another', { echoes: [ping({ source: '10.244.1.6' })] }, [0, 0, 0]],
    ['pings at another point', { echoes: [ping({ point: 1 })] }, [0, 0, 0]],
  ])('%s', (_, parts, expected) => expect(fate(parts)).toEqual(expected));
  test('pings that are plain at the point of the flow, and in a tunnel at another', () => {
    const of = [ping({ encapsulation: [] }), ping({ point: 1 })];
    expect(fate({ echoes: of, paths: [{ of }] })).toEqual([0, 0, 0]);
  });
  test('only those that are meant', () =>
    expect(fate({ connections: [connection(carried)] }, () => false)).toEqual([0, 0, 0]));
});
