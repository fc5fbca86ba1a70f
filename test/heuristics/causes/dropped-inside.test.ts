import { expect, test } from 'vitest';
import { type DroppedInside, droppedInsideCauses } from '../../../src/heuristics/causes/dropped-inside.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

test('packets that a machine does not pass on', () => {
  const base: DroppedInside = {
    sender: '10.244.1.5',
    receiver: '10.244.2.7',
    from: 0,
    to: 1,
    conversationsPassing: 0,
    staged: 0,
    passes: 'nothing passes',
    isForItself: false,
  };
  const said = saidOtherwise(base, (of) => ({ causes: droppedInsideCauses(of, names) }), {
    'one passes': { conversationsPassing: 1 },
    'the handshake of one passes': { staged: 1 },
    'for itself': { isForItself: true },
    'by a device without a name': { from: 2 },
    'to a device without a name': { to: 2 },
    IPv6: { sender: 'fd00::1', receiver: 'fd00::2' },
  });
  expect(said).toMatchInlineSnapshot(`
    "one passes
      - likely reverse-path-filter; nothing passes between the two devices
      + possible reverse-path-filter
    the handshake of one passes
      - likely reverse-path-filter; nothing passes between the two devices
      - Repair the route back to 10.244.1.5 on the machine where node1 eth0 was captured: it has to lead through eth0 (restart the CNI agent).
      - On the machine where node1 eth0 was captured: sysctl -w net.ipv4.conf.eth0.rp_filter=2 net.ipv4.conf.all.rp_filter=2 (until then)
      + unlikely reverse-path-filter; but it drops the first packet of a connection as well, and these passed
    for itself
      - on the machine where node1 eth0 was captured: iptables -nvL FORWARD; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from 10.244.1.5
      + on the machine where node1 eth0 was captured: iptables -nvL INPUT; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from 10.244.1.5
    by a device without a name
      - on the machine where node1 eth0 was captured: ip route get 10.244.1.5  # another device than eth0
      - on the machine where node1 eth0 was captured: nstat -az TcpExtIPReversePathFilter  # it rises with each attempt, where the reverse path filter drops
      - on the machine where node1 eth0 was captured: iptables -nvL FORWARD; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from 10.244.1.5
      - on the machine where node1 eth0 was captured: conntrack -S  # drop or insert_failed rises with each attempt
      - Repair the route back to 10.244.1.5 on the machine where node1 eth0 was captured: it has to lead through eth0 (restart the CNI agent).
      - On the machine where node1 eth0 was captured: sysctl -w net.ipv4.conf.eth0.rp_filter=2 net.ipv4.conf.all.rp_filter=2 (until then)
      - Remove the rule or policy on the machine where node1 eth0 was captured that drops packets from 10.244.1.5 to 10.244.2.7 between eth0 and cni0.
      - Raise net.netfilter.nf_conntrack_max on the machine where node1 eth0 was captured, if its table is full.
      - reverse-path-filter is: the reverse path filter of the machine where node1 eth0 was captured drops them: its route back to 10.244.1.5 does not use eth0
      - filtered is: a firewall rule or NetworkPolicy on the machine where node1 eth0 was captured drops the packets of 10.244.1.5 to 10.244.2.7
      - conntrack-full is: the connection table of the machine where node1 eth0 was captured is full, or a limit of it is reached
      + on the machine where node1 1 was captured: ip route get 10.244.1.5  # another device than the one by which its packets come in
      + on the machine where node1 1 was captured: nstat -az TcpExtIPReversePathFilter  # it rises with each attempt, where the reverse path filter drops
      + on the machine where node1 1 was captured: iptables -nvL FORWARD; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from 10.244.1.5
      + on the machine where node1 1 was captured: conntrack -S  # drop or insert_failed rises with each attempt
      + Repair the route back to 10.244.1.5 on the machine where node1 1 was captured: it has to lead through the device by which its packets come in (restart the CNI agent).
      + Remove the rule or policy on the machine where node1 1 was captured that drops packets from 10.244.1.5 to 10.244.2.7.
      + Raise net.netfilter.nf_conntrack_max on the machine where node1 1 was captured, if its table is full.
      + reverse-path-filter is: the reverse path filter of the machine where node1 1 was captured drops them: its route back to 10.244.1.5 does not use the device by which its packets come in
      + filtered is: a firewall rule or NetworkPolicy on the machine where node1 1 was captured drops the packets of 10.244.1.5 to 10.244.2.7
      + conntrack-full is: the connection table of the machine where node1 1 was captured is full, or a limit of it is reached
    to a device without a name
      - Remove the rule or policy on the machine where node1 eth0 was captured that drops packets from 10.244.1.5 to 10.244.2.7 between eth0 and cni0.
      + Remove the rule or policy on the machine where node1 eth0 was captured that drops packets from 10.244.1.5 to 10.244.2.7.
    IPv6
      - likely reverse-path-filter; nothing passes between the two devices
      - on the machine where node1 eth0 was captured: ip route get 10.244.1.5  # another device than eth0
      - on the machine where node1 eth0 was captured: nstat -az TcpExtIPReversePathFilter  # it rises with each attempt, where the reverse path filter drops
      - on the machine where node1 eth0 was captured: iptables -nvL FORWARD; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from 10.244.1.5
      - Repair the route back to 10.244.1.5 on the machine where node1 eth0 was captured: it has to lead through eth0 (restart the CNI agent).
      - On the machine where node1 eth0 was captured: sysctl -w net.ipv4.conf.eth0.rp_filter=2 net.ipv4.conf.all.rp_filter=2 (until then)
      - Remove the rule or policy on the machine where node1 eth0 was captured that drops packets from 10.244.1.5 to 10.244.2.7 between eth0 and cni0.
      - reverse-path-filter is: the reverse path filter of the machine where node1 eth0 was captured drops them: its route back to 10.244.1.5 does not use eth0
      - filtered is: a firewall rule or NetworkPolicy on the machine where node1 eth0 was captured drops the packets of 10.244.1.5 to 10.244.2.7
      + on the machine where node1 eth0 was captured: ip6tables -nvL FORWARD; nft list ruleset | grep -iE 'counter.*(drop|reject)'  # a DROP counter that rises with each attempt from fd00::1
      + Remove the rule or policy on the machine where node1 eth0 was captured that drops packets from fd00::1 to fd00::2 between eth0 and cni0.
      + filtered is: a firewall rule or NetworkPolicy on the machine where node1 eth0 was captured drops the packets of fd00::1 to fd00::2"
  `);
});
