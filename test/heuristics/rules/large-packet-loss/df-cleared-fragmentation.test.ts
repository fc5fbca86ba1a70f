import { dfClearedFragmentation } from '../../../../src/heuristics/rules/large-packet-loss/df-cleared-fragmentation.ts';
import { connection, evidence, fragmented, ref, ruleTable, tunnel } from '../../../support/evidence.ts';

const NODES = { source: '192.168.0.1', destination: '192.168.0.2' };
const outer = (count: number, some: Parameters<typeof fragmented>[0] = {}) =>
  Array.from({ length: count }, (_, at) =>
    fragmented({ ...NODES, ipId: at, first: ref(at), outer: true, complete: true, ...some }),
  );
const back = tunnel({ index: 1, source: '192.168.0.2', destination: '192.168.0.1' });
const carrier = [tunnel({ index: 0, fragments: 5 }), back];
const inside = (some: { dontFragment?: boolean; largestL3?: number } = {}, rest: object = {}) =>
  connection(
    { encapsulation: ['vxlan'], toServer: { largestL3: 1500, tunnels: [0], dontFragment: true, ...some }, ...rest },
    { established: true },
  );

ruleTable(dfClearedFragmentation, {
  fires: {
    'the tunnel cuts what must not be cut': {
      evidence: evidence({ fragments: outer(3), tunnels: carrier, connections: [inside()] }),
      finds: [{ datagrams: 3, grade: 'confirmed', place: 'on the node with 192.168.0.1' }],
      says: [/VXLAN \(UDP 8472\) tunnel from 192\.168\.0\.1 to 192\.168\.0\.2 leave in fragments/],
    },
    'IPv6 inside forbids it without a bit': {
      evidence: evidence({
        fragments: outer(3),
        tunnels: carrier,
        connections: [inside({ dontFragment: false }, { ipVersion: 6 })],
      }),
      finds: [{ datagrams: 3 }],
    },
  },
  quiet: {
    'what it carries allows fragments': evidence({
      fragments: outer(3),
      tunnels: carrier,
      connections: [inside({ dontFragment: false })],
    }),
    'the inner packets are fragmented': evidence({
      fragments: outer(3, { outer: false, encapsulation: ['vxlan'] }),
      tunnels: [tunnel({ index: 0 }), back],
      connections: [inside()],
    }),
    'mirrored: nothing comes back': evidence({
      fragments: outer(3),
      tunnels: [carrier[0]],
      connections: [inside()],
    }),
    'two fragmented packets': evidence({ fragments: outer(2), tunnels: carrier, connections: [inside()] }),
    'another conversation in the tunnel is small': evidence({
      fragments: outer(3),
      tunnels: carrier,
      connections: [inside({ largestL3: 400 })],
    }),
  },
});
