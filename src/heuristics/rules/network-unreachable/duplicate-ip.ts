import {
  type AddressClaim,
  type AddressLease,
  type Conversation,
  type Evidence,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { explainTorn } from '../../causes/explain-torn.ts';
import { strictArpCause } from '../../causes/strict-arp.ts';
import {
  explainProbed,
  PROBED_THRESHOLDS,
  type ProbedAddress,
  probedAddresses,
} from '../../facts/hosts/probed-addresses.ts';
import { CLAIM_THRESHOLDS, haveOthers, ownClaims, rivalsByAddress } from '../../facts/hosts/rival-claims.ts';
import { TWO_HOMES_THRESHOLDS, type TwoHomes, twoHomes } from '../../facts/hosts/two-homes.ts';
import { leaseOf } from '../../facts/leases.ts';
import { type TornAddress, tornAddresses } from '../../facts/tcp/torn-connections.ts';
import { VTEP_THRESHOLDS } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { asksWhoHas, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { claimsOf, familyOf } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  ...CLAIM_THRESHOLDS,
  tornConnections: { value: 2, unit: 'connections', source: 'docs/thresholds.md, two-show-a-habit' },
  announcements: { value: 2, unit: 'packets', source: 'docs/thresholds.md, repeated-announcements' },
} as const;

interface DuplicateIp extends Occurrence {
  address: string;
  macs: string[];
  /** The nodes that have it, where it is the address of a pod: their outer addresses, or MACs without a tunnel. */
  nodes: string[];
  /** Whether `nodes` are MAC addresses. */
  areMacs: boolean;
  /** MAC that probed whether the address is free and learned that it is in use. Null if both MACs use the address. */
  prober: string | null;
  /** How often the node changed from one connection to the next; null where that is not what shows the two. */
  changes: number | null;
  /** DHCP lease that shows which of the two MACs was given the address. */
  lease: AddressLease | null;
  /** Unsolicited announcements of each of the MACs. */
  announced: number[];
  /** Each of the MACs has an address of its own besides, as nodes have. */
  areNodes: boolean;
  /** Whether a point shows connections to the address translated to another one, as those to a service are. */
  isService: boolean;
}

/** Two machines claim one address at the same time. */
export const duplicateIp = defineRule<DuplicateIp>({
  meta: {
    id: 'duplicate-ip',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/cni-duplicate-ip',
    place: 'mechanism',
    explains: [
      'immediate-close',
      'reset-injected',
      'half-open',
      'conntrack-invalid-reset',
      'port-closed',
      'listen-queue-overflow',
    ],
    explainsSymptomsOf: ['silent-path'],
    summary: 'Different MAC addresses claim one IP address',
    meaning: 'Whoever answered ARP last gets the packets. Connections work, fail or are reset depending on who won.',
    rule: 'ARP answers, announcements or neighbour advertisements give one address to different MACs, the first one claiming it again (or going on to send from it) after the second has claimed it. In an overlay: two or more connections of one inner address whose SYN comes from one node and the reset that answers the SYN-ACK from another; or connections of one address that begin at one node and at another in turn (three changes), where the two nodes have no other address in common. Or, as a warning: duplicate address detection (IPv6) is answered by another MAC within 1 s.',
    notThis: [
      'A failover: the address moves once from one MAC to the other and stays.',
      'VRRP, HSRP, CARP and Calico’s ee:ee:ee:ee:ee:ee are shared by design.',
      'Proxy ARP: a MAC that answers for four addresses or more.',
      'One node with two outer addresses: both have the MAC of one VTEP, that is vxlan-outer-source-mismatch.',
      'A pod that moved to another node: no reset, its connections go on or end.',
      'A service address that several nodes answer for: it never asks.',
      'Two routers, or one node with two outer addresses: they share other addresses too.',
      'The prober has the address in the end, or a proxy answers. ARP probes from 0.0.0.0 are how switches track hosts.',
    ],
    causes: [
      'Static and DHCP address collide',
      'A cloned machine',
      'Stale or overlapping pod address ranges',
      'Two speakers of a service address that do not hear each other (MetalLB, VRRP)',
    ],
    confirm: [
      { on: 'a host in the segment', command: 'arping -D -I <interface> <address>', expect: 'two MACs answer' },
    ],
    fix: ['Take the address from one of the two'],
    references: ['RFC 5227', 'RFC 826'],
  },
  thresholds: { ...thresholds, ...PROBED_THRESHOLDS, ...VTEP_THRESHOLDS, ...TWO_HOMES_THRESHOLDS },

  *detect(evidence) {
    const claims = ownClaims(evidence);
    const rivals = rivalsByAddress(evidence, claims);
    const seen = new Set(rivals.keys());
    for (const group of rivals.values()) yield occurrenceOf(evidence, group);
    for (const probed of probedAddresses(evidence, (claim) => claims.includes(claim))) {
      if (seen.has(probed.claim.address)) continue;
      seen.add(probed.claim.address);
      yield probedOccurrence(evidence, probed);
    }
    for (const torn of tornAddresses(evidence)) {
      if (torn.connections.length < thresholds.tornConnections.value || seen.has(torn.address)) continue;
      seen.add(torn.address);
      yield tornOccurrence(evidence, torn);
    }
    for (const apart of twoHomes(evidence)) {
      if (seen.has(apart.address)) continue;
      seen.add(apart.address);
      yield twoHomesOccurrence(evidence, apart);
    }
  },

  explain(found, names) {
    const { address, macs, nodes, reach, lease, announced, isService, areNodes, prober, packets } = found;
    if (nodes.length > 0) return explainTorn({ ...found, connections: reach }, names);
    if (prober !== null) return explainProbed(address, macs, names);
    const isAnnounced = announced.every((count) => count >= thresholds.announcements.value);
    return {
      message: `${names.address(address)} is claimed by ${macs.length === 2 ? 'two' : macs.length} machines: ${macs.join(' and ')}`,
      why: 'Every neighbour sends to the MAC that answered last. Packets of a running connection then reach the other machine, which resets them or drops them.',
      causes: [
        {
          id: 'address-given-twice',
          cause: `${macs.length === 2 ? 'two' : macs.length} machines are configured with the same address (static and DHCP, a clone, overlapping pod ranges)`,
          for: [`${macs.length} MACs answer for ${address}`, ...(lease === null ? [] : [leasedText(lease, macs)])],
          against: [],
          fix: [
            `Take ${address} away from ${lease === null ? `all but one of the machines (${macs.join(', ')})` : `${macs.filter((mac) => mac !== lease.mac).join(' and ')}: DHCP gave it to ${lease.mac}`}. Then clear the neighbour caches (ip neigh flush to ${address}).`,
          ],
        },
        ...(isService || areNodes ? [strictArpCause(address, isService, macs.length)] : []),
        {
          id: 'failover',
          cause: 'a failover that does not settle (MetalLB speakers or VRRP routers that do not hear each other)',
          telling: isAnnounced
            ? [
                `${macs.length === 2 ? 'both' : 'all'} announce it unasked, ${macs.map((mac, at) => `${mac} ${counted(announced[at], 'time')}`).join(' and ')}`,
              ]
            : [],
          for: [],
          against: [
            ...(isAnnounced ? [] : ['no virtual router MAC is involved']),
            ...(lease === null ? [] : ['DHCP gave the address to one machine']),
          ],
          fix: [
            `Let them hear each other (${macs.join(', ')}): VRRP is IP protocol 112 to 224.0.0.18, MetalLB speakers use TCP and UDP 7946. Then one of them keeps ${address}.`,
          ],
        },
      ],
      confirm: [
        asksWhoHas(names.host(packets[0].point), address, { expect: `answers from ${macs.join(' and ')}` }),
        ...macs.map((mac) =>
          runs(`the machine with MAC ${mac}`, 'ip -br link; ip -br addr', {
            expect: `${mac}, and ${address} on that device: the switch's table or the DHCP server tells where it is`,
          }),
        ),
      ],
      fix: [],
      wireshark: claimsOf(address),
    };
  },
});

const leasedText = ({ server, packet, address, mac }: AddressLease, macs: readonly string[]): string =>
  `DHCP (${server}, packet ${packet}) gave ${address} to ${mac}, and ${macs.filter((other) => other !== mac).join(' and ')} has it without`;

/** Values of what shows the two machines in another case. */
const NOT_SHOWN = {
  nodes: [],
  areMacs: false,
  prober: null,
  changes: null,
  lease: null,
  announced: [0, 0],
  isService: false,
  areNodes: false,
} satisfies Partial<DuplicateIp>;

function occurrenceOf(evidence: Evidence, rivals: readonly AddressClaim[]): DuplicateIp {
  const [{ address, point }] = rivals;
  const macs = rivals.map(({ mac }) => mac);
  const conversations = conversationsWith(evidence, address);
  const packets = rivals.flatMap(({ mac, first: from, last }) =>
    packetsAt(point, from.packet === last.packet ? [from] : [from, last], `${address} is at ${mac}`, '<'),
  );
  const lease = leaseOf(evidence, [address], macs);
  const announced = rivals.map(({ gratuitous }) => gratuitous);
  return {
    key: address,
    grade: gradeOf({ 'claimed-again-after-the-other': 'passed' }),
    subject: { protocol: resolverOf(address), client: null, server: address },
    conversations: conversations.map((conversation) => conversation.index),
    place: `in the segment of ${evidence.points[point].name}`,
    ...excerpt(packets),
    reach: Math.max(1, conversations.length),
    measured: { macs, announced, ...(lease !== null && { leasedTo: lease.mac }) },
    address,
    macs,
    ...NOT_SHOWN,
    lease,
    announced,
    areNodes: haveOthers(evidence, rivals),
    isService: conversations.some(
      ({ legs }) =>
        legs.some(({ server }) => server.address === address) && legs.some(({ server }) => server.address !== address),
    ),
  };
}

/** ARP, or neighbour discovery, which is a part of ICMPv6 (RFC 4861). */
const resolverOf = (address: string): 'arp' | 'icmp' => (familyOf(address) === 6 ? 'icmp' : 'arp');

/** Only a warning: the prober does not use the address, so the owner's traffic does not suffer. */
function probedOccurrence(evidence: Evidence, { probe, claim }: ProbedAddress): DuplicateIp {
  const { address, mac, point } = claim;
  const isAnswer = ({ time }: { time: number }): boolean => time >= probe.requests[0].time;
  return {
    key: address,
    level: 'warning',
    grade: gradeOf({ 'claimed-again-after-the-other': 'passed' }),
    subject: { protocol: resolverOf(address), client: null, server: address },
    conversations: [],
    place: `in the segment of ${evidence.points[point].name}`,
    ...excerpt([
      ...packetsAt(point, probe.requests, `${probe.askerMac} wants ${address}: does anybody have it?`, '>'),
      ...packetsAt(point, [claim.first, claim.last].filter(isAnswer).slice(0, 1), `${address} is at ${mac}`, '<'),
    ]),
    reach: 1,
    measured: { macs: [mac, probe.askerMac], duplicateAddressDetection: true },
    address,
    macs: [mac, probe.askerMac],
    ...NOT_SHOWN,
    prober: probe.askerMac,
  };
}

const conversationsWith = ({ conversations }: Evidence, address: string): Conversation[] =>
  conversations.filter(({ legs }) =>
    legs.some(({ client, server }) => client.address === address || server.address === address),
  );

function twoHomesOccurrence(
  evidence: Evidence,
  { point, address, homes, macs, openings, changes, isTunnel }: TwoHomes,
): DuplicateIp {
  const where = isTunnel ? homes : homes.map((mac) => `the machine with MAC ${mac}`);
  const refs = openings.map(({ flow, home }) => ({ ref: 'syn' in flow ? flow.syn[0] : flow.first[TO_SERVER], home }));
  return {
    key: address,
    ...(!isTunnel && { level: 'warning' as const }),
    grade: 'inferred',
    subject: { protocol: 'ip', client: address, server: null },
    conversations: conversationsWith(evidence, address).map(({ index }) => index),
    place: `on ${where.join(' and ')}`,
    ...excerpt(
      refs.flatMap(({ ref, home }) => (ref === null ? [] : packetsAt(point, [ref], `${address}, from ${home}`, '>'))),
    ),
    reach: openings.length,
    measured: { nodes: homes, macs, connections: openings.length, changes },
    address,
    macs,
    ...NOT_SHOWN,
    nodes: homes,
    areMacs: !isTunnel,
    changes,
  };
}

function tornOccurrence(evidence: Evidence, { point, address, connections, nodes, macs }: TornAddress): DuplicateIp {
  const packets = connections.flatMap(({ syn, synAck, resets }) => [
    ...packetsAt(point, syn.slice(0, 1), 'SYN, by way of one node', '>'),
    ...packetsAt(point, synAck.slice(0, 1), `SYN-ACK to ${address}`, '<'),
    ...packetsAt(point, resets.slice(0, 1), 'RST, by way of another node', '>'),
  ]);
  return {
    key: address,
    grade: gradeOf({ 'claimed-again-after-the-other': 'passed' }),
    subject: { protocol: 'ip', client: address, server: null },
    conversations: conversationsWith(evidence, address).map(({ index }) => index),
    place: `on the nodes ${nodes.join(' and ')}`,
    ...excerpt(packets),
    reach: connections.length,
    measured: { nodes, macs, connections: connections.length },
    address,
    macs,
    ...NOT_SHOWN,
    nodes,
  };
}
