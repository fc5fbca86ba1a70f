import { describe, expect, test } from 'vitest';
import {
  hostAndDevice,
  hostsOfFolders,
  placeOfFile,
  roleOfInterface,
} from '../../../../src/flows/correlate/points/interface-name.ts';

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
    ['worker-3_ens5.pcap', 'worker-3', 'ens5'],
    ['ip-10-0-3-17.ec2.internal-eth0.pcapng', 'ip-10-0-3-17.ec2.internal', 'eth0'],
    ['cap-k8s-node2-cali12ab34cd56e.pcap', 'k8s-node2', 'cali12ab34cd56e'],
    ['node-b.vxlan.calico.pcap', 'node-b', 'vxlan.calico'],
    ['2026-11-20T03-14-node1-any.pcap', 'node1', 'any'],
    ['tcpdump-node1-eth0-20261120-031405.pcap', 'node1', 'eth0'],
    ['node-1.ens3.2026-11-20.pcap', 'node-1', 'ens3'],
    ['cilium_vxlan@node1.pcap', 'node1', 'cilium_vxlan'],
    ['node1-eth1.100@if4.pcap', 'node1', 'eth1.100'],
    ['node1_nodelocaldns.pcap', 'node1', 'nodelocaldns'],
    ['node1__vlan.eth.1.pcap', 'node1', 'vlan.eth.1'],
    ['node1-ovn-k8s-mp0.pcap', 'node1', 'ovn-k8s-mp0'],
    ['node1_genev_sys_6081.pcap', 'node1', 'genev_sys_6081'],
    ['node1-wireguard.cali.pcap', 'node1', 'wireguard.cali'],
    ['web-1a2b3c.pcap', null, null],
    ['cni-podman0.pcap', null, 'cni-podman0'],
    // Numbers that order files are not hosts.
    ['01-eth0.pcap', null, 'eth0'],
    ['eth0-2.pcap', null, 'eth0'],
    ['eth0-before.pcap', null, 'eth0'],
    ['breakfast.pcap', null, null],
    ['01.pcap', null, null],
    ['receiver.pcap', null, null],
  ])('%s', (path, host, device) => {
    expect(placeOfFile(path)).toEqual({ host, device, isGuess: false });
  });

  test('an unknown device is a guess', () => {
    expect(placeOfFile('node1__mgmt.pcap')).toEqual({ host: 'node1', device: 'mgmt', isGuess: true });
    expect(placeOfFile('node1__web-0-5f00ad.pcap')).toEqual({ host: 'node1', device: 'web-0-5f00ad', isGuess: true });
    expect(placeOfFile('data__relay_with_a_long_name.pcap').host).toBeNull();
  });
});

describe('role by device name', () => {
  test.each([
    ['veth4a08430d', 'pod-veth'],
    ['54ced91366f798c', 'pod-veth'],
    ['a91b2c3d4e5f601', 'pod-veth'],
    ['ovnp1', 'pod-veth'],
    ['0f3c2d4e5a6b_h', 'pod-veth'],
    ['eni3b1', 'pod-veth'],
    ['eni7f0a1b2c3d4', 'pod-veth'],
    ['azv5k2x9', 'pod-veth'],
    ['enP53091s1np0', 'node-nic'],
    ['azure0', 'bridge'],
    ['breth0', 'bridge'],
    ['ovn0', 'bridge'],
    ['cilium_ipip4', 'tunnel-device'],
    ['antrea-wg0', 'tunnel-device'],
    ['antrea-egress0', 'unknown'],
    ['160012345678901', 'unknown'],
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
    ['lxc1234', 'pod-veth'],
    ['gke52ab34cd56e', 'pod-veth'],
    ['genev_sys_6081', 'tunnel-device'],
    ['wg0', 'tunnel-device'],
    ['ovn-k8s-mp0', 'bridge'],
    ['weave', 'bridge'],
    ['br0', 'bridge'],
    ['br-1a2b3c4d5e6f', 'bridge'],
    ['brisbane', 'unknown'],
    // Antrea
    ['antrea-gw0', 'bridge'],
    ['antrea-tun0', 'tunnel-device'],
    ['coredns--1a2b3c', 'pod-veth'],
    ['web-0-5f00ad', 'pod-veth'],
    ['web-202611', 'unknown'],
    ['front-decade', 'unknown'],
    // Kube-OVN and OVN-Kubernetes
    ['br-int', 'bridge'],
    ['br-ex', 'bridge'],
    ['breno1', 'bridge'],
    ['brenp3s0f0', 'bridge'],
    ['ovn-k8s-gw0', 'bridge'],
    ['ovs-system', 'unknown'],
    ['0f3c2d4e5a6b_c', 'pod-veth'],
    // Cilium
    ['cilium_host', 'bridge'],
    ['cilium_net', 'bridge'],
    ['cilium_geneve', 'tunnel-device'],
    ['cilium_wg0', 'tunnel-device'],
    ['lxc_health', 'pod-veth'],
    // AWS and Azure
    ['vlan.eth.1', 'node-nic'],
    ['vlan0a1b2c3d4e5', 'pod-veth'],
    ['azv0f1e2d3c4b5', 'pod-veth'],
    ['azSnatbr', 'bridge'],
    // Calico
    ['vxlan-v6.calico', 'tunnel-device'],
    ['wireguard.cali', 'tunnel-device'],
    ['wg-v6.cali', 'tunnel-device'],
    ['egress.calico', 'tunnel-device'],
    ['bpfin.cali', 'unknown'],
    // flannel, Weave, kube-router
    ['flannel-v6.1', 'tunnel-device'],
    ['flannel-wg', 'tunnel-device'],
    ['flannel-wg-v6', 'tunnel-device'],
    ['vethwepl1a2b3c4', 'pod-veth'],
    ['vethwe-bridge', 'bridge'],
    ['datapath', 'bridge'],
    ['vxlan-6784', 'tunnel-device'],
    ['kube-bridge', 'bridge'],
    ['tun-1a2b3c4d5e6', 'tunnel-device'],
    ['kube-dummy-if', 'unknown'],
    // others
    ['docker_gwbridge', 'bridge'],
    ['lxcbr0', 'bridge'],
    ['lxdbr0', 'bridge'],
    ['vxlan_sys_4789', 'tunnel-device'],
    ['tailscale0', 'tunnel-device'],
    ['vlan.100', 'unknown'],
    ['kube-ipvs0', 'unknown'],
    ['nodelocaldns', 'unknown'],
    ['macvlan0', 'unknown'],
    ['whatever', 'unknown'],
  ])('%s is %s', (name, role) => {
    expect(roleOfInterface(name)).toBe(role);
  });
});

describe('host by folder', () => {
  test('folders give the hosts of files that are named by their device', () => {
    expect(hostsOfFolders(['x/client/eth0.pcap', 'x/server/eth0.pcap'])).toEqual(['client', 'server']);
    expect(hostsOfFolders(['n1/cni0.pcap', 'n1/eth0.pcap', 'n2/eth0.pcap'])).toEqual(['n1', 'n1', 'n2']);
  });

  test('one folder, dates and files with a host of their own give no host', () => {
    expect(hostsOfFolders(['x/eth0.pcap', 'x/cni0.pcap'])).toEqual([null, null]);
    expect(hostsOfFolders(['2026-11-20/eth0.pcap', '2026-11-21/eth0.pcap'])).toEqual([null, null]);
    expect(hostsOfFolders(['a/node1-eth0.pcap', 'b/node2-eth0.pcap'])).toEqual([null, null]);
    expect(hostsOfFolders(['a/01.pcap', 'b/02.pcap'])).toEqual([null, null]);
  });
});

test('a name that is a device behind a date, or with one behind it, is that device', () => {
  const place = (name: string) => placeOfFile(`${name}.pcap`);
  for (const name of ['2026-11-29-eth0', 'eth0-20261129', 'tcpdump_eth0', 'capture.eth0@if7', 'eth0@if12'])
    expect([name, place(name)]).toEqual([name, { host: null, device: 'eth0', isGuess: false }]);
  expect(place('20261129_1200_flannel.1')).toEqual({ host: null, device: 'flannel.1', isGuess: false });
});

test('an interface is "host device" only with both parts, and a device that is known', () => {
  expect(hostAndDevice('node1 eth0')).toEqual({ host: 'node1', device: 'eth0' });
  expect([' eth0', 'node1 ', 'node1 eth0 x', 'node1 thing', 'eth0', '', null].map(hostAndDevice)).toEqual(
    Array(7).fill(null),
  );
});
