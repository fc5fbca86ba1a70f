import { expect, test } from 'vitest';
import { type SizeLimit, sizeLimitCauses, sizeLimitCommands } from '../../../src/heuristics/causes/smaller-mtu.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { evidence, point } from '../../support/evidence.ts';
import { adviceOf } from '../../support/rule-table.ts';

const VXLAN = { depth: 1, name: 'VXLAN', octets: 50 };
const names = namesOf(
  evidence({
    points: [
      point({ name: 'flannel.1 of node1', host: 'node1' }),
      point({ name: 'eth0 of node1', host: 'node1' }),
      point({ name: 'eth0 of node2', host: 'node2' }),
      point({ name: 'eth0 of node2', host: 'node2' }),
    ],
  }),
);

const limit = (some: Partial<SizeLimit> = {}): SizeLimit => ({
  sender: '10.244.1.5',
  receiver: '10.244.2.7',
  largestPassed: 1300,
  smallestLost: 1500,
  dontFragment: true,
  icmp: 'none',
  icmpMtu: 0,
  icmpFrom: null,
  outerLost: null,
  trail: null,
  overhead: null,
  tunnelsSeen: false,
  beyond: { target: some.receiver ?? '10.244.2.7', front: null, servicePort: 0 },
  from: null,
  to: null,
  ...some,
});
/** What is said of the limit, without what is said of every limit. */
const said = (some: Partial<SizeLimit>): string[] =>
  adviceOf({ causes: sizeLimitCauses(limit(some), names), confirm: sizeLimitCommands(limit(some), names), fix: [] });
const causesOf = (some: Partial<SizeLimit>): string[] =>
  said(some).filter((line) => /^(likely|possible|unlikely) /.test(line));
const fixesOf = (some: Partial<SizeLimit>): string[] => said(some).filter((line) => /^(Give|Let|On) /.test(line));
const commandsOf = (some: Partial<SizeLimit>): string[] => said(some).filter((line) => line.startsWith('on '));
/** The first sentence of the repair. */
const advised = (some: Partial<SizeLimit>): string => fixesOf(some).find((line) => line.startsWith('Give')) ?? '';

test('all that is said of a limit of which nothing but the sizes is known', () => {
  expect(said({}).join('\n')).toMatchInlineSnapshot(`
    "likely smaller-mtu; the limit lies between 1300 and 1500 octets; usual MTUs of that size: 1480 (IPIP on 1500), 1450 (VXLAN on 1500), 1440 (WireGuard on 1500, or IPIP on 1460), 1420 (WireGuard over IPv6 on 1500)
    possible icmp-filtered-on-path
    unlikely content-filter; but every large packet is lost, not one kind of content
    on 10.244.1.5: echo 1464 1452 1448 1432 1422 1412 1402 1392 1382 1372 1362 1352 1342 1322 | xargs -n 1 ping -c 1 -W 1 -M do 10.244.2.7 -s  # the largest size that is answered, plus the headers, is the MTU
    on 10.244.1.5: tracepath -n 10.244.2.7  # pmtu: the MTU that fits, and the hop where it ends
    on 10.244.1.5: ping -c 3 -W 1 -M do -s 1472 10.244.2.7  # no answer, or "message too long" with the MTU of the device
    on 10.244.1.5: ping -c 3 -W 1 10.244.2.7  # answered: small packets pass
    on the node of 10.244.2.7: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on 10.244.1.5: tcpdump -nn -c 20 -i any 'icmp[0]==3 and icmp[1]==4'  # whether ICMP "fragmentation needed" is sent here, and to whom
    Give 10.244.1.5 (for pods: the MTU of the CNI) an MTU of at most 1300 (the largest packet that passed), or what the commands find; or raise that of the device that drops.
    On 10.244.1.5: ip route replace $(ip -o route get 10.244.2.7 | sed 's/ uid .*//;s/ cache.*//') mtu lock 1300 (at once, for this destination, until then)
    On the node of 10.244.2.7: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu (for TCP that this node forwards)
    Let ICMP type 3 code 4 (fragmentation needed) through to 10.244.1.5."
  `);
});

test('all that is said of a limit between two points, with the error captured on the way', () => {
  const trail = { lastSeen: 1, missingAt: 0, to: '10.244.1.5', quotedSource: '10.244.1.5', count: 2 };
  expect(
    said({
      icmp: 'lost',
      icmpMtu: 1400,
      icmpFrom: '192.168.34.1',
      trail,
      overhead: VXLAN,
      outerLost: 1550,
      from: 1,
      to: 2,
    }).join('\n'),
  ).toMatchInlineSnapshot(`
    "likely smaller-mtu; the limit lies between 1300 and 1500 octets; in the encrypted tunnel they are packets of 1550 octets; the packets travel as VXLAN, which adds 50 octets: over links of 1500 the sender's MTU may be 1450 at most
    likely icmp-filtered-on-path; the ICMP error was captured at eth0 of node1, addressed to 10.244.1.5, and not at flannel.1 of node1, where it should have come next
    unlikely content-filter; but every large packet is lost, not one kind of content
    on the machine where eth0 of node1 was captured: ping -c 3 -W 1 -M do -s 1372 10.244.2.7  # answered: the MTU that 192.168.34.1 tells
    on the machine where eth0 of node1 was captured: tracepath -n 10.244.2.7  # pmtu: the MTU that fits, and the hop where it ends
    on the machine where eth0 of node1 was captured: ping -c 3 -W 1 -M do -s 1472 10.244.2.7  # no answer, or "message too long" with the MTU of the device
    on the machine where eth0 of node1 was captured: ping -c 3 -W 1 10.244.2.7  # answered: small packets pass
    on the machine where eth0 of node1 was captured: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on the machine where eth0 of node2 was captured: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on the machine where eth0 of node1 was captured: tcpdump -nn -c 20 -i any 'icmp[0]==3 and icmp[1]==4'  # whether ICMP "fragmentation needed" is sent here, and to whom
    Give 10.244.1.5 (for pods: the MTU of the CNI) an MTU of at most 1400 (as 192.168.34.1 says); or raise that of what lies between eth0 of node1 and eth0 of node2.
    On 10.244.1.5: ip route replace $(ip -o route get 10.244.2.7 | sed 's/ uid .*//;s/ cache.*//') mtu lock 1400 (at once, for this destination, until then)
    On the machine where eth0 of node1 was captured: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu (for TCP that this node forwards)
    Let ICMP type 3 code 4 (fragmentation needed) from 192.168.34.1 to 10.244.1.5 pass between eth0 of node1 and flannel.1 of node1."
  `);
});

test.each<[name: string, Partial<SizeLimit>, RegExp]>([
  [
    'what the device tells',
    { icmpMtu: 1400, icmpFrom: '192.168.34.1' },
    /at most 1400 \(as 192\.168\.34\.1 says\); or raise/,
  ],
  ['1,280 of a device is one that IPv6 allows', { icmpMtu: 1280, icmpFrom: 'x' }, /at most 1280 \(as x says\);/],
  [
    'less than 1,280 is not believed',
    { icmpMtu: 1279, icmpFrom: 'x' },
    /at most 1300 \(the largest packet that passed\), or what/,
  ],
  [
    '1,280 passed',
    { largestPassed: 1280 },
    /at most 1280 \(the largest packet that passed\), or what the commands find;/,
  ],
  ['less passed', { largestPassed: 1279 }, /at most 1280 \(it passes every link that may carry IPv6\), or what/],
  [
    'the tunnel leaves more than passed',
    { overhead: VXLAN },
    /at most 1450 \(1500 less the 50 octets of VXLAN; less where/,
  ],
  [
    'as much passed as the tunnel leaves',
    { overhead: VXLAN, largestPassed: 1450 },
    /at most 1450 \(the largest packet that passed\)/,
  ],
  [
    'what the tunnel leaves was lost',
    { overhead: VXLAN, smallestLost: 1450, largestPassed: 900 },
    /at most 1280 \(it passes/,
  ],
  ['one octet more was lost', { overhead: VXLAN, smallestLost: 1451, largestPassed: 900 }, /at most 1450 \(1500 less/],
  [
    'the tunnels leave 1,280',
    { overhead: { ...VXLAN, octets: 220 }, largestPassed: 900 },
    /at most 1280 \(1500 less the 220/,
  ],
  ['the tunnels leave less', { overhead: { ...VXLAN, octets: 221 }, largestPassed: 900 }, /at most 1280 \(it passes/],
])('the MTU that is advised: %s', (_, some, expected) => expect(advised(some)).toMatch(expected));

test.each<[name: string, Partial<SizeLimit>, string]>([
  ['nowhere', {}, 'the device that drops'],
  ['the last point is known, the next one is not', { from: 1 }, 'the device that drops'],
  ['the first point that lacks them is known', { to: 2 }, 'the device that drops'],
  ['between two points', { from: 1, to: 2 }, 'what lies between eth0 of node1 and eth0 of node2'],
  ['points of one name', { from: 2, to: 3 }, 'the device behind eth0 of node2'],
])('whose MTU to raise: %s', (_, some, expected) =>
  expect(advised(some)).toMatch(new RegExp(`or raise that of ${expected}\\.$`)),
);

test.each<[name: string, Partial<SizeLimit>, string]>([
  ['nothing is known to pass', { largestPassed: 0 }, 'the limit lies below 1500 octets'],
  ['one octet between', { largestPassed: 1499 }, 'the limit is 1499 octets'],
  ['two octets between', { largestPassed: 1498 }, 'the limit lies between 1498 and 1500 octets'],
])('the range: %s', (_, some, expected) => expect(causesOf(some)[0]).toContain(`; ${expected}`));

test.each<[name: string, Partial<SizeLimit>, RegExp]>([
  ['usual MTUs when nothing tells', {}, /; usual MTUs of that size: 1480 \(IPIP on 1500\), 1450 .*1440 .*1420 /],
  [
    'none when the device tells',
    { icmpMtu: 1400 },
    /^likely smaller-mtu; the limit lies between 1300 and 1500 octets$/,
  ],
  [
    'none when the tunnel is known',
    { overhead: VXLAN },
    /octets; the packets travel as VXLAN, which adds 50 octets: over links of 1500 the sender's MTU may be 1450 at most$/,
  ],
  [
    'none that fits',
    { largestPassed: 1285, smallestLost: 1300, tunnelsSeen: true },
    /1285 and 1300 octets; the packets travel in a tunnel, whose headers come on top$/,
  ],
  [
    'an encrypted tunnel',
    { icmpMtu: 1400, outerLost: 1558 },
    /octets; in the encrypted tunnel they are packets of 1558 octets$/,
  ],
])('what is told for the limit: %s', (_, some, expected) => expect(causesOf(some)[0]).toMatch(expected));

test.each<[name: string, Partial<SizeLimit>, string]>([
  ['usual MTUs', {}, 'echo 1464 1452 1448 1432 1422 1412 1402 1392 1382 1372 1362 1352 1342 1322 | xargs -n 1 ping'],
  [
    'what the tunnel leaves is tried first',
    { overhead: VXLAN, largestPassed: 1400 },
    'echo 1422 1412 1402 1392 1382 1372 | xargs',
  ],
  [
    'not when it was lost',
    { overhead: VXLAN, largestPassed: 1400, smallestLost: 1450 },
    'echo 1412 1402 1392 1382 1372 | xargs',
  ],
  [
    'eighths of the interval when one usual MTU fits',
    { largestPassed: 500, smallestLost: 1300 },
    'echo 1172 1072 972 872 772 672 572 | xargs',
  ],
  ['one octet is the least step', { largestPassed: 1284, smallestLost: 1288 }, 'echo 1259 1258 1257 | xargs'],
  [
    'nothing lies between',
    { largestPassed: 1299, smallestLost: 1300 },
    'ping -c 3 -W 1 -M do -s 1271 10.244.2.7  # answered',
  ],
  [
    'what the device tells',
    { icmpMtu: 1400, icmpFrom: 'r' },
    'ping -c 3 -W 1 -M do -s 1372 10.244.2.7  # answered: the MTU that r tells',
  ],
  [
    'as much passed as the device tells',
    { icmpMtu: 1300, icmpFrom: 'r' },
    'ping -c 3 -W 1 -M do -s 1272 10.244.2.7  # answered: the MTU that r tells',
  ],
  ['more passed than the device tells', { icmpMtu: 1299, icmpFrom: 'r' }, 'echo 1464 '],
  ['what the device tells was lost', { icmpMtu: 1500, icmpFrom: 'r' }, 'echo 1464 '],
])('the sizes to try: %s', (_, some, expected) => expect(commandsOf(some)[0]).toContain(`on 10.244.1.5: ${expected}`));

test('behind a service the far end is not known: no ping, but the way to its pods', () => {
  const beyond = { target: null, front: '10.96.0.10', servicePort: 5432 };
  expect(commandsOf({ beyond, receiver: '10.96.0.10', largestPassed: 0 }).join('\n')).toMatchInlineSnapshot(`
    "on the node of a pod behind 10.96.0.10: ip link show | grep -w mtu  # a device with an MTU below 1500
    on a machine with kubectl: kubectl get services -A | grep -w 5432  # the service; then ping its pods from the node of a pod behind 10.96.0.10, which answers pings to 10.96.0.10 itself
    on 10.244.1.5: tcpdump -nn -c 20 -i any 'icmp[0]==3 and icmp[1]==4'  # whether ICMP "fragmentation needed" is sent here, and to whom"
  `);
});

test('machines between which the packets are lost', () => {
  expect(commandsOf({ from: 1, to: 2 }).slice(-3).join('\n')).toMatchInlineSnapshot(`
    "on the machine where eth0 of node1 was captured: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on the machine where eth0 of node2 was captured: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on the machine where eth0 of node1 was captured: tcpdump -nn -c 20 -i any 'icmp[0]==3 and icmp[1]==4'  # whether ICMP "fragmentation needed" is sent here, and to whom"
  `);
});

test.each<[name: string, Partial<SizeLimit>]>([
  ['no error was captured', { icmp: 'none' }],
  ['it was captured at a point that is not known', { icmp: 'lost' }],
  [
    'it was captured, and no point should have seen it next',
    {
      icmp: 'lost',
      icmpFrom: 'r',
      trail: { lastSeen: 1, missingAt: null, to: '10.0.0.9', quotedSource: '', count: 1 },
    },
  ],
  ['the sender got it', { icmp: 'ignored' }],
  ['the sender got it, and fragments are allowed', { icmp: 'ignored', dontFragment: false }],
  [
    'the sender got it, quoting a packet of another address',
    { icmp: 'ignored', trail: { lastSeen: 0, missingAt: null, to: '10.0.0.9', quotedSource: '10.0.0.11', count: 1 } },
  ],
  [
    'the sender got it, quoting its own packet',
    { icmp: 'ignored', trail: { lastSeen: 0, missingAt: null, to: '10.0.0.9', quotedSource: '10.244.1.5', count: 1 } },
  ],
  [
    'the sender got it, quoting nothing',
    { icmp: 'ignored', trail: { lastSeen: 0, missingAt: null, to: '10.0.0.9', quotedSource: '', count: 1 } },
  ],
])('what became of the error: %s', (_, some) => {
  const lines = [...causesOf(some).slice(1), ...fixesOf(some).filter((line) => line.startsWith('Let'))];
  expect([...lines, ...commandsOf(some).filter((line) => line.includes('tcpdump'))].join('\n')).toMatchSnapshot();
});

test('IPv6', () => {
  expect(said({ sender: 'fd00::5', receiver: 'fd00::7' }).join('\n')).toMatchInlineSnapshot(`
    "likely smaller-mtu; the limit lies between 1300 and 1500 octets; usual MTUs of that size: 1480 (IPIP on 1500), 1450 (VXLAN on 1500), 1440 (WireGuard on 1500, or IPIP on 1460), 1420 (WireGuard over IPv6 on 1500)
    possible icmp-filtered-on-path
    unlikely content-filter; but every large packet is lost, not one kind of content
    on fd00::5: echo 1444 1432 1428 1412 1402 1392 1382 1372 1362 1352 1342 1332 1322 1302 | xargs -n 1 ping -c 1 -W 1 -M do fd00::7 -s  # the largest size that is answered, plus the headers, is the MTU
    on fd00::5: tracepath -n fd00::7  # pmtu: the MTU that fits, and the hop where it ends
    on fd00::5: ping -c 3 -W 1 -M do -s 1452 fd00::7  # no answer, or "message too long" with the MTU of the device
    on fd00::5: ping -c 3 -W 1 fd00::7  # answered: small packets pass
    on the node of fd00::7: ip link show | grep -w mtu  # a device with an MTU below 1500, and of 1300 or more
    on fd00::5: tcpdump -nn -c 20 -i any 'icmp6 and ip6[40]==2'  # whether ICMPv6 "packet too big" is sent here, and to whom
    Give fd00::5 (for pods: the MTU of the CNI) an MTU of at most 1300 (the largest packet that passed), or what the commands find; or raise that of the device that drops.
    On fd00::5: ip -6 route replace $(ip -6 -o route get fd00::7 | sed 's/ from :: / /;s/ uid .*//;s/ cache.*//') mtu lock 1300 (at once, for this destination, until then)
    On the node of fd00::7: ip6tables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu (for TCP that this node forwards)
    Let ICMPv6 type 2 (packet too big) through to fd00::5."
  `);
});
