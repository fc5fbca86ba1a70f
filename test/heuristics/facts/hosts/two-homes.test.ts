import { describe, expect, test } from 'vitest';
import { twoHomes } from '../../../../src/heuristics/facts/hosts/two-homes.ts';
import { connection, datagram, evidence, hostActivity, tunnel } from '../../../support/evidence.ts';
import { counted, MAC, node, pod } from '../../../support/tunnel-items.ts';

type Tunnel = Parameters<typeof tunnel>[0];
type Parts = NonNullable<Parameters<typeof connection>[0]>;
/** The pod address that two nodes have. */
const POD = pod(1, 2);
/** The tunnel of a node, with another pod of its own in it. */
const home = (number: number, some: Tunnel = {}) =>
  tunnel({
    index: number - 1,
    source: node(number),
    destination: node(9),
    innerSourceMacs: counted(MAC[number]),
    innerSources: counted(POD, pod(number, 50)),
    ...some,
  });
const opens = (port: number, from: number, at: number, some: Parts = {}) =>
  connection({
    client: `${POD}:${port}`,
    syn: [at],
    encapsulation: ['vxlan'],
    ...some,
    toServer: { tunnels: [from - 1], ...some.toServer },
  });
const told = (tunnels: ReturnType<typeof tunnel>[], parts: Parameters<typeof evidence>[0]) =>
  twoHomes(evidence({ tunnels, ...parts })).map(
    ({ point, address, homes, isTunnel, macs, openings, changes }) =>
      `${point} ${address} behind ${homes.join(' ')}${isTunnel ? ' in tunnels' : ''}${macs.length > 0 ? ` of ${macs.join(' ')}` : ''}: ${openings.map(({ flow, home: at, network }) => `${flow.client.port}@${at.slice(-1)}${network}`).join(' ')}, ${changes} changes`,
  );
const inTurn = [1, 2, 1, 2].map((from, nth) => opens(nth, from, nth));
const both = [home(1), home(2)];
const found = [
  `0 ${POD} behind ${node(1)} ${node(2)} in tunnels of ${MAC[1]} ${MAC[2]}: 0@1vxlan 1 1@2vxlan 1 2@1vxlan 1 3@2vxlan 1, 3 changes`,
];

describe('a pod address behind two nodes in turn', () => {
  const judged = (connections: ReturnType<typeof connection>[], tunnels = both) => told(tunnels, { connections });
  test('by the tunnels of what it opens', () => {
    expect(judged(inTurn)).toEqual(found);
    expect(judged([...inTurn].reverse())).toEqual(found);
  });
  test('it changes three times or more: a pod that moves changes once', () => {
    expect(judged(inTurn.slice(1))).toEqual([]);
    expect(judged([1, 1, 2, 2].map((from, nth) => opens(nth, from, nth)))).toEqual([]);
    expect(judged([1, 1, 1, 1].map((from, nth) => opens(nth, from, nth)))).toEqual([]);
  });
  const changed = (some: Parts) => [...inTurn.slice(0, 3), opens(3, 2, 3, some)];
  test.each<[name: string, some: Parts]>([
    ['nothing is opened', { syn: [] }],
    ['at another point', { point: 1 }],
    ['by another address', { client: `${pod(1, 3)}:3` }],
    ['in two tunnels of two nodes', { toServer: { tunnels: [0, 1] } }],
    ['in no tunnel that is known', { toServer: { tunnels: [] } }],
    ['in GRE', { encapsulation: ['gre'] }],
    ['by MAC only', { encapsulation: [], toServer: { tunnels: [], sourceMacs: counted(MAC[2]) } }],
  ])('an opening that does not count: %s', (_, some) => expect(judged(changed(some))).toEqual([]));
  test('in two tunnels of one node', () => {
    const twice = home(2, { index: 2 });
    expect(judged(changed({ toServer: { tunnels: [1, 2] } }), [...both, twice])).toEqual(found);
    expect(judged(changed({ toServer: { tunnels: [1, 2] } }), [...both, home(2, { index: 2, networkId: 2 })])).toEqual(
      [],
    );
    expect(judged(changed({ toServer: { tunnels: [2] } }), [...both, home(2, { index: 2, networkId: 2 })])).toEqual([]);
  });
  test('nobody in particular', () =>
    expect(judged(inTurn.map((one) => ({ ...one, client: { ...one.client, address: '169.254.1.1' } })))).toEqual([]));

  test.each<[name: string, second: Tunnel, first?: Tunnel]>([
    ['the second has no other pod', { innerSources: counted(POD) }],
    ['the first has no other pod', {}, { innerSources: counted(POD) }],
    ['they share another pod', { innerSources: counted(POD, pod(1, 50)) }],
    ['they are one VTEP', { innerSourceMacs: counted(MAC[1]) }],
    ['one VTEP is unknown', { innerSourceMacs: [] }],
  ])('one node with two addresses: %s', (_, second, first = {}) => {
    expect(judged(inTurn, [home(1, first), home(2, second)])).toEqual([]);
  });
  test('an overlay without VTEPs', () =>
    expect(judged(inTurn, [home(1, { innerSourceMacs: [] }), home(2, { innerSourceMacs: [] })])).toEqual([
      found[0].replace(` of ${MAC[1]} ${MAC[2]}`, ''),
    ]));
});

describe('by the machine that routes for the pod where there is no tunnel', () => {
  const plain = (port: number, from: number): ReturnType<typeof connection> =>
    connection({ client: `${POD}:${port}`, syn: [port], toServer: { sourceMacs: counted(MAC[from]) } });
  const connections = [1, 2, 1, 2].map((from, nth) => plain(nth, from));
  const behind = (number: number, some: Parameters<typeof hostActivity>[1] = {}) => [
    hostActivity(POD, { macs: counted(MAC[number]) }),
    hostActivity(pod(number, 50), { macs: counted(MAC[number]), ...some }),
  ];
  const judged = (some: Parameters<typeof hostActivity>[1] = {}) =>
    told([], { connections, hosts: [...behind(1), ...behind(2, some)] });
  test('so', () => expect(judged()).toEqual([`0 ${POD} behind ${MAC[1]} ${MAC[2]}: 0@1 1@2 2@1 3@2, 3 changes`]));
  test('not where one has no other address there', () => {
    expect(judged({ point: 1 })).toEqual([]);
    expect(judged({ outer: true })).toEqual([]);
    expect(judged({ macs: counted(MAC[3]) })).toEqual([]);
    expect(judged({ macs: counted(MAC[1], MAC[2]) })).toEqual([]);
    expect(judged({ macs: counted(MAC[3], MAC[2]) })).toHaveLength(1);
  });
  test('not where an opening has two machines', () => {
    const two = connections.map((one, nth) =>
      nth === 3 ? connection({ client: `${POD}:3`, syn: [3], toServer: { sourceMacs: counted(MAC[1], MAC[2]) } }) : one,
    );
    expect(told([], { connections: two, hosts: [...behind(1), ...behind(2)] })).toEqual([]);
  });
});

describe('datagrams that nobody answers', () => {
  const sends = (port: number, from: number, some: Parameters<typeof datagram>[0] = {}) =>
    datagram({ client: `${POD}:${port}`, sent: [port], tunnels: [from - 1], encapsulation: ['vxlan'], ...some });
  const judged = (last: Parameters<typeof datagram>[0] = {}) =>
    told(both, { datagrams: [sends(0, 1), sends(1, 2), sends(2, 1), sends(3, 2, last)] });
  test('count', () => expect(judged()).toEqual(found));
  test.each<[name: string, some: Parameters<typeof datagram>[0]]>([
    ['in no tunnel', { tunnels: [] }],
    ['nothing is sent', { packets: [0, 0] }],
    ['answered: who opened it is not known', { back: [4] }],
  ])('but not: %s', (_, some) => expect(judged(some)).toEqual([]));
  test('without a time they come last', () =>
    expect(judged({ client: `${POD}:0`, first: [null, null] })).toEqual([found[0].replace('3@2', '0@2')]));
});
