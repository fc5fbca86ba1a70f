import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { knownFrom } from '../../src/analyze-options.ts';
import { readInventory } from '../../src/cluster/read-inventory.ts';
import { formatText } from '../../src/report/formats/text.ts';

const node = (name: string, ip: string, annotations: Record<string, string> = {}, podCIDR = '10.233.64.0/24') => ({
  kind: 'Node',
  metadata: { name, annotations },
  spec: { podCIDR, podCIDRs: [podCIDR] },
  status: {
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'Hostname', address: name },
    ],
  },
});
const pod = (name: string, ip: string, more: object = {}, status: object = {}) => ({
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { nodeName: 'node2', ...more },
  status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], ...status },
});
const service = (name: string, ip: string, port: number, namespace = 'default') => ({
  kind: 'Service',
  metadata: { name, namespace },
  spec: { clusterIP: ip, clusterIPs: [ip], ports: [{ port, protocol: 'TCP' }] },
});
const slice = (of: string, addresses: string[], namespace = 'default') => ({
  kind: 'EndpointSlice',
  metadata: { name: `${of}-abc`, namespace, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: [{ addresses, conditions: { ready: true } }],
});
const listOf = (...items: unknown[]) => ({ kind: 'List', apiVersion: 'v1', items });

/** The cluster of the article's first case. */
const CASE_1 = listOf(
  node('node1', '10.153.204.15'),
  node('node2', '10.61.187.48', {}, '10.233.65.0/24'),
  pod('registry-0', '10.233.65.46'),
  pod('kube-proxy-x', '10.61.187.48', { hostNetwork: true }),
  service('registry', '10.233.0.100', 5000),
  service('kube-dns', '10.233.0.3', 53, 'kube-system'),
  slice('registry', ['10.233.65.46']),
  slice('kube-dns', ['10.233.65.2'], 'kube-system'),
);
const captures = (keep: RegExp) =>
  readdirSync('test/pcaps/case-1')
    .filter((name) => keep.test(name))
    .sort()
    .map((name) => join('test/pcaps/case-1', name));

describe('readInventory', () => {
  it('takes nodes, pods, services and endpoints', () => {
    expect(readInventory(CASE_1)).toEqual({
      serviceCidrs: ['10.233.0.100/32', '10.233.0.3/32'],
      podCidrs: ['10.233.64.0/24', '10.233.65.0/24'],
      nodes: { '10.153.204.15': 'node1', '10.61.187.48': 'node2' },
      dnsServers: ['10.233.0.3', '10.233.65.2'],
      names: {
        '10.153.204.15': 'node1',
        '10.61.187.48': 'node2',
        '10.233.65.46': 'pod default/registry-0',
        '10.233.0.100': 'service default/registry:5000',
        '10.233.0.3': 'service kube-system/kube-dns:53',
      },
      endpoints: ['10.233.65.46', '10.233.65.2'],
      vteps: {},
      given: true,
    });
  });

  it('takes several lists, typed lists and single objects', () => {
    const { kind: _kind, ...bare } = node('n', '10.0.0.1');
    expect(readInventory([{ kind: 'NodeList', items: [bare] }, service('s', '10.96.0.1', 443)])).toMatchObject({
      nodes: { '10.0.0.1': 'n' },
      serviceCidrs: ['10.96.0.1/32'],
      endpoints: null,
    });
  });

  it('takes what flannel and Calico write on nodes', () => {
    const flannel = node('a', '10.0.0.1', {
      'flannel.alpha.coreos.com/public-ip': '192.168.0.1',
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"BE:EF:00:00:00:01"}',
    });
    const calico = node('b', '10.0.0.2', {
      'projectcalico.org/IPv4Address': '192.168.0.2/24',
      'projectcalico.org/IPv4IPIPTunnelAddr': '10.233.71.0',
    });
    const hostGw = node('c', '10.0.0.3', {
      'flannel.alpha.coreos.com/public-ip': '10.0.0.3',
      'flannel.alpha.coreos.com/backend-data': 'null',
    });
    expect(readInventory(listOf(flannel, calico, hostGw))).toMatchObject({
      nodes: { '10.0.0.1': 'a', '192.168.0.1': 'a', '10.0.0.2': 'b', '192.168.0.2': 'b', '10.0.0.3': 'c' },
      names: { '10.233.71.0': 'tunl0 of b' },
      vteps: { 'be:ef:00:00:00:01': '192.168.0.1' },
    });
  });

  it('writes IPv6 as evidence does, and passes over headless services, pods that ended and pods to come', () => {
    const known = readInventory(
      listOf(
        service('six', 'FD00:0:0::A', 80),
        service('headless', 'None', 80),
        pod('done', '10.244.1.5', {}, { phase: 'Succeeded' }),
        pod('pending', '', {}, { podIP: undefined, podIPs: undefined, phase: 'Pending' }),
        { kind: 'ConfigMap', data: 5 },
        { ...slice('x', []), endpoints: null },
      ),
    );
    expect(known).toMatchObject({ serviceCidrs: ['fd00::a/128'], endpoints: [] });
    expect(known.names).toEqual({ 'fd00::a': 'service default/six:80' });
  });

  it.each([
    [null, 'kind must be'],
    ['text', 'the document must be an object'],
    [{}, 'kind must be'],
    [{ kind: 'List' }, 'items must be a list'],
    [listOf(5), 'items[0] must be an object'],
    [listOf(listOf(listOf(CASE_1))), 'items[0].items[0] must be an object, not a list'],
    [listOf(node('n', '10.0.0.256')), 'items[0].status.addresses[0].address must be an IP address'],
    [listOf(node('n', '10.0.0.1', {}, '10.0.0.0/33')), 'items[0].spec.podCIDRs[0] must be a range'],
    [listOf({ ...node('n', '10.0.0.1'), metadata: {} }), 'items[0].metadata.name must be a name'],
    [listOf(CASE_1.items[0], pod('p', '__proto__')), 'items[1].status.podIPs[0].ip must be an IP address'],
    [listOf({ kind: 'Service', metadata: { name: ['x'] } }), 'items[0].metadata.name must be text'],
    [listOf(service('s', '10.96.0.1', 70000)), 'items[0].spec.ports[0].port must be a port'],
    [
      listOf(node('n', '10.0.0.1', { 'flannel.alpha.coreos.com/public-ip': 'x' })),
      'items[0].metadata.annotations["flannel.alpha.coreos.com/public-ip"] must be an IP address',
    ],
    [[CASE_1, { kind: 'Pod' }], '[1].metadata.name must be a name'],
  ])('says where it is wrong: %#', (document, message) => {
    expect(() => readInventory(document)).toThrow(
      expect.objectContaining({ name: 'PcapdiagError', code: 'bad-option', message: expect.stringContaining(message) }),
    );
  });

  it('no document makes it fail otherwise than by a PcapdiagError', () => {
    for (const value of [[], {}, '', 'x', 0, -1, true, [[]], { __proto__: null, kind: 'Pod' }, { length: 2 ** 31 }]) {
      for (const make of [
        () => value,
        () => listOf(value),
        () => listOf({ ...node('n', '10.0.0.1'), status: value }),
        () => listOf({ ...pod('n', '10.0.0.1'), status: { podIPs: value } }),
        () => listOf({ ...service('n', '10.0.0.1', 1), spec: value }),
        () => listOf({ ...slice('n', []), endpoints: value }),
      ]) {
        try {
          readInventory(make());
        } catch (error) {
          expect((error as Error).name).toBe('PcapdiagError');
        }
      }
    }
  });
});

describe('knownFrom', () => {
  it('what options say goes before the inventory', () => {
    const known = knownFrom({
      inventory: CASE_1,
      serviceCidrs: ['10.233.0.0/18'],
      nodes: { mine: ['10.153.204.15', '10.153.204.16'] },
    });
    expect(known.serviceCidrs).toEqual(['10.233.0.0/18']);
    expect(known.nodes).toEqual({ '10.153.204.15': 'mine', '10.153.204.16': 'mine', '10.61.187.48': 'node2' });
    expect(known.given).toBe(true);
    expect(knownFrom({}).given).toBe(false);
  });
});

describe('analyze with an inventory', () => {
  it('names the nodes of the finding', async () => {
    const report = await analyze(captures(/./), { inventory: CASE_1 });
    expect(report.verdict?.ruleId).toBe('vxlan-outer-source-mismatch');
    expect(formatText(report, { color: false })).toContain('The node 10.153.204.15 (node1) sends VXLAN');
    expect(formatText(report, { color: false, verbose: true })).toContain('pod default/registry-0');
  });

  it('text of the inventory cannot rewrite the terminal', async () => {
    const hostile = listOf(...CASE_1.items, node('\u001b[2J\u202eevil\n', '10.153.204.15'));
    const text = formatText(await analyze(captures(/./), { inventory: hostile }), { color: false });
    expect(text).toContain('evil');
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });
});
