import { describe, expect, test } from 'vitest';
import type { TcpDirection, Transfer } from '../../../../src/flows/evidence/evidence.ts';
import { tornAddresses } from '../../../../src/heuristics/facts/tcp/torn-connections.ts';
import {
  knowsPauses,
  type LongTransfer,
  longestByServer,
  longTransfers,
  rateOf,
  rateText,
} from '../../../../src/heuristics/facts/tcp/transfers.ts';
import { download, midStream, roundTrips } from '../../../support/ending-items.ts';
import { capture, connection, evidence, point, reset, tunnel } from '../../../support/evidence.ts';
import { attempt, between, MAC, node } from '../../../support/tunnel-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;

describe('large transfers that lost nothing', () => {
  const told = (all: ReturnType<typeof download>) =>
    longTransfers(all).map(
      (one) =>
        `${one.server} ${one.conversation} at ${one.leg.point}: ${one.transfer.octets} in ${one.transfer.seconds} s, ${one.transfer.pauses} pauses of ${one.transfer.pausedSeconds} s, trip ${Number(one.roundTrip.least.toFixed(4))} to ${Number(one.roundTrip.most.toFixed(4))}${knowsPauses(all, one) ? '' : ', pauses unknown'}`,
    );
  const found = ['10.244.2.7:80 0 at 0: 400000 in 8 s, 0 pauses of 0 s, trip 0.0401 to 0.0401'];
  const back = (some: Partial<TcpDirection>): Parts => ({ toClient: some });
  test.each<[name: string, transfer: Partial<Transfer>, some: Parts, expected: string[]]>([
    ['so', {}, {}, found],
    ['as many octets as it takes', { octets: 32_768 }, {}, [found[0].replace('400000', '32768')]],
    ['fewer octets', { octets: 32_767 }, {}, []],
    ['a second', { seconds: 1 }, {}, [found[0].replace('8 s', '1 s')]],
    ['less than a second', { seconds: 0.99 }, {}, []],
    ['one of 200 was sent again', {}, back({ dataSegments: 200, resentSegments: 1 }), found],
    ['more', {}, back({ dataSegments: 199, resentSegments: 1 }), []],
    [
      'of large segments the octets count',
      {},
      { ...back({ dataSegments: 1, resentSegments: 1 }), toServer: { mss: 2000 } },
      found,
    ],
    ['of larger ones', {}, { ...back({ dataSegments: 1, resentSegments: 1 }), toServer: { mss: 2020 } }, []],
    ['a size of 0 is none', {}, { ...back({ dataSegments: 1, resentSegments: 1 }), toServer: { mss: 0 } }, []],
    ['what the client sent again does not count', {}, { toServer: { dataSegments: 1, resentSegments: 1 } }, found],
    [
      'paused, after a handshake',
      { pauses: 10, pausedSeconds: 0.1 },
      {},
      [found[0].replace('0 pauses of 0', '10 pauses of 0.1')],
    ],
  ])('%s', (_, transfer, some, expected) => expect(told(download(transfer, some))).toEqual(expected));
  test('none', () =>
    expect(longTransfers(evidence({ connections: [connection({}, { established: true })] }))).toEqual([]));
  test('without a handshake, waits up to two round trips are no pauses', () => {
    const rtt: Parts['rtt'] = [roundTrips(0.02), roundTrips(0.03)];
    const begun = (pausedSeconds: number, some: Parts = {}) =>
      told(download({ pauses: 10, pausedSeconds }, { ...midStream, rtt, ...some }))[0]?.replace(/^.*8 s, /, '');
    // Twice 50 ms, ten times.
    expect(begun(1)).toBe('10 pauses of 1 s, trip 0 to 0.05');
    expect(begun(0.99)).toBe('0 pauses of 0 s, trip 0 to 0.05');
    expect(begun(0.99, { rtt: [null, null] })).toBe('10 pauses of 0.99 s, trip 0 to Infinity, pauses unknown');
  });
  const long = (server: string, conversation: number, seconds: number) =>
    ({ server, conversation, transfer: { seconds } }) as LongTransfer;
  test('the longest of each server, of those that are limited', () => {
    const all = [long('a', 0, 2), long('b', 1, 9), long('a', 2, 5), long('a', 2, 7), long('a', 3, 5), long('c', 4, 1)];
    expect(
      longestByServer(all, ({ server }) => server !== 'c').map((one) => [
        one.server,
        one.longest.conversation,
        one.all.map(({ conversation }) => conversation),
      ]),
    ).toEqual([
      ['a', 2, [0, 2, 3]],
      ['b', 1, [1]],
    ]);
  });
  test('rates', () => {
    expect(rateOf({ octets: 400, seconds: 8 } as Transfer)).toBe(50);
    expect([204_000, 999_499, 1_000_000, 1_250_000].map(rateText)).toEqual([
      '204 kB/s',
      '999 kB/s',
      '1.0 MB/s',
      '1.3 MB/s',
    ]);
  });
});

describe('one pod address at two nodes, one of which resets what the other began', () => {
  const denied = (time: number, some = {}) => reset(time, 0, { hasAck: false, ...some });
  const torn = (some: Parts = {}) =>
    connection({
      client: '10.244.1.5:40000',
      syn: [0],
      synAck: [0.5],
      resets: [denied(0.6)],
      ...some,
      toServer: { tunnels: [0, 1], ...some.toServer },
    });
  const both = [between(0, 2, 9), between(1, 1, 9)];
  const told = (connections: ReturnType<typeof connection>[], tunnels = both) =>
    tornAddresses(
      evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], connections, tunnels }),
    ).map(
      ({ point: at, address, connections: all, nodes, macs }) =>
        `${at} ${address}: ${all.length} at ${nodes.join(' ')} of ${macs.join(' ')}`,
    );
  const found = [`0 10.244.1.5: 1 at ${node(1)} ${node(2)} of ${MAC[1]} ${MAC[2]}`];
  test.each<[name: string, some: Parts, isFound: boolean]>([
    ['so', {}, true],
    ['no SYN', { syn: [] }, false],
    ['no SYN-ACK', { synAck: [] }, false],
    ['the handshake was finished', { handshakeAck: { packet: 1, time: 1 } }, false],
    ['the server sent data', { toClient: { dataSegments: 1 } }, false],
    ['the reset acknowledges', { resets: [denied(0.6, { hasAck: true })] }, false],
    ['the server resets', { resets: [reset(0.6, 1, { hasAck: false })] }, false],
    ['before the SYN-ACK', { resets: [denied(0.49)] }, false],
    ['in the moment of the SYN-ACK', { resets: [denied(0.5)] }, true],
    ['another reset before', { resets: [denied(0.4), denied(0.6)] }, true],
    ['in one tunnel', { toServer: { tunnels: [0] } }, false],
  ])('%s', (_, some, isFound) => expect(told([torn(some)])).toEqual(isFound ? found : []));
  test('by their tunnels', () => {
    const [one, other] = both;
    expect(told([torn()], [one, { ...other, kind: 'gre' }])).toEqual([]);
    expect(told([torn()], [one, { ...other, source: one.source }])).toEqual([]);
    expect(told([torn()], [one, { ...other, innerSourceMacs: one.innerSourceMacs }])).toEqual([]);
    expect(told([torn()], [one, { ...other, innerSourceMacs: [] }])).toEqual([]);
    expect(told([torn({ toServer: { tunnels: [0, 1, 7] } })])).toEqual(found);
    const bare = both.map((flow) => ({ ...flow, innerSourceMacs: [] }));
    expect(told([torn()], bare)).toEqual([`0 10.244.1.5: 1 at ${node(1)} ${node(2)} of `]);
  });
  test('connections of one address at one point are one', () => {
    const more = [torn(), torn({ client: '10.244.1.5:40001', toServer: { tunnels: [1, 2] } })];
    const tunnels = [...both, between(2, 3, 9)];
    expect(told(more, tunnels)).toEqual([
      `0 10.244.1.5: 2 at ${node(1)} ${node(2)} ${node(3)} of ${MAC[1]} ${MAC[2]} ${MAC[3]}`,
    ]);
    expect(told([torn(), torn({ client: '10.244.1.6:1' })])).toHaveLength(2);
    expect(told([torn(), torn({ point: 1 })])).toHaveLength(2);
    expect(told([attempt(0, 1)], [tunnel(), tunnel()])).toEqual([]);
  });
});
