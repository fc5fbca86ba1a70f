import { describe, expect, test } from 'vitest';
import type { TunnelFlow } from '../../../src/flows/evidence/evidence.ts';
import { oddSources } from '../../../src/heuristics/facts/outer-sources.ts';
import { connection, type EvidenceParts, evidence, point, tunnel } from '../../support/evidence.ts';
import { counted, MAC } from '../../support/tunnel-items.ts';

const [RIGHT, ODD, FAR] = ['192.168.0.1', '10.0.0.1', '192.168.0.2'];
/** Tunnel flows of the VTEP of node 1, by their outer source, and one back. */
const out = (index: number, source: string, some: Partial<TunnelFlow> = {}) =>
  tunnel({
    index,
    source,
    destination: FAR,
    innerSourceMacs: counted(MAC[1]),
    innerDestinationMacs: counted(MAC[2]),
    ...some,
  });
const back = (index: number, destination = RIGHT, some: Partial<TunnelFlow> = {}) =>
  tunnel({
    index,
    source: FAR,
    destination,
    innerSourceMacs: counted(MAC[2]),
    innerDestinationMacs: counted(MAC[1]),
    ...some,
  });
let port = 1;
/** A connection whose SYNs travel in some tunnel flows. */
const asks = (tunnels: number[], isAnswered: boolean, some: Parameters<typeof connection>[0] = {}) =>
  connection({
    client: `10.244.1.5:${port++}`,
    server: '10.244.2.5:80',
    syn: [0, 1],
    encapsulation: ['vxlan'],
    ...(isAnswered && { synAck: [0.1] }),
    ...some,
    toServer: { tunnels, ...some.toServer },
  });
const told = (tunnels: TunnelFlow[], connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) =>
  oddSources(evidence({ tunnels, connections, ...parts })).map(
    ({ vtep, odd, right, rightFrom, repaired }) =>
      `${vtep.mac.slice(-1)} in ${vtep.networkId} at ${vtep.point}: ${odd.join(' ')}, right ${right} from ${rightFrom}, repaired ${repaired.map(({ index }) => index)}`,
  );
const given = (vteps: Record<string, string>) => ({ known: { vteps } });

describe('an outer source that gets no answers', () => {
  const two = [out(0, RIGHT), out(1, ODD), back(2)];
  const found = (from: string) => [`1 in 1 at 0: ${ODD}, right ${RIGHT} from ${from}, repaired `];
  test.each<[name: string, tunnels: TunnelFlow[], connections: ReturnType<typeof connection>[], expected: string[]]>([
    ['another one is answered', two, [asks([0], true), asks([1], false)], found('answered')],
    ['no other is answered, and the peers send to one', two, [asks([1], false)], found('peers')],
    ['it is answered, too', two, [asks([0], true), asks([1], false), asks([1], true)], []],
    ['nothing was asked from it', two, [asks([0], true)], []],
    ['one packet only', two, [asks([0], true), asks([1], false, { syn: [0] })], []],
    [
      'another one is answered, and no peer sends to it',
      [out(0, RIGHT), out(1, ODD)],
      [asks([0], true), asks([1], false)],
      found('peers'),
    ],
    ['none is answered, and no peer sends', [out(0, RIGHT), out(1, ODD)], [asks([0], false), asks([1], false)], []],
    [
      'the peers send to another address',
      [out(1, ODD), back(2)].map((one, index) => ({ ...one, index })),
      [asks([0], false)],
      found('peers'),
    ],
    ['the peers send to it', [out(0, ODD), back(1, ODD)], [asks([0], false)], []],
    ['another family', [out(0, RIGHT), out(1, 'fd00::1'), back(2)], [asks([0], true), asks([1], false)], []],
    [
      'of two families, one of the same',
      [out(0, RIGHT), out(1, ODD), back(2), out(3, 'fd00::1')],
      [asks([0], true), asks([1], false), asks([3], false)],
      [`1 in 1 at 0: ${ODD} fd00::1, right ${RIGHT} from answered, repaired `],
    ],
    [
      'without the MAC of a VTEP',
      two.map((one) => ({ ...one, innerSourceMacs: [] })),
      [asks([0], true), asks([1], false)],
      [],
    ],
  ])('%s', (_, tunnels, connections, expected) => expect(told(tunnels, connections)).toEqual(expected));
  test('VTEPs are told apart by point, network and MAC', () => {
    const connections = [asks([0], true), asks([1], false)];
    const other = (some: Partial<TunnelFlow>) =>
      told([out(0, RIGHT), out(1, ODD, some), back(2)], connections, { points: [point(), point()] });
    expect(other({})).toHaveLength(1);
    expect(other({ networkId: 2 })).toEqual([]);
    expect(other({ innerSourceMacs: counted(MAC[3]) })).toEqual([]);
    const peers = (some: Partial<TunnelFlow>) =>
      told([out(0, ODD), back(1, RIGHT, some)], [asks([0], false)], { points: [point(), point()] });
    expect(peers({})).toHaveLength(1);
    expect(peers({ networkId: 2 })).toEqual([]);
    expect(peers({ point: 1 })).toEqual([]);
    expect(peers({ innerDestinationMacs: counted(MAC[3]) })).toEqual([]);
  });
  test('the address that was given is right', () => {
    const one = [out(0, ODD)];
    expect(told(one, [asks([0], false)], given({ [MAC[1]]: RIGHT }))).toEqual(found('inventory'));
    expect(told(one, [asks([0], false)], given({ [MAC[1]]: ODD }))).toEqual([]);
    expect(told(one, [asks([0], false)], given({ [MAC[2]]: RIGHT }))).toEqual([]);
    // Whatever the peers send to.
    expect(told([out(0, ODD), back(1, ODD)], [asks([0], false)], given({ [MAC[1]]: RIGHT }))).toEqual(
      found('inventory'),
    );
    expect(told(two, [asks([0], true), asks([1], false)], given({ [MAC[1]]: RIGHT }))).toEqual(found('answered'));
  });
  test('an address that is none of the nodes, where they were given', () => {
    const nodes = (...addresses: string[]) => ({
      known: { nodes: Object.fromEntries(addresses.map((one) => [one, 'node1'])) },
    });
    const judged = (parts: EvidenceParts, source = ODD) => told([out(0, source)], [asks([0], false)], parts);
    expect(judged(nodes(RIGHT))).toEqual([`1 in 1 at 0: ${ODD}, right null from inventory, repaired `]);
    expect(judged(nodes(ODD))).toEqual([]);
    expect(judged(nodes())).toEqual([]);
    expect(judged(nodes('fd00::1'))).toEqual([]);
    expect(judged(nodes('fd00::1'), 'fd00::2')).toHaveLength(1);
    expect(judged(nodes(RIGHT, ODD))).toEqual([]);
  });
});

describe('first packets from an odd source that are sent again from the right one', () => {
  const sent = (count: number, answered = 0) => ({ fates: { sent: count, answered, wrong: 0, wrongAnswered: 0 } });
  const tunnels = (odd: Partial<TunnelFlow> = sent(3)) => [out(0, RIGHT), out(1, ODD, odd), back(2)];
  const repaired = (some: Parameters<typeof connection>[0] = {}) => asks([1, 0], true, some);
  const three = (last: Parameters<typeof connection>[0] = {}) => [repaired(), repaired(), repaired(last)];
  const found = [`1 in 1 at 0: ${ODD}, right ${RIGHT} from answered, repaired 0,1,2`];
  test.each<[name: string, odd: Partial<TunnelFlow>, connections: ReturnType<typeof connection>[], isFound: boolean]>([
    ['three', sent(3), three(), true],
    ['two', sent(3), three().slice(1), false],
    ['one of three did not send again', sent(3), three({ syn: [0] }), false],
    ['one of three used the odd source only', sent(3), three({ toServer: { tunnels: [1] } }), false],
    ['fewer first packets', sent(2), three(), false],
    ['one was answered', sent(3, 1), three(), false],
  ])('%s', (_, odd, connections, isFound) => expect(told(tunnels(odd), connections)).toEqual(isFound ? found : []));
  test('packets of several flows of that source count together', () => {
    const more = [...tunnels(sent(2)), out(3, ODD, sent(1))];
    expect(told(more, three())).toEqual(found);
    expect(told([...tunnels(sent(2)), out(3, ODD, sent(1, 1))], three())).toEqual([]);
  });
});
