import { describe, expect, test } from 'vitest';
import { placeOfFile, roleOfInterface } from '../../../src/flows/correlate/interface-name.ts';

describe('host and device by file name', () => {
  test.each([
    ['node1__flannel.1.pcap', 'node1', 'flannel.1'],
    ['/tmp/x/node1-eth0.pcap', 'node1', 'eth0'],
    ['node1_cni0.pcapng', 'node1', 'cni0'],
    ['node-a.example.org--enp26s0f0.pcap.gz', 'node-a.example.org', 'enp26s0f0'],
    ['worker-2.eth0.pcap', 'worker-2', 'eth0'],
    ['flannel.1-node2.pcap', 'node2', 'flannel.1'],
    ['node2__any.pcap', 'node2', 'any'],
    ['node2-any.pcap0', 'node2', 'any'],
    ['node1__veth4a08430d.pcap3', 'node1', 'veth4a08430d'],
    ['node2__cali909fa23a713.pcap.zst', 'node2', 'cali909fa23a713'],
    ['master_vxlan.calico.cap', 'master', 'vxlan.calico'],
    ['bond0.100.pcap', null, 'bond0.100'],
    ['01.pcap', null, null],
    ['receiver.pcap', null, null],
  ])('%s', (path, host, device) => {
    expect(placeOfFile(path)).toEqual({ host, device, isGuess: false });
  });

  test('a device that nobody knows is a guess', () => {
    expect(placeOfFile('node1__mgmt.pcap')).toEqual({ host: 'node1', device: 'mgmt', isGuess: true });
    expect(placeOfFile('data__relay_with_a_long_name.pcap').host).toBeNull();
  });
});

describe('role by device name', () => {
  test.each([
    ['veth4a08430d', 'pod-veth'],
    ['veth4a08430d@if3', 'pod-veth'],
    ['cali909fa23a713', 'pod-veth'],
    ['lxc67aa047ddad3', 'pod-veth'],
    ['cni0', 'bridge'],
    ['docker0', 'bridge'],
    ['flannel.1', 'tunnel-device'],
    ['vxlan.calico', 'tunnel-device'],
    ['cilium_vxlan', 'tunnel-device'],
    ['tunl0', 'tunnel-device'],
    ['eth0', 'node-nic'],
    ['ens192', 'node-nic'],
    ['enp26s0f0', 'node-nic'],
    ['eno1', 'node-nic'],
    ['bond0.100', 'node-nic'],
    ['any', 'any'],
    ['whatever', 'unknown'],
  ])('%s is %s', (name, role) => {
    expect(roleOfInterface(name)).toBe(role);
  });
});
