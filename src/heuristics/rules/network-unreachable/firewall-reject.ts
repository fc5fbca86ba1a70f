import type { IcmpError } from '../../../flows/evidence/evidence.ts';
import {
  ICMP_THRESHOLDS,
  type IcmpGroup,
  icmpGroupsInShort,
  othersText,
  speakersText,
} from '../../facts/icmp-findings.ts';
import { defineRule } from '../../rule/rule.ts';
import { firewallRules, kubectl } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { prohibited } from '../../words/display-filter.ts';

/**
 * Administratively prohibited. IPv4: network, host, communication (RFC 1812, 5.2.7.1). IPv6: codes 1, 5 and 6 (RFC
 * 4443, 3.1).
 */
const V4_CODES = new Set([9, 10, 13]);
const V6_CODES = new Set([1, 5, 6]);

/** A firewall reports that it does not let the packets pass. */
export const firewallReject = defineRule<IcmpGroup>({
  meta: {
    id: 'firewall-reject',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/ipv6-firewall-reject/client__eth0.pcap',
    place: 'mechanism',
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A firewall answers that the traffic is prohibited',
    meaning:
      'A rule on the way rejects the packets and tells the sender. The sender’s program reports "no route to host" or "permission denied".',
    rule: 'An ICMP administratively prohibited (IPv4 3/9, 3/10, 3/13; IPv6 1/1, 1/5, 1/6) that quotes a packet of the traffic.',
    notThis: [
      'Port unreachable (3/3) is port-rejected: a rule may send it too, but so does a closed UDP port.',
      'Ten or more machines say it to one client: it scans, or somebody misuses its address; told once, as a note.',
      'The client is not heard in the capture: backscatter, told as a note.',
    ],
    causes: ['A REJECT rule of a firewall or NetworkPolicy', 'A router’s access list'],
    confirm: [
      { on: '<who said it>', command: 'iptables-save | grep -i reject', expect: 'a rule with icmp-admin-prohibited' },
    ],
    fix: ['Allow the traffic in that rule or policy'],
    references: ['RFC 1812, 5.2.7.1', 'RFC 4443, 3.1'],
  },
  thresholds: ICMP_THRESHOLDS,

  *detect(evidence) {
    yield* icmpGroupsInShort(evidence, isProhibited);
  },

  explain(group, names) {
    const { from, client, destination, errors, version } = group;
    const others = othersText(group);
    return {
      message: `${speakersText(group, names)} ${group.speakers === 1 ? 'rejects' : 'reject'} the packets of ${names.address(client)} to ${names.address(destination)}${others} as administratively prohibited (${counted(errors, 'time')})`,
      why: 'This answer is only sent by a rule that somebody wrote: the path works up to the machine that says it.',
      causes: [
        {
          id: 'reject-rule',
          cause:
            from === destination
              ? 'a REJECT rule on the destination itself'
              : `a REJECT rule or NetworkPolicy on ${from}`,
          for: [`the answers come from ${from}`],
          against: [],
        },
      ],
      confirm: [
        firewallRules(names.machine(from), version, 'reject|prohibit', {
          expect: 'a rule that matches these packets',
          shows: { has: 'REJECT|reject|prohibit' },
        }),
        kubectl('get networkpolicy -A', `a policy that selects ${destination}`),
      ],
      fix: [
        `Allow packets from ${names.address(client)} to ${names.address(destination)} in the rule or policy on ${names.address(from)} that rejects them.`,
      ],
      wireshark: prohibited(version),
    };
  },
});

const isProhibited = ({ version, type, code }: IcmpError): boolean =>
  version === 4 ? type === 3 && V4_CODES.has(code) : type === 1 && V6_CODES.has(code);
