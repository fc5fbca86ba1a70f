import type { TunnelFlow } from '../../../../src/flows/evidence/evidence.ts';
import { vxlanBadChecksum } from '../../../../src/heuristics/rules/cni/vxlan-bad-checksum.ts';
import { evidence, point, ref, ruleTable } from '../../../support/evidence.ts';
import { attempt, between, pod } from '../../cni/tunnel-items.ts';

const sums = (some: Partial<TunnelFlow['checksums']>) => ({
  good: 0,
  bad: 0,
  partial: 0,
  absent: 0,
  notCaptured: 0,
  ...some,
});
const carrying = (some: Partial<TunnelFlow['checksums']>, more: Partial<TunnelFlow> = {}) =>
  between(0, 1, 2, { checksums: sums(some), firstBadChecksum: ref(0), ...more });
const back = between(1, 2, 1);

ruleTable(vxlanBadChecksum, {
  fires: {
    'wrong checksums and no answers': {
      evidence: evidence({ tunnels: [carrying({ bad: 3 })], connections: [attempt(0, null)] }),
      finds: [{ bad: 3, unanswered: 1, grade: 'inferred' }],
      says: [/3 VXLAN \(UDP 8472\) packets .* wrong outer UDP checksum; 1 conversation/],
    },
    'at the NIC of the receiving node, of two points': {
      evidence: evidence({
        points: [point({ name: 'a' }), point({ name: 'b', role: 'node-nic' })],
        tunnels: [carrying({ bad: 4 }, { point: 1, ttls: [{ value: 63, count: 4 }] })],
        connections: [attempt(0, null, { point: 1 })],
      }),
      finds: [{ grade: 'confirmed' }],
    },
  },
  quiet: {
    'partial sums that the NIC fills in': evidence({
      tunnels: [carrying({ partial: 10 })],
      connections: [attempt(0, null)],
    }),
    'no checksum at all': evidence({ tunnels: [carrying({ absent: 10 })], connections: [attempt(0, null)] }),
    'cut by the snaplen': evidence({ tunnels: [carrying({ notCaptured: 10 })], connections: [attempt(0, null)] }),
    'answered all the same': evidence({
      tunnels: [carrying({ bad: 3 }), back],
      connections: [attempt(0, 1, { server: `${pod(2)}:81` })],
    }),
    'two wrong ones': evidence({ tunnels: [carrying({ bad: 2 })], connections: [attempt(0, null)] }),
  },
});
