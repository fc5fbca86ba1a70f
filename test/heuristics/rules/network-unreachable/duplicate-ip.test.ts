import type { AddressClaim, Connection, TunnelFlow } from '../../../../src/flows/evidence/evidence.ts';
import { duplicateIp } from '../../../../src/heuristics/rules/network-unreachable/duplicate-ip.ts';
import {
  arp,
  connection,
  evidence,
  hostActivity,
  point,
  ref,
  reset,
  ruleTable,
  tunnel,
} from '../../../support/evidence.ts';

const A = '02:00:00:00:00:01';
const B = '02:00:00:00:00:02';
const C = '02:00:00:00:00:03';
const claim = (mac: string, first: number, last: number, some: Partial<AddressClaim> = {}): AddressClaim => ({
  point: 0,
  address: '10.1.0.9',
  mac,
  claims: 2,
  first: ref(first),
  last: ref(last),
  gratuitous: 0,
  ...some,
});
/** B asks from nowhere for an address, and its owner A says so. */
const dad = () => arp({ protocol: 'nd', asker: '::', askerMac: B, target: 'fd00::7', requests: [5] });
const owner = (some: Partial<AddressClaim> = {}) =>
  claim(A, 5.001, 5.001, { address: 'fd00::7', claims: 1, gratuitous: 1, ...some });
const contested = [claim(A, 0, 20), claim(B, 10, 30)];

/** Tunnels of two nodes to the one that is captured, each with the MAC of its VTEP. */
const fromNodes = (macs: [string, string]): TunnelFlow[] =>
  macs.map((value, index) =>
    tunnel({ index, source: `192.168.0.${index + 1}`, innerSourceMacs: [{ value, count: 10 }] }),
  );
/** The SYN comes from one node, the reset that answers the SYN-ACK from another. */
const torn = (at: number, some: Parameters<typeof connection>[0] = {}): Connection =>
  connection({
    client: `10.244.1.5:${40000 + at}`,
    syn: [at],
    synAck: [at + 0.001],
    resets: [reset(at + 0.002, 0, { hasAck: false })],
    encapsulation: ['vxlan'],
    toServer: { tunnels: [1, 0] },
    ...some,
  });

const asked = connection({ client: '10.1.0.5:4000', server: '10.1.0.9:80' }, { established: true });
const served = connection({ client: '10.1.0.5:4000', server: '10.244.2.7:8080' }, { established: true });

/** 10.244.1.5 opens connections; each of `nodes` is the tunnel that carries one. Each node has a pod of its own, too. */
const inTurn = (nodes: readonly number[], { macs = [A, B], own = ['10.244.3.1', '10.244.4.1'], vni = [1, 1] } = {}) =>
  evidence({
    tunnels: macs.map((value, index) =>
      tunnel({
        index,
        source: `192.168.0.${index + 1}`,
        networkId: vni[index],
        innerSourceMacs: value === '' ? [] : [{ value, count: 10 }],
        innerSources: [
          { value: '10.244.1.5', count: 5 },
          { value: own[index], count: 5 },
        ],
      }),
    ),
    connections: nodes.map((node, at) =>
      connection({
        client: `10.244.1.5:${40000 + at}`,
        syn: [at],
        synAck: node === 0 ? [at + 0.001] : [],
        encapsulation: ['vxlan'],
        toServer: { tunnels: [node] },
      }),
    ),
  });
/** The same without a tunnel: the frames come from the MAC addresses of the two nodes. */
const routed = (macs: readonly string[], own = ['10.244.3.1', '10.244.4.1']) =>
  evidence({
    hosts: [A, B].map((value, index) => hostActivity(own[index], { macs: [{ value, count: 4 }] })),
    connections: macs.map((value, at) =>
      connection({
        client: `10.244.1.5:${40000 + at}`,
        syn: [at],
        toServer: { sourceMacs: [{ value, count: 2 }] },
      }),
    ),
  });

ruleTable(duplicateIp, {
  fires: {
    'three machines': {
      evidence: evidence({ claims: [...contested, claim(C, 12, 28)] }),
      finds: [{ address: '10.1.0.9', macs: [A, B, C], areNodes: false, packetsTotal: 6 }],
      says: [/10\.1\.0\.9 is claimed by 3 machines: .*01 and .*02 and .*03/, /all but one of the machines/],
    },
    'each machine has an address of its own besides: nodes that answer for a service, seen from outside': {
      evidence: evidence({
        claims: [...contested, claim(B, 3, 4, { address: '10.1.0.12' })],
        hosts: [hostActivity('10.1.0.11', { macs: [{ value: A, count: 3 }] })],
      }),
      finds: [{ macs: [A, B], areNodes: true }],
      says: [/strictARP is off/, /each of the 2 machines has another address of its own/],
    },
    'one of the machines has an address of its own besides': {
      evidence: evidence({ claims: contested, hosts: [hostActivity('10.1.0.11', { macs: [{ value: A, count: 3 }] })] }),
      finds: [{ macs: [A, B], areNodes: false }],
      says: [/^(?!.*strictARP)/s],
    },
    'addresses of one machine, seen at another point, make it no node': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        claims: contested,
        hosts: [A, B].map((value) => hostActivity('10.1.0.11', { point: 1, macs: [{ value, count: 3 }] })),
      }),
      finds: [{ areNodes: false }],
    },
    'neighbour discovery: the protocol is ICMP': {
      evidence: evidence({ claims: contested.map((one) => ({ ...one, address: 'fd00::9' })) }),
      finds: [{ subject: { protocol: 'icmp', client: null, server: 'fd00::9' } }],
    },
    'an address opens connections from three nodes of an overlay in turn': {
      evidence: inTurn([0, 1, 2, 0], {
        macs: [A, B, C],
        own: ['10.244.3.1', '10.244.4.1', '10.244.5.1'],
        vni: [1, 1, 1],
      }),
      finds: [{ nodes: ['192.168.0.1', '192.168.0.2', '192.168.0.3'], macs: [A, B, C], changes: 3 }],
      says: [/Pods on 3 nodes have the address 10\.244\.1\.5/, /from one node and another in turn/],
    },
    'an address opens connections from two nodes of an overlay in turn': {
      evidence: inTurn([0, 1, 0, 1]),
      finds: [
        {
          grade: 'inferred',
          nodes: ['192.168.0.1', '192.168.0.2'],
          macs: [A, B],
          changes: 3,
          conversations: [0, 1, 2, 3],
          place: 'on 192.168.0.1 and 192.168.0.2',
        },
      ],
      says: [
        /Pods on two nodes have the address 10\.244\.1\.5: 192\.168\.0\.1 and 192\.168\.0\.2/,
        /It opens 4 connections, from the one node and the other in turn: 3 changes/,
        /which have no other address in common/,
      ],
    },
    'the same in an overlay without MACs (IPIP)': {
      evidence: inTurn([0, 1, 0, 1], { macs: ['', ''] }),
      finds: [{ macs: [], changes: 3 }],
    },
    'the same without an overlay': {
      evidence: routed([A, B, A, B]),
      says: [/two routers forward the packets of one pod in turn/],
      finds: [{ level: 'warning', nodes: [A, B], place: `on the machine with MAC ${A} and the machine with MAC ${B}` }],
    },
    'the address is that of a service: its connections are translated to a pod': {
      evidence: evidence({
        claims: contested,
        connections: [asked, served],
        paths: [{ of: [asked, served], serverBeforeNat: '10.1.0.9:80' }],
      }),
      finds: [{ address: '10.1.0.9', isService: true, conversations: [0] }],
      says: [/kube-proxy in IPVS mode holds 10\.1\.0\.9 on every node/, /Set strictARP: true/],
    },
    'both go on to claim it': {
      evidence: evidence({
        claims: contested,
        connections: [connection({ client: '10.1.0.5:4000', server: '10.1.0.9:80' }, { established: true })],
      }),
      finds: [{ address: '10.1.0.9', macs: [A, B], conversations: [0], grade: 'confirmed' }],
      says: [/10\.1\.0\.9 is claimed by two machines: 02:00:00:00:00:01 and 02:00:00:00:00:02/],
    },
    'both use it; and duplicate address detection is answered by another machine, which is a warning': {
      evidence: evidence({ arp: [dad()], claims: [...contested, owner()] }),
      finds: [{ address: '10.1.0.9' }, { level: 'warning', address: 'fd00::7', macs: [A, B], prober: B }],
    },
    'one got it by DHCP': {
      evidence: evidence({
        claims: contested,
        leases: [{ ...ref(1), point: 0, mac: B, address: '10.1.0.9', server: '10.1.0.1' }],
      }),
      finds: [{ measured: { macs: [A, B], leasedTo: B } }],
      says: [
        /DHCP \(10\.1\.0\.1, packet 1001\) gave 10\.1\.0\.9 to 02:00:00:00:00:02, and 02:00:00:00:00:01 has it without/,
      ],
    },
    'both announce it again and again: speakers that do not hear each other': {
      evidence: evidence({ claims: [claim(A, 0, 20, { gratuitous: 3 }), claim(B, 10, 30, { gratuitous: 2 })] }),
      finds: [{ announced: [3, 2] }],
      says: [/both announce it unasked, 02:00:00:00:00:01 3 times and 02:00:00:00:00:02 2 times/],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        claims: contested.map((one) => ({ ...one, point: 1 })),
      }),
      finds: [{ place: 'in the segment of b' }],
    },
    'in an overlay: asked for by way of one node, reset by way of another': {
      evidence: evidence({ tunnels: fromNodes([A, B]), connections: [torn(0), torn(1)] }),
      finds: [{ address: '10.244.1.5', nodes: ['192.168.0.1', '192.168.0.2'], macs: [A, B], grade: 'confirmed' }],
      says: [/Pods on two nodes have the address 10\.244\.1\.5: 192\.168\.0\.1 and 192\.168\.0\.2/],
    },
  },
  quiet: {
    'duplicate address detection without an answer': evidence({ arp: [dad()] }),
    'the owner spoke long before': evidence({ arp: [dad()], claims: [owner({ first: ref(1), last: ref(2) })] }),
    'the prober has the address in the end': evidence({
      arp: [dad()],
      claims: [owner(), owner({ mac: B, first: ref(9), last: ref(9) })],
    }),
    'a switch that tracks its hosts by ARP probes': evidence({
      arp: [arp({ asker: '0.0.0.0', askerMac: B, target: '10.1.0.9', requests: [5], answers: [A] })],
      claims: [claim(A, 5.001, 5.001)],
    }),
    'a proxy answers for all': evidence({
      arp: [dad()],
      claims: ['fd00::7', 'fd00::8', 'fd00::9', 'fd00::a'].map((address) => owner({ address })),
    }),
    'one VTEP with two outer addresses': evidence({ tunnels: fromNodes([A, A]), connections: [torn(0), torn(1)] }),
    'a pod that moved: its connection goes on from the other node': evidence({
      tunnels: fromNodes([A, B]),
      connections: [0, 1].map((at) => torn(at, { resets: [], handshakeAck: ref(at + 0.002) })),
    }),
    'connections from a pod that moves to another node, and back': inTurn([0, 0, 1, 1, 0, 0]),
    'one node with two outer addresses': inTurn([0, 1, 0, 1], { own: ['10.244.3.1', '10.244.3.1'] }),
    'three nodes, two of which share another address': inTurn([0, 1, 2, 0], {
      macs: [A, B, C],
      own: ['10.244.3.1', '10.244.4.1', '10.244.4.1'],
      vni: [1, 1, 1],
    }),
    'three nodes, two of which have one VTEP': inTurn([0, 1, 2, 0], {
      macs: [A, B, B],
      own: ['10.244.3.1', '10.244.4.1', '10.244.5.1'],
      vni: [1, 1, 1],
    }),
    'connections in turn from one VTEP with two outer addresses': inTurn([0, 1, 0, 1], { macs: [A, A] }),
    'a node of which nothing else is heard': inTurn([0, 1, 0, 1], { own: ['10.244.3.1', '10.244.1.5'] }),
    'two overlays, each with addresses of its own': inTurn([0, 1, 0, 1], { vni: [1, 2] }),
    'two routers': routed([A, B, A, B], ['10.244.3.1', '10.244.3.1']),
    'a service address that several nodes answer for': evidence({
      tunnels: fromNodes([A, B]),
      connections: [0, 1].map((at) => torn(at, { toServer: { tunnels: [] }, toClient: { tunnels: [0, 1] } })),
    }),
    'one connection only': evidence({ tunnels: fromNodes([A, B]), connections: [torn(0)] }),
    'a failover: the address moves once': evidence({ claims: [claim(A, 0, 5), claim(B, 10, 30)] }),
    'a failover: the address moves once, and packets of it come from both machines': evidence({
      claims: [claim(A, 0, 5), claim(B, 10, 30)],
      hosts: [hostActivity('10.1.0.9', { macs: [A, B].map((value) => ({ value, count: 5 })) })],
    }),
    VRRP: evidence({ claims: [claim('00:00:5e:00:01:07', 0, 20), claim(B, 10, 30)] }),
    'proxy ARP answers for four addresses': evidence({
      claims: [...contested, ...[1, 2, 3].map((host) => claim(B, 1, 2, { address: `10.1.0.${host}` }))],
    }),
    'traffic from two MACs without claims is routing': evidence({
      claims: contested.map((one) => ({ ...one, claims: 0 })),
      hosts: [hostActivity('10.1.0.9')],
    }),
    'link-local probes': evidence({ claims: contested.map((one) => ({ ...one, address: '169.254.7.7' })) }),
    'seen at two points, one MAC each': evidence({
      points: [point({ name: 'a' }), point({ name: 'b' })],
      claims: [contested[0], { ...contested[1], point: 1 }],
    }),
  },
});
