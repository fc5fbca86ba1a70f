import type { IcmpError } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import {
  type EndpointInTurn,
  endpointInTurn,
  IN_TURN_THRESHOLDS,
  staleEndpointCause,
  staleEndpointCommand,
} from '../../causes/endpoints-in-turn.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { ICMP_THRESHOLDS, type IcmpGroup, icmpGroupsInShort, othersText } from '../../facts/icmp-findings.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';

/** Codes of ICMP destination unreachable that concern routes (RFC 792; RFC 1122, 3.2.2.1; RFC 1812, 5.2.7.1). */
const V4_CODES: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  5: 'source route failed',
  6: 'destination network unknown',
  7: 'destination host unknown',
  11: 'network unreachable for this type of service',
  12: 'host unreachable for this type of service',
};
/** Codes of ICMPv6 destination unreachable that concern routes (RFC 4443, 3.1). */
const V6_CODES: Readonly<Record<number, string>> = {
  0: 'no route to destination',
  2: 'beyond scope of source address',
  3: 'address unreachable',
};

interface NoRoute extends IcmpGroup {
  /** Clients try several addresses in turn, so the destination may be an endpoint of a service. */
  inTurn: EndpointInTurn | null;
}

/** A router or host reports that it has no route to the destination. */
export const noRoute = defineRule<NoRoute>({
  meta: {
    id: 'no-route',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/ipv6-no-route/client__eth0.pcap',
    place: 'mechanism',
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A router says that the network or host cannot be reached',
    meaning: 'A machine on the way has no route to the destination, or its neighbour does not answer ARP, and says so.',
    rule: 'An ICMP destination unreachable of a routing code (IPv4 3/0, 3/1, 3/6, 3/7, 3/11, 3/12; IPv6 1/0, 1/2, 1/3) that quotes a packet of the capture’s traffic.',
    notThis: [
      'Port unreachable and prohibited codes have rules of their own.',
      'The destination does answer the same client: an error of the past, told as a note.',
      'Ten or more machines say it to one client: it scans, or somebody misuses its address; told once, as a note.',
      'The client is not heard in the capture: backscatter, told as a note.',
    ],
    causes: [
      'The route to the pod range is missing on the node',
      'The node or pod is gone: ARP for it fails',
      'The packet left un-encapsulated and met the default gateway',
    ],
    confirm: [
      {
        on: '<who said it>',
        command: 'ip route get <destination>',
        expect: 'no route, or through the default gateway',
      },
    ],
    fix: ['Restore the route (restart the CNI agent of the node)', 'Remove the stale endpoint'],
    references: ['RFC 792', 'RFC 1812, 5.2.7.1', 'RFC 4443, 3.1'],
  },
  thresholds: { ...ICMP_THRESHOLDS, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS, ...IN_TURN_THRESHOLDS },

  *detect(evidence) {
    for (const group of icmpGroupsInShort(evidence, isRouteError)) {
      const answered = evidence.hosts.some(
        (host) =>
          host.address === group.destination && !host.outer && host.sent > 0 && group.from !== group.destination,
      );
      const inTurn = answered || group.others > 0 ? null : endpointInTurn(evidence, group.destination);
      yield { ...group, inTurn, ...(answered && { level: 'note' as const }) };
    }
  },

  explain(group, names) {
    const { from, client, destination, code, version, errors, inTurn } = group;
    const others = othersText(group);
    const said = (version === 4 ? V4_CODES : V6_CODES)[code];
    const own = from === client;
    return {
      message: `${names.address(from)} says "${said}" to ${names.address(client)} about ${names.address(destination)}${others} (${counted(errors, 'time')})`,
      why: 'The packets arrive at a machine that knows no way onwards, and it says so. The fault is its routing table or its next hop, not the path up to it.',
      causes: [
        {
          id: version === 4 && code === 1 ? 'next-hop-silent' : 'route-missing',
          cause:
            version === 4 && code === 1
              ? 'the next hop or the destination does not answer ARP'
              : `the route to ${destination} is missing on ${from}`,
          for: [`${from} answers "${said}"`],
          against: [],
        },
        ...(inTurn === null ? [] : [staleEndpointCause(destination, inTurn)]),
        {
          id: 'not-encapsulated',
          cause: 'the packets should have been encapsulated and left for the default gateway instead',
          for: [],
          against: own ? ['the sender itself says it'] : [],
        },
      ],
      confirm: [
        ...(inTurn === null ? [] : [staleEndpointCommand(destination)]),
        { on: from, command: `ip route get ${shellQuote(destination)}`, expect: 'no route, or an unexpected device' },
        {
          on: 'the sending node',
          command: `ip route get ${shellQuote(destination)}`,
          expect: 'the default gateway instead of the tunnel device',
        },
      ],
      fix: [
        `Restore the route to ${destination} (restart the CNI agent of the node), or remove the address if it no longer exists.`,
      ],
      wireshark:
        version === 4 ? `icmp.type==3 && ip.dst==${destination}` : `icmpv6.type==1 && ipv6.dst==${destination}`,
    };
  },
});

const isRouteError = ({ version, type, code }: IcmpError): boolean =>
  version === 4 ? type === 3 && code in V4_CODES : type === 1 && code in V6_CODES;
