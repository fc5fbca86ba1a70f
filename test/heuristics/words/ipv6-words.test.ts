import { describe, expect, it } from 'vitest';
import type { Explanation, Occurrence } from '../../../src/heuristics/rule/rule.ts';
import { inIpv6Words } from '../../../src/heuristics/words/ipv6-words.ts';

const about = (client: string | null, server: string | null): Occurrence => ({
  key: '',
  grade: 'inferred',
  subject: { protocol: 'ip', client, server },
  conversations: [],
  packets: [],
  packetsTotal: 0,
  reach: 1,
  measured: {},
});
const explanation = (command: string, wireshark: string): Explanation => ({
  message: '',
  why: '',
  causes: [],
  confirm: [{ on: 'the node', command, expect: '' }],
  fix: [`${command}.`],
  wireshark,
});
const worded = (command: string, wireshark: string, occurrence = about('fd00::5', '[fd00::7]:80')): string[] => {
  const { confirm, fix, wireshark: filter } = inIpv6Words(explanation(command, wireshark), occurrence);
  expect(fix).toEqual([`${confirm[0].command}.`]);
  return [confirm[0].command, filter];
};

describe('words for IPv6', () => {
  it.each([
    ['ip.addr==fd00::7 && tcp.port==80', 'ipv6.addr==fd00::7 && tcp.port==80'],
    ['ip.src==fd00::5 && ip.dst==fd00::7 && ip.len>=1500', 'ipv6.src==fd00::5 && ipv6.dst==fd00::7 && ipv6.plen>=1460'],
    ['tcp.flags.reset==1 && ip.ttl==62', 'tcp.flags.reset==1 && ipv6.hlim==62'],
    ['ip.dst==fd00::7 && (ip.flags.mf==1 || ip.frag_offset>0)', 'ipv6.dst==fd00::7 && ipv6.fraghdr'],
    ['icmp.type==3 && icmp.code==3', 'icmpv6.type==1 && icmpv6.code==4'],
    ['arp && arp.dst.proto_ipv4==fd00::7', 'icmpv6.nd.ns.target_address==fd00::7'],
  ])('filter %s', (filter, expected) => {
    expect(worded('ss -lnt', filter)).toEqual(['ss -lnt', expected]);
  });

  it.each([
    ['iptables-save | grep -iE "drop|reject"', 'ip6tables-save | grep -iE "drop|reject"'],
    ['sysctl net.bridge.bridge-nf-call-iptables', 'sysctl net.bridge.bridge-nf-call-ip6tables'],
    ['ip route; ip rule', 'ip -6 route; ip -6 rule'],
    ['ip route get fd00::7', 'ip route get fd00::7'],
    ["tcpdump -nn -i any 'icmp[0]==3 and icmp[1]==4'", "tcpdump -nn -i any 'icmp6 and ip6[40]==2'"],
    ['conntrack -L -p udp --orig-dst fd00::7', 'conntrack -L -f ipv6 -p udp --orig-dst fd00::7'],
  ])('command %s', (command, expected) => {
    expect(worded(command, '')).toEqual([expected, '']);
  });

  it('leaves IPv4 alone, and what is asked of the outer headers of a tunnel over it', () => {
    const filter = 'ip.src==10.0.0.1 && ip.ttl==62';
    expect(worded('iptables-save', filter, about('10.0.0.1', '3 servers'))).toEqual(['iptables-save', filter]);
    expect(worded('ss -lnt', filter)).toEqual(['ss -lnt', filter]);
  });

  it('takes no MAC address for one of IPv6', () => {
    expect(worded('iptables-save', '', about('02:00:00:00:00:0a', null))).toEqual(['iptables-save', '']);
  });
});
