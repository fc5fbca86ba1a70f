import { describe, expect, test } from 'vitest';
import { isTranslated, nicOf, serviceAddressesOf } from '../../../src/heuristics/facts/service-addresses.ts';
import { arp, connection, datagram, dns, type EvidenceParts, evidence, point, tunnel } from '../../support/evidence.ts';

const sign = (address: string, parts: EvidenceParts = {}) => {
  const found = serviceAddressesOf(evidence(parts)).signOf(address);
  return found === null ? null : `${found.strength}: ${found.because}`;
};
const asksCluster = dns({ server: '10.43.7.10:53', name: 'web.default.svc.cluster.local.', answered: 0.1 });
const nat = (address: string, port = 80, kind: 'dnat' | 'snat' = 'dnat') => ({
  kind,
  protocol: 'tcp' as const,
  before: { address, port },
  after: { address: '10.244.2.7', port: 8080 },
  between: [0, 0] as [number, number],
  conversations: 1,
});
const given = (serviceCidrs: string[], podCidrs: string[] = []): EvidenceParts => ({
  known: { serviceCidrs, podCidrs },
});
const claim = (claims: number) => ({
  point: 0,
  address: '10.96.0.10',
  mac: '02:00:00:00:00:01',
  claims,
  first: { packet: 1, time: 0 },
  last: { packet: 1, time: 0 },
  gratuitous: 0,
});
const counted = (value: string) => [{ value, count: 1 }];
const WEAK = /^weak: it lies in the default service range 10\.96\.0\.0\/12 /;
const ASKED = /^strong: it is asked for names of services$/;
const TRANSLATED = /^strong: a node is seen to translate it to a pod$/;

describe('signs that an address is that of a service', () => {
  test.each<[name: string, address: string, parts: EvidenceParts, expected: RegExp | null]>([
    ['a default range', '10.96.0.10', {}, WEAK],
    ['no range', '10.1.0.10', {}, null],
    ['a given range', '10.1.0.10', given(['10.1.0.0/16']), /^strong: 10\.1\.0\.0\/16 is given as a service range$/],
    ['a given address', '203.0.113.7', given(['203.0.113.7/32']), /^strong: 203\.0\.113\.7\/32 is given/],
    ['beside a given address', '203.0.113.8', given(['203.0.113.7/32']), null],
    ['a given range of IPv6', 'fd00:9::7', given(['fd00:9::/108']), /^strong: fd00:9::\/108 is given/],
    [
      'a range of 32 bits in IPv6 is no single address',
      'fd00:9::7',
      given(['fd00:9::/32']),
      /^strong: fd00:9::\/32 is given/,
    ],
    ['a default range where another one is given', '10.96.0.10', given(['10.1.0.0/16']), null],
    ['in a given range of pods', '10.96.0.10', given([], ['10.96.0.0/16']), null],
    ['outside a given range of pods', '10.96.0.10', given([], ['10.97.0.0/16']), WEAK],
    ['asked for names of the cluster', '10.43.7.10', { dns: [asksCluster] }, ASKED],
    [
      'asked for other names',
      '10.44.7.10',
      { dns: [dns({ server: '10.44.7.10:53', name: 'svc.example.test' })] },
      null,
    ],
    [
      'a public resolver',
      '203.0.113.10',
      { dns: [{ ...asksCluster, server: { address: '203.0.113.10', port: 53 } }] },
      null,
    ],
    ['translated', '10.1.0.10', { nat: [nat('10.1.0.10')] }, TRANSLATED],
    ['a source is translated', '10.1.0.10', { nat: [nat('10.1.0.10', 80, 'snat')] }, null],
    ['a node port', '10.1.0.10', { nat: [nat('10.1.0.10', 30000)] }, null],
    ['the last port below the node ports', '10.1.0.10', { nat: [nat('10.1.0.10', 29999)] }, TRANSLATED],
    [
      'beside the DNS service',
      '10.44.9.9',
      { dns: [{ ...asksCluster, server: { address: '10.44.7.10', port: 53 } }] },
      /^weak: it lies beside the DNS service/,
    ],
    [
      'beside a translated one',
      '10.1.200.9',
      { nat: [nat('10.1.0.10')] },
      /^weak: it lies beside a service that a node translates/,
    ],
    ['in another /16 than a translated one', '10.2.0.9', { nat: [nat('10.1.0.10')] }, null],
    [
      'beside a translated one, with machines in the /16',
      '10.1.0.9',
      { nat: [nat('10.1.0.10')], arp: [arp({ asker: '10.1.7.1', target: '10.1.7.2' })] },
      /^weak: it lies beside a service/,
    ],
    [
      'in another /24, with machines in the /16',
      '10.1.9.9',
      { nat: [nat('10.1.0.10')], arp: [arp({ asker: '10.1.7.1', target: '10.1.7.2' })] },
      null,
    ],
    [
      'beside a translated one, with machines in the /24',
      '10.1.0.9',
      { nat: [nat('10.1.0.10')], arp: [arp({ asker: '10.1.0.1', target: '10.1.0.2' })] },
      null,
    ],
    [
      'in a default range, with machines in the /24',
      '10.96.0.10',
      { arp: [arp({ asker: '10.96.0.1', target: '10.96.0.2' })] },
      null,
    ],
    [
      'in a default range, with machines in another /24',
      '10.96.0.10',
      { arp: [arp({ asker: '10.96.1.1', target: '10.96.1.2' })] },
      WEAK,
    ],
    ['a group', '224.0.0.1', given(['224.0.0.0/4']), null],
  ])('%s', (_, address, parts, expected) =>
    expected === null ? expect(sign(address, parts)).toBeNull() : expect(sign(address, parts)).toMatch(expected),
  );
});

describe('an address of a machine is none of a service', () => {
  const address = '10.96.0.10';
  const outside = { client: '10.9.0.1:1000', server: `${address}:80`, syn: [0] };
  test.each<[name: string, parts: EvidenceParts, isMachine: boolean]>([
    ['a node', { known: { nodes: { [address]: 'n' } } }, true],
    ['asked for by ARP', { arp: [arp({ asker: '10.9.0.1', target: address })] }, true],
    ['asks by ARP', { arp: [arp({ asker: address, target: '10.9.0.1' })] }, true],
    ['sent in a tunnel', { tunnels: [tunnel({ innerSources: counted(address) })] }, true],
    ['meant in a tunnel', { tunnels: [tunnel({ innerDestinations: counted(address) })] }, true],
    ['a client', { connections: [connection({ client: `${address}:1000`, syn: [0] })] }, true],
    ['a client of datagrams', { datagrams: [datagram({ client: `${address}:1000`, sent: [0] })] }, true],
    ['a server', { connections: [connection(outside)] }, false],
    ['a server in a tunnel', { connections: [connection({ ...outside, encapsulation: ['vxlan'] })] }, true],
    [
      'a server at a tunnel device',
      { points: [point({ role: 'tunnel-device' })], connections: [connection(outside)] },
      true,
    ],
    ['a claim', { claims: [claim(1)] }, true],
    ['a question that is no claim', { claims: [claim(0)] }, false],
  ])('%s', (_, parts, isMachine) => {
    expect(serviceAddressesOf(evidence(parts)).isMachine(address)).toBe(isMachine);
    expect(sign(address, parts) === null).toBe(isMachine);
  });
});

test.each<[name: string, server: string, port: number, parts: EvidenceParts, expected: RegExp | null]>([
  ['a strong sign', '10.43.7.10', 53, { dns: [asksCluster] }, /^it is asked for names/],
  ['a weak sign', '10.96.0.10', 80, {}, /^it lies in the default service range/],
  ['the first address of a range at port 443', '10.1.0.1', 443, {}, /^it is the first address of a range, at port 443/],
  ['of IPv6', 'fd00:1::1', 443, {}, /^it is the first address of a range/],
  ['the second address', '10.1.0.2', 443, {}, null],
  ['of IPv6 the second', 'fd00:1::2', 443, {}, null],
  ['another port', '10.1.0.1', 444, {}, null],
  ['a public address', '203.0.113.1', 443, {}, null],
  ['where a range is given', '10.1.0.1', 443, given(['10.2.0.0/16']), null],
  ['in a range of pods', '10.1.0.1', 443, given([], ['10.1.0.0/16']), null],
  ['near machines: a gateway', '10.1.0.1', 443, { arp: [arp({ asker: '10.1.9.1', target: '10.1.9.2' })] }, null],
])('a silent server may be a service: %s', (_, address, port, parts, expected) => {
  const found = serviceAddressesOf(evidence(parts)).mayBe({ address, port });
  return expected === null ? expect(found).toBeNull() : expect(found).toMatch(expected);
});

describe('where a conversation passes', () => {
  const plain = connection({ client: '10.9.0.1:1000', server: '10.96.0.10:80', syn: [0] });
  const behind = { ...plain, point: 1, server: { address: '10.244.2.7', port: 80 } };
  const of = (parts: EvidenceParts) => {
    const all = evidence({ points: [point({ role: 'node-nic' }), point({ name: 'b', role: 'pod-veth' })], ...parts });
    return { all, conversation: all.conversations[0] };
  };
  test('the NIC that shows the address, plain', () => {
    const { all, conversation } = of({ connections: [plain] });
    expect(nicOf(all, conversation, '10.96.0.10')).toBe(0);
    expect(nicOf(all, conversation, '10.96.0.11')).toBeNull();
    expect(nicOf(all, conversation, '10.96.0.10', ['pod-veth'])).toBeNull();
    const inside = of({ connections: [{ ...plain, encapsulation: ['vxlan'] }] });
    expect(nicOf(inside.all, inside.conversation, '10.96.0.10')).toBeNull();
  });
  test('a translation is told, or seen as another destination', () => {
    const paths = (some: object) => ({ connections: [plain, behind], paths: [{ of: [plain, behind], ...some }] });
    expect(isTranslated(of(paths({})).conversation)).toBe(true);
    expect(isTranslated(of({ connections: [plain] }).conversation)).toBe(false);
    expect(
      isTranslated(
        of({ connections: [plain], paths: [{ of: [plain], serverBeforeNat: '10.96.0.9:80' }] }).conversation,
      ),
    ).toBe(true);
  });
});
