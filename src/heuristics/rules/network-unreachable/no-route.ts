import type { Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import { isPrivate, netOf, prefixOf } from '../../../text/addresses.ts';
import {
  type EndpointInTurn,
  endpointInTurn,
  IN_TURN_THRESHOLDS,
  staleEndpointCause,
  staleEndpointCommand,
} from '../../causes/endpoints-in-turn.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import {
  aboutGroup,
  ICMP_THRESHOLDS,
  type IcmpGroup,
  icmpGroupsInShort,
  othersText,
  speakersText,
} from '../../facts/icmp-findings.ts';
import { isAddressProbe, PROBE_BY_DHCP } from '../../facts/leases.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule } from '../../rule/rule.ts';
import { routeTo, TUNNEL_DEVICES } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { unreachable } from '../../words/display-filter.ts';

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
  /** Signs that the packets should have travelled in a tunnel, and left for a gateway instead. */
  overlay: string[];
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
      'A DHCP server pings an address before it gives it to a machine: nobody is to answer (RFC 2131, 2.2).',
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
  thresholds: {
    ...ICMP_THRESHOLDS,
    ...PROBE_BY_DHCP,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...IN_TURN_THRESHOLDS,
  },

  *detect(evidence) {
    for (const group of icmpGroupsInShort(
      evidence,
      (error) => isRouteError(error) && !isAddressProbe(evidence, error),
    )) {
      const answered = evidence.hosts.some(
        (host) =>
          host.address === group.destination && !host.outer && host.sent > 0 && group.from !== group.destination,
      );
      const inTurn = answered || group.others > 0 ? null : endpointInTurn(evidence, group.destination);
      const place = `at ${group.from}, which says so`;
      const overlay = overlaySigns(evidence, group);
      yield { ...group, inTurn, overlay, place, ...(answered && { level: 'note' as const }) };
    }
  },

  explain(group, names) {
    const { from, client, destination, code, version, errors, inTurn, overlay } = group;
    const sender = names.nodeOf(client);
    const others = othersText(group);
    const said = (version === 4 ? V4_CODES : V6_CODES)[code];
    const own = from === client;
    return {
      message: `${speakersText(group, names)} ${group.speakers === 1 ? 'says' : 'say'} "${said}" to ${names.address(client)} about ${names.address(destination)}${others} (${counted(errors, 'time')})`,
      why:
        overlay.length > 0 && !own
          ? 'The machine that says so is outside the overlay: packets between pods should not get there.'
          : 'The packets arrive at a machine that knows no way onwards, and it says so. The fault is its routing table or its next hop, not the path up to it.',
      causes: [
        {
          id: version === 4 && code === 1 ? 'next-hop-silent' : 'route-missing',
          cause:
            version === 4 && code === 1
              ? 'the next hop or the destination does not answer ARP'
              : `the route to ${destination} is missing on ${from}`,
          for: [`${from} answers "${said}"`],
          against: [],
          confirm: [
            routeTo(names.machine(from), destination, {
              expect:
                version === 4 && code === 1
                  ? 'the device on which nobody answers'
                  : 'no route, or an unexpected device',
            }),
          ],
          fix: [
            version === 4 && code === 1
              ? `Bring ${names.address(destination)} back, or the next hop of ${from} to it; if the address no longer exists, remove it from what still sends there.`
              : `Give ${names.address(from)} a route to ${destination}, or remove the address from what still sends there if it no longer exists.`,
          ],
        },
        ...(inTurn === null ? [] : [staleEndpointCause(destination, inTurn)]),
        {
          id: 'not-encapsulated',
          cause: `the route to ${destination} through the tunnel is missing on ${sender}: its packets leave plain, for ${from}`,
          telling: own ? [] : overlay,
          for: [],
          against: own ? ['the sender itself says it'] : [],
          confirm: [
            routeTo(sender, destination, {
              expect: `via ${from} or another gateway instead of the tunnel device`,
              shows: { lacks: TUNNEL_DEVICES },
            }),
          ],
          fix: [
            `Restore the route to the pod range of ${names.address(destination)} through the tunnel device on ${sender} (restart its CNI agent).`,
          ],
        },
      ],
      confirm: inTurn === null ? [] : [staleEndpointCommand(destination)],
      fix: [],
      wireshark: `${unreachable(version)} && ${aboutGroup(group)}`,
    };
  },
});

const isRouteError = ({ version, type, code }: IcmpError): boolean =>
  version === 4 ? type === 3 && code in V4_CODES : type === 1 && code in V6_CODES;

/**
 * Signs that a packet between pods left for a gateway of the ordinary network: the tunnels carry packets of the same
 * client, or of the range of the destination, and the one who complains is no end of a tunnel.
 */
function overlaySigns({ tunnels, points, hosts }: Evidence, { from, client, destination }: IcmpGroup): string[] {
  if (tunnels.some(({ source, destination: end }) => source === from || end === from)) return [];
  const carries = (address: string) =>
    tunnels.some(({ innerSources, innerDestinations }) =>
      [...innerSources, ...innerDestinations].some(({ value }) => netOf(value) === netOf(address)),
    );
  /** The pods of a cluster share a network; each node has a part of it (Kubernetes: a /16 by default). */
  const ofPods = (address: string) => prefixOf(address, 16, 48) === prefixOf(client, 16, 48);
  const isPod = hosts.some(
    ({ point, address, sent }) =>
      address === client && sent > 0 && (points[point].role === 'pod-veth' || points[point].role === 'bridge'),
  );
  return [
    ...(carries(destination) ? [`tunnels carry packets of the range of ${destination}`] : []),
    ...(carries(client) && !carries(destination) ? [`other packets of ${client} travel in a tunnel`] : []),
    ...(isPod && isPrivate(destination) && ofPods(destination) && !ofPods(from)
      ? [`${destination} lies in the network of the pods, as ${client} does, and ${from} does not`]
      : []),
  ];
}
