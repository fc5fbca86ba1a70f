import type { AddressClaim } from '../../../src/flows/evidence.ts';
import { duplicateIp } from '../../../src/heuristics/network-unreachable/duplicate-ip.ts';
import { connection, evidence, heuristicTable, hostActivity, point, ref } from '../../support/evidence.ts';

const A = '02:00:00:00:00:01';
const B = '02:00:00:00:00:02';
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
const contested = [claim(A, 0, 20), claim(B, 10, 30)];

heuristicTable(duplicateIp, {
  fires: {
    'both go on to claim it': {
      evidence: evidence({
        claims: contested,
        connections: [connection({ client: '10.1.0.5:4000', server: '10.1.0.9:80' }, { established: true })],
      }),
      finds: [{ address: '10.1.0.9', macs: [A, B], conversations: [0], grade: 'confirmed' }],
      says: [/10\.1\.0\.9 is claimed by two machines: 02:00:00:00:00:01 and 02:00:00:00:00:02/],
    },
    'at the second of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b' })],
        claims: contested.map((one) => ({ ...one, point: 1 })),
      }),
      finds: [{ place: 'in the segment of b' }],
    },
  },
  quiet: {
    'a failover: the address moves once': evidence({ claims: [claim(A, 0, 5), claim(B, 10, 30)] }),
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
