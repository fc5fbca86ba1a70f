import { describe, expect, test } from 'vitest';
import type { HostActivity } from '../../../../src/flows/evidence/evidence.ts';
import { machineAt, nodeOf } from '../../../../src/heuristics/facts/hosts/machines.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  dns,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  tunnel,
} from '../../../support/evidence.ts';

const [POD, OTHER] = ['10.244.1.5', '10.244.1.6'];
const [NODE, FAR] = ['10.0.0.11', '10.0.0.12'];
const MAC = (last: number) => `02:00:00:00:00:0${last}`;
/** Sends with an initial hop limit. */
const sends = (address: string, some: Partial<HostActivity> = {}) =>
  hostActivity(address, { ttls: [{ value: 64, count: 9 }], ...some });
const veth = point({ name: 'veth', role: 'pod-veth' });
const nic = point({ name: 'eth0', role: 'node-nic' });
const at = (parts: EvidenceParts) => machineAt(evidence(parts), 0);
const counted = (...values: string[]) => values.map((value) => ({ value, count: 1 }));
const captures = [capture(), capture()];

describe('a pod is what sends with an initial hop limit at a device of pods', () => {
  test.each<[name: string, parts: EvidenceParts, pod: string | null]>([
    ['at a veth', { points: [veth], hosts: [sends(POD)] }, POD],
    ['at a bridge', { points: [point({ role: 'bridge' })], hosts: [sends(POD)] }, POD],
    ['the one that sends more', { points: [veth], hosts: [sends(OTHER, { sent: 5 }), sends(POD, { sent: 6 })] }, POD],
    [
      'packets of both devices of a machine count',
      {
        points: [point({ role: 'pod-veth', host: 'a' }), point({ role: 'bridge', host: 'a', capture: 1 })],
        captures,
        hosts: [sends(OTHER, { sent: 6 }), sends(POD, { sent: 5 }), sends(POD, { sent: 5, point: 1 })],
      },
      POD,
    ],
    ['not at a NIC', { points: [nic], hosts: [sends(POD)] }, null],
    [
      'not at the device of another machine',
      { points: [nic, { ...veth, capture: 1 }], captures, hosts: [sends(POD, { point: 1 })] },
      null,
    ],
    ['not outside a tunnel that is read', { points: [veth], hosts: [sends(POD, { outer: true })] }, null],
    ['not what sends nothing', { points: [veth], hosts: [sends(POD, { sent: 0 })] }, null],
    [
      'not what comes from afar',
      { points: [veth], hosts: [hostActivity(POD, { ttls: [{ value: 62, count: 9 }] })] },
      null,
    ],
    ['not a group', { points: [veth], hosts: [sends('224.0.0.251')] }, null],
    [
      'not the address of a service that is asked for names of the cluster',
      {
        points: [veth],
        hosts: [sends('10.96.0.10')],
        dns: [dns({ name: 'web.default.svc.cluster.local', answered: 0.1 })],
      },
      null,
    ],
  ])('%s', (_, parts, pod) => expect(at(parts)).toMatchObject({ pod, given: null }));
});

describe('a machine is a node when it has pods or ends tunnels', () => {
  test.each<[string, EvidenceParts, boolean]>([
    ['pods', { points: [veth], hosts: [sends(POD)] }, true],
    ['a NIC of a node', { points: [nic] }, true],
    ['a tunnel device', { points: [point({ role: 'tunnel-device' })] }, true],
    ['any NIC', { points: [point({ role: 'host-nic' })] }, false],
    ['a veth of which nothing was heard', { points: [veth] }, false],
  ])('%s', (_, parts, isNode) => expect(at(parts)).toMatchObject({ isNode }));
  test('the name that the user gave', () => {
    expect(at({ points: [point({ host: 'a', namedBy: 'given' })] }).given).toBe('a');
    expect(at({ points: [point({ host: 'a', namedBy: 'unknown' })] }).given).toBeNull();
  });
});

describe('the node of a pod is who sends its packets through tunnels', () => {
  const of = (...tunnels: Parameters<typeof tunnel>[0][]) =>
    nodeOf(evidence({ tunnels: tunnels.map((one) => tunnel(one)) }), POD);
  const out = (source: string) => ({ source, destination: FAR, innerSources: counted(POD) });
  const back = (destination: string) => ({ source: FAR, destination, innerDestinations: counted(POD) });
  test.each<[string, Parameters<typeof tunnel>[0][], string | null]>([
    ['one', [out(NODE)], NODE],
    ['twice the same', [out(NODE), out(NODE)], NODE],
    ['of two the one that gets packets for it', [out(NODE), out('10.0.0.13'), back(NODE)], NODE],
    ['two, and both get packets for it', [out(NODE), out('10.0.0.13'), back(NODE), back('10.0.0.13')], null],
    ['two, and none gets any', [out(NODE), out('10.0.0.13')], null],
    ['nobody sends', [back(NODE)], null],
    ['others are sent', [{ source: NODE, innerSources: counted(OTHER) }], null],
  ])('%s', (_, tunnels, node) => expect(of(...tunnels)).toBe(node));
});

describe('the end of a tunnel that belongs to the machine', () => {
  /** Plain at the veth, in the tunnel at the NIC of the same machine. */
  const points = [point({ name: 'veth', role: 'pod-veth', host: 'a' }), { ...nic, host: 'a', capture: 1 }];
  const tunnels = [
    tunnel({ point: 1, source: NODE, destination: FAR }),
    tunnel({ point: 1, source: FAR, destination: NODE }),
  ];
  const plain = connection({ client: `${POD}:40000` }, { established: true });
  const inside = connection(
    {
      client: `${POD}:40000`,
      point: 1,
      encapsulation: ['vxlan'],
      toServer: { tunnels: [0] },
      toClient: { tunnels: [1] },
    },
    { established: true },
  );
  test.each<[string, EvidenceParts, string | null]>([
    [
      'what is plain first was encapsulated here',
      { points, captures, tunnels, connections: [plain, inside], paths: [{ of: [plain, inside] }] },
      NODE,
    ],
    [
      'what is plain afterwards was opened here',
      { points, captures, tunnels, connections: [inside, plain], paths: [{ of: [inside, plain] }] },
      FAR,
    ],
    [
      'what goes on to another machine came from here',
      {
        points: [
          { ...nic, host: 'a' },
          { ...nic, host: 'b', capture: 1 },
        ],
        captures,
        tunnels: [tunnel({ source: NODE, destination: FAR }), tunnel({ point: 1, source: NODE, destination: FAR })],
        ...(() => {
          const here = {
            ...inside,
            point: 0,
            directions: connection({ toServer: { tunnels: [0], packets: 3 } }).directions,
          };
          const there = { ...inside, directions: connection({ toServer: { tunnels: [1], packets: 3 } }).directions };
          return { connections: [here, there], paths: [{ of: [here, there] }] };
        })(),
      },
      NODE,
    ],
    [
      'datagrams, by the inner source',
      {
        points,
        captures,
        tunnels: tunnels.map((one, nth) => ({ ...one, innerSources: counted(nth === 0 ? POD : '10.244.2.7') })),
        ...(() => {
          const before = datagram({ client: `${POD}:5000`, server: '10.244.2.7:53', sent: [0], back: [0.1] });
          const after = { ...before, point: 1, encapsulation: ['vxlan' as const], tunnels: [0, 1] };
          return { datagrams: [before, after], paths: [{ of: [before, after] }] };
        })(),
      },
      NODE,
    ],
    [
      'nothing tells the side',
      { points: [{ ...nic }], tunnels: [tunnel()], connections: [{ ...inside, point: 0 }] },
      null,
    ],
  ])('%s', (_, parts, address) => expect(at(parts).address).toBe(address));
});

describe('its own address on an ordinary network', () => {
  /** Frames between two link addresses. */
  const frames = (port: number, a: number, b: number, some: Parameters<typeof connection>[0] = {}) =>
    connection(
      {
        client: `10.9.0.${port}:1000`,
        server: '10.9.1.1:80',
        toServer: { sourceMacs: counted(MAC(a)), destinationMacs: counted(MAC(b)) },
        toClient: { sourceMacs: counted(MAC(b)), destinationMacs: counted(MAC(a)) },
        ...some,
      },
      { established: true },
    );
  const lan = { points: [point({ role: 'unknown' })], connections: [frames(1, 1, 2), frames(2, 1, 3)] };
  test.each<[string, EvidenceParts, string | null]>([
    [
      'the MAC at one end of every frame',
      { ...lan, hosts: [sends(NODE, { macs: counted(MAC(1)) }), sends(FAR, { macs: counted(MAC(2)) })] },
      NODE,
    ],
    [
      'of two addresses of that MAC the one that sends more',
      {
        ...lan,
        hosts: [sends(FAR, { sent: 3, macs: counted(MAC(1)) }), sends(NODE, { sent: 4, macs: counted(MAC(1)) })],
      },
      NODE,
    ],
    [
      'both send as much',
      { ...lan, hosts: [sends(FAR, { macs: counted(MAC(1)) }), sends(NODE, { macs: counted(MAC(1)) })] },
      null,
    ],
    [
      'one peer only: its MAC is at an end of every frame as well',
      { ...lan, connections: [frames(1, 1, 2), frames(2, 2, 1)], hosts: [sends(NODE, { macs: counted(MAC(1)) })] },
      null,
    ],
    [
      'no MAC is at an end of every frame',
      { ...lan, connections: [frames(1, 1, 2), frames(2, 3, 4)], hosts: [sends(NODE, { macs: counted(MAC(1)) })] },
      null,
    ],
    [
      'frames in a tunnel do not count',
      {
        ...lan,
        connections: [...lan.connections, frames(3, 4, 5, { encapsulation: ['vxlan'] })],
        hosts: [sends(NODE, { macs: counted(MAC(1)) })],
      },
      NODE,
    ],
    [
      'what comes from afar is no own address',
      { ...lan, hosts: [hostActivity(NODE, { macs: counted(MAC(1)), ttls: [{ value: 63, count: 1 }] })] },
      null,
    ],
    [
      'at a veth the MAC is that of the pod',
      { ...lan, points: [veth], hosts: [sends('10.9.1.1', { macs: counted(MAC(1)), sent: 0 })] },
      null,
    ],
  ])('%s', (_, parts, address) => expect(at(parts).address).toBe(address));

  /** A connection that two machines show. */
  const here = connection({ client: `${NODE}:1000`, server: `${FAR}:80` }, { established: true });
  const there = { ...here, point: 1 };
  const both = (first: typeof here, second: typeof here, hosts = [sends(NODE), sends(FAR)]): EvidenceParts => ({
    points: [point(), point({ name: 'b', capture: 1 })],
    captures,
    hosts,
    connections: [first, second],
    paths: [{ of: [first, second] }],
  });
  test.each<[string, EvidenceParts, string | null]>([
    ['the client, where this point comes first', both(here, there), NODE],
    ['the server, where this point comes last', both(there, here), FAR],
    ['not an address that does not send from here', both(here, there, [sends(FAR)]), null],
    ['not an address that sends nothing', both(here, there, [sends(NODE, { sent: 0 }), sends(FAR)]), null],
    ['one point alone tells no end', { hosts: [sends(NODE), sends(FAR)], connections: [here] }, null],
  ])('%s', (_, parts, address) => expect(at(parts).address).toBe(address));

  const asked = (some: Parameters<typeof arp>[0] = {}): EvidenceParts => ({
    points: [veth],
    hosts: [sends(POD)],
    arp: [arp({ asker: NODE, target: POD, ...some })],
  });
  test.each<[string, EvidenceParts, string | null]>([
    ['who asks for a pod at its veth', asked(), NODE],
    ['not from the net of the pods: that is a bridge', asked({ asker: '10.244.1.1' }), null],
    ['not for another address', asked({ target: '10.244.1.9' }), null],
    ['not without an address', asked({ asker: '0.0.0.0' }), null],
    ['two ask', { ...asked(), arp: [...(asked().arp ?? []), arp({ asker: FAR, target: POD })] }, null],
    ['not at a bridge', { ...asked(), points: [point({ role: 'bridge' })] }, null],
  ])('%s', (_, parts, address) => expect(at(parts).address).toBe(address));
});
