import { describe, expect, test } from 'vitest';
import type { Leg, TunnelFlow } from '../../../src/flows/evidence/evidence.ts';
import { octetsOf, overheadOf } from '../../../src/heuristics/facts/tunnel-overhead.ts';
import { evidence, point, tunnel } from '../../support/evidence.ts';

const leg = (encapsulation: Leg['encapsulation'], at = 0): Leg => ({
  point: at,
  flow: 0,
  kind: 'tcp',
  index: 0,
  client: { address: '10.244.1.5', port: 4000 },
  server: { address: '10.244.2.7', port: 80 },
  encapsulation,
});
const overhead = (legs: Leg[], ...tunnels: Partial<TunnelFlow>[]) =>
  overheadOf(evidence({ points: [point(), point({ name: 'b' })], tunnels: tunnels.map((one) => tunnel(one)) }), legs);

describe('octets that tunnels put in front of a packet', () => {
  test.each<[name: string, legs: Leg[], tunnels: Partial<TunnelFlow>[], expected: object | null]>([
    ['none', [leg([])], [], null],
    ['VXLAN', [leg(['vxlan'])], [{ depth: 0 }], { depth: 1, name: 'VXLAN', octets: 50 }],
    ['VXLAN over IPv6', [leg(['vxlan'])], [{ depth: 0, source: 'fd00::1' }], { depth: 1, name: 'VXLAN', octets: 70 }],
    ['IPIP', [leg(['ipip'])], [{ depth: 0, kind: 'ipip' }], { depth: 1, name: 'IPIP', octets: 20 }],
    ['IPv4 in IPv6', [leg(['4in6'])], [], { depth: 1, name: 'IPIP', octets: 40 }],
    ['IPv6 in IPv6', [leg(['6in6'])], [], { depth: 1, name: 'IPv6-in-IP', octets: 40 }],
    ['IPv6 in IPv4', [leg(['6in4'])], [], { depth: 1, name: 'IPv6-in-IP', octets: 20 }],
    ['GRE', [leg(['gre'])], [], { depth: 1, name: 'GRE', octets: 24 }],
    [
      'VXLAN in IPIP: the inner one is named first',
      [leg(['ipip', 'vxlan'])],
      [{ kind: 'ipip', depth: 0 }, { depth: 1 }],
      { depth: 2, name: 'VXLAN inside IPIP', octets: 70 },
    ],
    ['of the leg with most tunnels', [leg([]), leg(['ipip', 'vxlan']), leg(['ipip'])], [], { depth: 2 }],
    ['of the first where several have as many', [leg(['vxlan']), leg(['ipip'])], [], { name: 'VXLAN' }],
    [
      'a tunnel at another point is not asked',
      [leg(['vxlan'])],
      [{ depth: 0, point: 1, source: 'fd00::1' }],
      { octets: 50 },
    ],
    ['nor one of another kind', [leg(['vxlan'])], [{ depth: 0, kind: 'geneve', source: 'fd00::1' }], { octets: 50 }],
    ['nor one of another depth', [leg(['vxlan'])], [{ depth: 1, source: 'fd00::1' }], { octets: 50 }],
  ])('%s', (_, legs, tunnels, expected) =>
    expected === null
      ? expect(overhead(legs, ...tunnels)).toBeNull()
      : expect(overhead(legs, ...tunnels)).toMatchObject(expected),
  );
  test('of one tunnel flow', () => {
    expect(octetsOf({ kind: 'geneve', source: '192.168.0.1' })).toBe(50);
    expect(octetsOf({ kind: 'gre', source: 'fd00::1' })).toBe(44);
  });
});
