import { vxlanWrongDestination } from '../../../../src/heuristics/rules/cni/vxlan-wrong-destination.ts';
import { echo, evidence, point, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, counted, MAC, node, pod } from '../../../support/tunnel-items.ts';

/** Node 1 sends for node 2 (its MAC, its pod) to node 3. */
const stray = (index = 0, some: Parameters<typeof between>[3] = {}) =>
  between(index, 1, 3, {
    innerDestinationMacs: counted(MAC[3], MAC[2]),
    innerDestinations: counted(pod(3), pod(2)),
    ...some,
  });
/** The same, and node 1 has two pods behind its MAC. */
const manySent = stray(0, { innerSources: counted(pod(1), pod(1, 6)) });
const home = between(1, 2, 1);
const strayOnly = {
  kind: 'ipip' as const,
  networkId: 0,
  destinationPort: 0,
  innerSourceMacs: [],
  innerDestinationMacs: [],
};

ruleTable(vxlanWrongDestination, {
  fires: {
    'the MAC sends from another node': {
      evidence: evidence({ tunnels: [stray(), home], connections: [attempt(0, null)] }),
      finds: [{ meant: MAC[2], sentTo: node(3), livesAt: [node(2)], grade: 'confirmed', conversations: [0] }],
      says: [/sends tunnel packets for 02:00:00:00:00:02 to 192\.168\.0\.3, but that VTEP is at 192\.168\.0\.2/],
    },
    'Geneve alike': {
      evidence: evidence({
        tunnels: [
          stray(0, { kind: 'geneve', destinationPort: 6081 }),
          between(1, 2, 1, { kind: 'geneve', destinationPort: 6081 }),
        ],
        connections: [attempt(0, null)],
      }),
      finds: [{ meant: MAC[2], sentTo: node(3), livesAt: [node(2)], grade: 'confirmed' }],
    },
    'its answers go astray as well': {
      evidence: evidence({
        tunnels: [stray(), home],
        connections: [attempt(0, null)],
        echoes: [echo({ source: pod(2), destination: pod(1), encapsulation: ['vxlan'] })],
      }),
      finds: [{ conversations: [0, 1] }],
    },
    'the right node is not heard; the one that gets it has another MAC': {
      evidence: evidence({
        tunnels: [stray(0, { innerSources: counted(pod(1), pod(1, 6)) }), between(1, 3, 1)],
        connections: [attempt(0, null)],
      }),
      finds: [{ meant: MAC[2], livesAt: [], owner: MAC[3], grade: 'inferred' }],
      says: [/the VTEP there is 02:00:00:00:00:03/],
    },
    'one pod sends to that node; others of its node, to a third one, send from the same MAC': {
      evidence: evidence({
        tunnels: [
          stray(0, { innerDestinationMacs: counted(MAC[2]) }),
          between(1, 3, 2),
          between(2, 1, 2, { innerSources: counted(pod(1, 6)), innerDestinationMacs: counted(MAC[3]) }),
        ],
        connections: [attempt(0, null)],
      }),
      finds: [{ meant: MAC[2], sentTo: node(3), livesAt: [], owner: MAC[3], grade: 'inferred' }],
      says: [/got another MAC, and the neighbour entry for it on 192\.168\.0\.1 is stale/],
    },
    'another overlay has that MAC at the node that gets it': {
      evidence: evidence({
        tunnels: [
          stray(),
          home,
          between(2, 3, 1, { networkId: 2, innerSourceMacs: counted(MAC[2]), innerSources: counted(pod(2)) }),
        ],
        connections: [attempt(0, null)],
      }),
      finds: [{ livesAt: [node(2)] }],
    },
    'IPIP: the inner address sends from another node': {
      evidence: evidence({
        tunnels: [stray(0, strayOnly), { ...home, ...strayOnly }],
        connections: [attempt(0, null, { encapsulation: ['ipip'], toServer: { destinationMacs: [] } })],
      }),
      finds: [{ meant: pod(2), isMac: false, livesAt: [node(2)] }],
      says: [/that pod is at 192\.168\.0\.2/],
    },
    'IPIP: the pod is not heard, its neighbours are at another node': {
      evidence: evidence({
        tunnels: [
          stray(0, { ...strayOnly, innerDestinations: counted(pod(2)) }),
          { ...home, ...strayOnly, innerSources: counted(pod(2, 9)) },
          between(2, 3, 1, strayOnly),
        ],
        connections: [attempt(0, null, { encapsulation: ['ipip'], toServer: { destinationMacs: [] } })],
      }),
      finds: [{ meant: pod(2), livesAt: [node(2)], grade: 'inferred', byNet: true }],
      says: [/its neighbours are at 192\.168\.0\.2/],
    },
    'the right node is heard at another point': {
      evidence: evidence({
        points: [point({ name: 'node1' }), point({ name: 'node2' })],
        tunnels: [stray(), { ...home, point: 1 }],
        connections: [attempt(0, null)],
      }),
      finds: [{ livesAt: [node(2)] }],
    },
  },
  quiet: {
    'the node has two addresses and answers': evidence({
      tunnels: [stray(), home],
      connections: [attempt(0, 1)],
    }),
    'it sends from where it is sent to, too': evidence({
      tunnels: [stray(), home, between(2, 3, 1, { innerSourceMacs: counted(MAC[2]), innerSources: counted(pod(2)) })],
      connections: [attempt(0, null)],
    }),
    'broadcast goes to several nodes': evidence({
      tunnels: [
        stray(0, { innerDestinationMacs: counted('ff:ff:ff:ff:ff:ff'), innerDestinations: counted('10.244.255.255') }),
        home,
      ],
      connections: [attempt(0, null)],
    }),
    'a bridged overlay with a silent machine': evidence({
      tunnels: [
        stray(0, { innerSources: counted(pod(1), pod(1, 6)), innerSourceMacs: counted(MAC[1], '02:00:00:00:00:11') }),
        between(1, 3, 1),
      ],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, and the sender has one address: each pod may have its MAC': evidence({
      tunnels: [stray(), between(1, 3, 1)],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, and the further addresses of the sender are in another overlay': evidence({
      tunnels: [stray(), between(1, 3, 1), between(2, 1, 2, { networkId: 2, innerSources: counted(pod(1, 6)) })],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, and the sender has a MAC for each pod': evidence({
      tunnels: [
        stray(),
        between(1, 3, 1),
        between(2, 1, 2, { innerSources: counted(pod(1, 6)), innerSourceMacs: counted('02:00:00:00:00:11') }),
      ],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, and the one that gets it sends from two MACs': evidence({
      tunnels: [manySent, between(1, 3, 1, { innerSourceMacs: counted(MAC[3], '02:00:00:00:00:33') })],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, and the one that gets it sends in another overlay only': evidence({
      tunnels: [manySent, between(1, 3, 1, { networkId: 2 })],
      connections: [attempt(0, null)],
    }),
    'the right node is not heard, nor the one that gets it': evidence({
      tunnels: [manySent],
      connections: [attempt(0, null)],
    }),
    'the one that gets it has that MAC': evidence({
      tunnels: [manySent, between(1, 3, 1, { innerSourceMacs: counted(MAC[2]) })],
      connections: [attempt(0, null)],
    }),
    'mirrored traffic': evidence({
      tunnels: [stray(0, { kind: 'gre' }), { ...home, kind: 'gre' }],
      connections: [attempt(0, null)],
    }),
    'one packet': evidence({
      tunnels: [stray(), home],
      connections: [attempt(0, null, { syn: [0] })],
    }),
  },
});
