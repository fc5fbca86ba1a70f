import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { filesOf, type Kept, readSet } from './support/merged-captures.ts';

const PCAPS = 'test/pcaps';

/** The record a router further, 50 µs later. */
function forwarded(record: Kept): Kept {
  const bytes = record.bytes.slice();
  const header = new DataView(bytes.buffer, 14);
  if (new DataView(bytes.buffer).getUint16(12) === 0x0800) {
    header.setUint8(8, header.getUint8(8) - 1);
    // The checksum rises by what the word of the TTL falls, with the carry of ones' complement (RFC 1624).
    const sum = header.getUint16(10) + 0x0100;
    header.setUint16(10, (sum & 0xffff) + (sum >>> 16));
  }
  const nanoseconds = record.nanoseconds + 50_000;
  return { ...record, bytes, seconds: record.seconds + Math.floor(nanoseconds / 1e9), nanoseconds: nanoseconds % 1e9 };
}

/** Faults of real kernels that the article's cases do not show; README.md there says how they were recorded. */
describe('recorded faults', () => {
  it.each([
    ['calico-gateway-silent', 'arp-unanswered', 'in the segment of node1 calia19aca96'],
    ['connection-limit', 'new-connections-dropped', 'after client eth0, before server eth0'],
    ['dns-tcp-fallback-dropped', 'dns-tcp-fallback-blocked', 'after client eth0, before server eth0'],
    ['dns-tcp-fallback-refused', 'dns-tcp-fallback-blocked', ''],
    ['dns-wrong-server', 'dns-wrong-server', 'in the resolver configuration of the client'],
    ['fragments-lost', 'fragments-lost', 'after client eth0, before server eth0'],
    ['ipip-blocked-clock-apart', 'tunnel-blocked', 'after ip-a eno1, before ip-b eno1'],
    ['ipv6-firewall-reject', 'firewall-reject', ''],
    ['ipv6-mtu-sender-only', 'mtu-black-hole', ''],
    ['ipv6-no-route', 'no-route', 'at fd4e:a1:7::fe, which says so'],
    ['stale-endpoint', 'stale-endpoint', 'at the node that translates the service address'],
    ['traceroute-loss', 'traceroute-loss', 'at hop 3 (172.31.3.1), behind hop 2 (172.31.2.1)'],
    ['traceroute-loss-ipv6', 'traceroute-loss', 'at hop 3 (fd4e:31:3::1), behind hop 2 (fd4e:31:2::1)'],
    ['traceroute-blocked', 'traceroute-loss', 'behind hop 2 (172.31.2.1)'],
    ['ipv6-fragments-unanswered', 'fragments-lost', ''],
    ['ipv6-policy-one-port', 'dropped-in-node', 'after node2 flannel.1, before node2 cni0'],
    ['mtu-probing', 'mtu-black-hole', ''],
    ['reverse-path-filter', 'dropped-in-node', 'after node2 cilium_vxlan, before node2 br-pods'],
    ['vxlan-bad-checksum', 'vxlan-bad-checksum', 'after node2 eth0, before node2 flannel.1'],
    ['bad-checksum-on-arrival', 'bad-checksum-on-arrival', 'after n1 eth0, before n2 eth0'],
    ['first-syn-bad-checksum', 'vxlan-bad-checksum', 'after w2 eth0, before w2 flannel.1'],
    ['case-1-second-syn', 'vxlan-outer-source-mismatch', 'after node2 enp26s0f0, before node2 flannel.1'],
    ['vxlan-port-refused', 'vxlan-port-mismatch', 'on the VXLAN devices of 10.153.205.192 and 10.153.206.121'],
    ['accept-queue-full', 'listen-queue-overflow', 'at the listening socket of 198.18.4.12, as seen from node2 eth0'],
    ['ecmp-rehash', 'flow-moved-to-other-node', 'before w2 eth0'],
    ['session-dropped', 'peer-vanished', 'at or before 10.5.0.254, as seen from w1 eth0'],
    ['nat-entry-lost', 'peer-vanished', 'at the node that translates 10.43.0.200, before node1 ens5'],
    ['first-syn-lost', 'first-syn-lost', 'on the path to 10.244.2.7:80'],
    ['syn-ack-not-delivered', 'syn-ack-unacknowledged', 'towards the client, as seen from ovn-worker2 a91b2c3d4e5f601'],
    ['idle-reset', 'idle-timeout', 'on the path to 10.42.2.7, as seen from node1 veth1a2b3c4d'],
    ['limit-retries', 'new-connections-dropped', 'after node2 ens5, before node2 veth77aa01bc'],
    ['reset-never-sent', 'reset-injected', 'on the way between node2 eth0 and client eth0'],
    ['stale-endpoint-lookups', 'stale-endpoint', 'at the node that translates the service address'],
    ['underlay-cut', 'lost-in-underlay', 'after node1 bond0, before node2 bond0'],
    ['vni-of-replies', 'vxlan-vni-mismatch', 'after node1 enp26s0f0, before node1 vxlan0'],
    ['stale-vtep-mac', 'vxlan-wrong-destination', 'after node2 cilium_vxlan, before node2 br-pods'],
    ['dns-upstream-gone', 'dns-server-failure', 'between the DNS server and 10.20.30.77'],
    ['wireguard-mtu', 'mtu-black-hole', 'after node1 ens192, before node2 ens192'],
    ['replies-too-large', 'mtu-black-hole', ''],
    ['loss-short-connections', 'packet-loss', 'on the path of 10.42.2.7 to 10.42.1.5, seen from node1 veth1a2b3c4d'],
    [
      'kube-proxy-on-one-node',
      'service-ip-not-translated',
      'on the node of the clients: packets to services are not translated there',
    ],
    ['tunnel-offload-ipv6', 'syn-no-reply', ''],
    ['dns-forward-loop', 'dns-server-failure', 'between the DNS servers 172.30.6.12 and 172.30.6.11'],
    ['dns-large-answers', 'fragments-lost', 'after node2 eth0, before client eth0'],
    ['dns-answers-contradict', 'dns-answers-contradict', ''],
    ['dns-truncated-not-retried', 'dns-truncated-not-retried', ''],
    ['ebgp-ttl-1', 'ttl-too-small', ''],
    ['syn-ack-ttl', 'ttl-too-small', ''],
    ['fins-lost', 'packet-loss', 'on the path of fd12:3:1::17 to fd12:3:2::31, seen from node1 veth7f3a91c2'],
    ['udp-requests-lost', 'packet-loss', 'between node1 veth7f3a91c2 and fd12:3:2::31, there or back'],
    ['wireguard-blocked', 'encrypted-tunnel-not-decrypted', 'at 172.18.45.12, or on the way to it'],
    ['vxlan-ipv6-no-checksum', 'vxlan-bad-checksum', 'between fd77:a::11 and the decapsulation on fd77:b::12'],
    ['sctp-blocked', 'no-reply', ''],
    ['ipip-not-taken', 'protocol-rejected', ''],
    ['icmp-lost', 'mtu-black-hole', 'after node2 eth0, before node2 veth77aa01bc'],
    ['tls-certificate-expired', 'tls-handshake-failed', 'in the program on 10.244.1.10 that ends the handshake'],
    [
      'tls-to-plain-port',
      'protocol-mismatch',
      'in the programs: what 10.244.1.10 speaks and what 10.244.2.20:8080 expects',
    ],
    ['http-health-check-404', 'http-error', 'in the program on 10.244.3.30'],
    ['redis-no-password', 'application-error', 'in the program on 10.244.2.20'],
    ['grpc-too-many-pings', 'http2-goaway', 'in the program on 10.244.2.20'],
    ['bufferbloat', 'bufferbloat', 'on the path from 10.244.2.20 to 10.244.1.10'],
    ['ntp-unsynchronised', 'ntp-unsynchronised', 'in the time server 10.244.1.123'],
    ['quic-dropped', 'quic-blocked', 'behind client eth0, on the way to 10.244.2.20:443'],
    ['dns-name-misspelt', 'dns-name-unknown', 'in the configuration of 10.244.1.10, or of what told it the name'],
    ['immediate-close', 'immediate-close', 'at 172.30.6.12, as seen from client eth0'],
    ['pod-address-twice', 'duplicate-ip', 'on the nodes 172.30.9.11 and 172.30.9.12'],
    ['esp-unknown-spi', 'encrypted-tunnel-not-decrypted', 'after k8s2 enp0s8, before k8s2 lxc9c'],
    ['source-not-translated', 'source-not-translated', 'after w1 ens5, before ext eth0'],
    ['reply-source-translated', 'reply-source-translated', 'after k8s1 lxc77, before k8s1 enp1s0'],
    ['reply-by-other-interface', 'reply-leaves-by-other-interface', 'after w1 eth1, before client eth0'],
    ['tcp-md5-one-sided', 'tcp-md5-mismatch', 'at the listening socket of 10.71.3.1:179, as seen from w1 eth0'],
    ['tcp-md5-expected', 'tcp-md5-mismatch', 'at the listening socket of 10.71.3.1:1790, as seen from w1 eth0'],
    ['third-ack-invalid', 'dropped-in-node', 'after node1 eth0, before node1 calif3'],
    ['port-reused-never', 'syn-no-reply', 'after client eth0, before node2 eth0'],
  ])('%s: %s and nothing else above a note', async (folder, ruleId, place) => {
    const files = readdirSync(join(PCAPS, folder)).filter((name) => name.endsWith('.pcap'));
    const { verdict, findings } = await analyze(files.sort().map((name) => join(PCAPS, folder, name)));
    expect(verdict?.ruleId).toBe(ruleId);
    expect(findings.filter(({ level }) => level !== 'note').map((finding) => finding.ruleId)).toEqual([ruleId]);
    expect(findings[0].location.text).toBe(place);
  });

  it.each([
    ['traceroute-healthy', []],
    ['traceroute-rate-limited', ['traceroute-loss']],
    ['long-poll', ['server-slow']],
    ['port-reused', ['challenge-ack']],
  ])('%s: at most a note', async (folder, notes) => {
    const { verdict, findings } = await analyze([join(PCAPS, folder, 'client__eth0.pcap')]);
    expect(verdict).toBeNull();
    expect(findings.map(({ ruleId }) => ruleId)).toEqual(notes);
    expect(findings.every(({ level }) => level === 'note')).toBe(true);
  });

  // Each packet in four is lost: SYNs, answers, and all that some lookups sent. Nothing but chance chose them.
  it.each([
    ['both ends', ['client__eth0', 'server__eth0'], ['packet-loss']],
    ['the client', ['client__eth0'], ['dns-no-response', 'dns-slow', 'packet-loss']],
    ['the server', ['server__eth0'], ['packet-loss']],
  ])('takes what is lost at random for nothing else, seen by %s', async (_, points, rules) => {
    const files = points.map((name) => join(PCAPS, 'lost-at-random', `${name}.pcap`));
    const { verdict, findings } = await analyze(files);
    expect(verdict?.ruleId).toBe('packet-loss');
    const told = findings.filter(({ level }) => level !== 'note').map(({ ruleId }) => ruleId);
    expect([...new Set(told)].sort()).toEqual(rules);
  });

  it.each([
    ['another point on the way', 1, 0, ['dns-no-response', 'dns-slow', 'packet-loss']],
    ['time ten times as slow', 10, 0, ['dns-no-response', 'dns-slow', 'packet-loss']],
    // Most of the lookups come before.
    ['a capture that starts late', 1, 0.3, ['dns-no-response', 'packet-loss']],
  ])('the same with %s', async (_, slower, from, rules) => {
    const [{ records: all }] = await readSet(join(PCAPS, 'lost-at-random'), ['client__eth0.pcap']);
    const [first] = all;
    const records = all.slice(Math.floor(from * all.length)).map((record) => {
      const since = (record.seconds - first.seconds) * 1e9 + record.nanoseconds - first.nanoseconds;
      const nanoseconds = first.nanoseconds + since * slower;
      return { ...record, seconds: first.seconds + Math.floor(nanoseconds / 1e9), nanoseconds: nanoseconds % 1e9 };
    });
    const points = [{ name: 'pod__eth0.pcap', records }];
    if (slower === 1 && from === 0) points.push({ name: 'router__eno3.pcap', records: records.map(forwarded) });
    const { verdict, findings } = await analyze(filesOf(points));
    expect(verdict?.ruleId).toBe('packet-loss');
    const told = findings.filter(({ level }) => level !== 'note').map(({ ruleId }) => ruleId);
    expect([...new Set(told)].sort()).toEqual(rules);
  });

  it('follows ICMP fragmentation needed back to where it is lost', async () => {
    const files = readdirSync(join(PCAPS, 'icmp-lost')).sort();
    const { findings } = await analyze(files.map((name) => join(PCAPS, 'icmp-lost', name)));
    expect(findings[0].measured).toMatchObject({
      icmp: 'lost',
      icmpMtu: 1400,
      icmpLastSeen: 'node1 eth0',
      icmpMissingAt: 'node1 veth1a2b3c4d',
    });
  });

  it('does not take a service address for a pod of the node that translates its answers back', async () => {
    const seen = ['node1__ens5', 'node1__veth1a2b3c4d', 'node2__ens5', 'node2__vethc0ffee12'];
    const { findings } = await analyze(seen.map((name) => join(PCAPS, 'kube-proxy-on-one-node', `${name}.pcap`)));
    expect(findings.filter(({ level }) => level !== 'note').map(({ ruleId }) => ruleId)).toEqual(['syn-no-reply']);
  });

  it('finds lost fragments at the receiver alone, and unanswered requests at the sender', async () => {
    const receiver = await analyze([join(PCAPS, 'fragments-lost', 'server__eth0.pcap')]);
    expect(receiver.findings[0].measured).toMatchObject({ incomplete: 5, complete: 0 });
    const sender = await analyze([join(PCAPS, 'fragments-lost', 'client__eth0.pcap')]);
    expect(sender.findings.map(({ ruleId }) => ruleId)).toEqual(['fragments-lost', 'no-reply']);
    expect(sender.findings.map(({ level }) => level)).toEqual(['error', 'note']);
    expect(sender.findings[0].measured).toMatchObject({ incomplete: 4, wholeAnswered: 2 });
  });
});
