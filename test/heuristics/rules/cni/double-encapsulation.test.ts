import { doubleEncapsulation } from '../../../../src/heuristics/rules/cni/double-encapsulation.ts';
import { connection, evidence, ruleTable, tunnel } from '../../../support/evidence.ts';

const counted = (value: string) => [{ value, count: 10 }];
/** Node to node in IPIP, and inside it VXLAN between the addresses that the nodes have in it. */
const there = [
  tunnel({
    kind: 'ipip',
    depth: 0,
    destinationPort: 0,
    largestOuterL3: 1470,
    innerSources: counted('172.16.0.1'),
    innerDestinations: counted('172.16.0.2'),
  }),
  tunnel({ source: '172.16.0.1', destination: '172.16.0.2', depth: 1 }),
];
const back = [
  tunnel({
    kind: 'ipip',
    depth: 0,
    destinationPort: 0,
    source: '192.168.0.2',
    destination: '192.168.0.1',
    innerSources: counted('172.16.0.2'),
    innerDestinations: counted('172.16.0.1'),
  }),
  tunnel({ source: '172.16.0.2', destination: '172.16.0.1', depth: 1 }),
];
const nested = connection({ encapsulation: ['ipip', 'vxlan'] }, { established: true });

const carrying = (packets: number) => [...there, ...back].map((flow) => ({ ...flow, packets }));

ruleTable(doubleEncapsulation, {
  fires: {
    'three packets of the outer tunnel': evidence({
      tunnels: carrying(1).map((flow, at) => (at === 0 ? { ...flow, packets: 2 } : flow)),
      connections: [nested],
    }),
    'VXLAN in IPIP, both ways': {
      evidence: evidence({ tunnels: [...there, ...back], connections: [nested] }),
      finds: [{ overhead: { depth: 2, octets: 70, name: 'VXLAN inside IPIP' }, measured: { headerOctets: 70 } }],
      says: [/over links of 1500 the pods may have an MTU of 1430 at most/i],
    },
  },
  quiet: {
    'mirrored: all goes to a collector, which sends nothing back': evidence({
      tunnels: there,
      connections: [nested],
    }),
    'one layer': evidence({
      tunnels: [tunnel({ depth: 0 }), tunnel({ depth: 0, source: '192.168.0.2', destination: '192.168.0.1' })],
      connections: [connection({ encapsulation: ['vxlan'] }, { established: true })],
    }),
    'two packets': evidence({
      tunnels: [...there, ...back].map((flow) => ({ ...flow, packets: 1 })),
      connections: [nested],
    }),
  },
});
