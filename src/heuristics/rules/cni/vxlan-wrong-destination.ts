import {
  type Conversation,
  type Evidence,
  type Leg,
  TO_SERVER,
  type TunnelFlow,
} from '../../../flows/evidence/evidence.ts';
import { netOf } from '../../../text/addresses.ts';
import { type WrongTunnelEntry, wrongEntryCommands, wrongEntryFixes } from '../../causes/wrong-tunnel-entry.ts';
import { type Homes, homeKey, homesIn } from '../../facts/inner-homes.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { fateOf, firstPackets, isVtepMac, sendingVtep, VTEP_THRESHOLDS } from '../../facts/vtep.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { oneWay, toAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  packets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  addressesOfOneMac: { value: 2, unit: 'addresses', source: 'docs/thresholds.md, endpoint-of-mac' },
} as const;

interface WrongDestination extends Occurrence, WrongTunnelEntry {}

/** The outer destination is not the node that has the inner destination. */
export const vxlanWrongDestination = defineRule<WrongDestination>({
  meta: {
    id: 'vxlan-wrong-destination',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'lab/cni-vxlan-wrong-fdb',
    place: 'mechanism',
    explains: ['arp-unanswered', 'tunnel-blocked', 'asymmetric-return'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Tunnel packets are sent to another node than the one that has the inner destination',
    meaning:
      'The forwarding table of the VXLAN device maps the remote VTEP’s MAC to the wrong node address. That node drops what is not for it.',
    rule: 'Packets for an inner destination MAC (or address) go to one outer address, while that MAC or address sends from another, or while the node they go to has another MAC; what goes to the wrong one gets no answer (two packets or more).',
    notThis: [
      'The remote node has two addresses and answers on both.',
      'A bridged overlay, where the inner MACs are those of machines and one of them is silent: a node with several MACs proves nothing.',
      'Mirrored traffic (ERSPAN in GRE): both ends of a conversation come from the mirroring switch.',
      'Broadcast and multicast inner destinations go to several nodes by design.',
    ],
    causes: ['Stale or wrong FDB entry', 'Wrong public-ip annotation of the node', 'A node was replaced'],
    confirm: [{ on: '<sending node>', command: 'bridge fdb show dev flannel.1 | grep <mac>', expect: 'a wrong dst' }],
    fix: ['Correct the FDB entry, or restart the CNI agent on the sending node'],
    references: ['RFC 7348, 4.1', 'bridge(8)'],
  },
  thresholds: { ...thresholds, ...VTEP_THRESHOLDS },

  *detect(evidence) {
    const homes = homesIn(evidence);
    const told = new Set<string>();
    for (const flow of evidence.tunnels) {
      if (flow.kind === 'gre') continue;
      for (const lead of leadsOf(evidence, flow, homes)) {
        const lost = [...lead.conversations, ...answersInto(evidence, flow, homes)].filter(
          (conversation) => !told.has(`${flow.point} ${conversation.index}`),
        );
        if (lost.length === 0) continue;
        for (const conversation of lost) told.add(`${flow.point} ${conversation.index}`);
        yield occurrenceOf(evidence, flow, { ...lead, conversations: lost });
      }
    }
  },

  explain(wrong, names) {
    const { sender, meant, isMac, sentTo, livesAt, owner, byNet, kind } = wrong;
    const home = livesAt.map((address) => names.address(address)).join(', ');
    const what = isMac ? meant : names.address(meant);
    const elsewhere =
      livesAt.length > 0
        ? `${byNet ? 'its neighbours are' : `that ${isMac ? 'VTEP' : 'pod'} is`} at ${home}`
        : `the VTEP there is ${owner}`;
    return {
      message: `${names.address(sender)} sends tunnel packets for ${what} to ${names.address(sentTo)}, but ${elsewhere}`,
      why: `The packets reach a node that does not own the inner destination, and it drops them.${owner === null ? '' : ` The VTEP of ${sentTo} is ${owner}.`}`,
      causes: [
        ...(livesAt.length > 0
          ? []
          : [
              {
                id: 'vtep-mac-changed',
                cause: `the VTEP of ${sentTo} got another MAC, and the neighbour entry for it on ${sender} is stale`,
                for: [`it sends from ${owner}, and nobody was seen to send from ${meant}`],
                against: [],
              },
            ]),
        {
          id: 'wrong-tunnel-entry',
          cause: isMac
            ? `a wrong entry in the forwarding table of the ${kind === 'vxlan' ? 'VXLAN' : 'tunnel'} device on ${sender}`
            : `a wrong route to ${meant} through the tunnel on ${sender}`,
          for: [
            livesAt.length > 0
              ? `packets of ${byNet ? 'other addresses of its net' : meant} come from ${home}`
              : `all that ${sentTo} sends in the tunnel comes from ${owner}`,
          ],
          against: [],
        },
        {
          id: 'node-replaced',
          cause: 'the node was replaced or re-addressed and the entry is stale',
          for: [],
          against: [],
        },
      ],
      confirm: wrongEntryCommands(wrong, names),
      fix: wrongEntryFixes(wrong, names),
      wireshark: `${oneWay(sender, sentTo)} && ${isMac ? `eth.dst==${meant}` : toAddress(meant)}`,
    };
  },
});

/** An inner destination that the tunnel takes to the wrong node, and the conversations that suffer. */
interface Lead {
  meant: string;
  isMac: boolean;
  livesAt: string[];
  conversations: Conversation[];
  /** The home of the destination is inferred only from its neighbours. */
  isByNet?: boolean;
}

/**
 * Finds what a tunnel flow takes to the wrong node. It uses three signs, the surest first:
 *
 *   another node sends from the inner destination MAC;
 *   another node sends from the inner destination address (IPIP has no inner MAC);
 *   the receiving node has another MAC, in an overlay where each node has one MAC.
 */
function* leadsOf(evidence: Evidence, flow: TunnelFlow, { macs, addresses, nets }: Homes): Iterable<Lead> {
  for (const { value: mac, count } of flow.innerDestinationMacs) {
    if (count < thresholds.packets.value || !isVtepMac(mac)) continue;
    const livesAt = macs.get(homeKey(flow, mac));
    if (livesAt?.has(flow.destination) || livesAt?.has(flow.source)) continue;
    if (livesAt === undefined && !isForeignTo(evidence, flow, mac)) continue;
    const isOnly = flow.innerDestinationMacs.length === 1;
    const conversations = unansweredTo(evidence, flow, (leg) => isOnly || macsTo(evidence, leg).includes(mac));
    if (conversations !== null) yield { meant: mac, isMac: true, livesAt: [...(livesAt ?? [])].sort(), conversations };
  }
  for (const { value: address, count } of flow.innerDestinations) {
    const livesAt = addresses.get(homeKey(flow, address));
    if (count < thresholds.packets.value || livesAt === undefined) continue;
    if (livesAt.has(flow.destination) || livesAt.has(flow.source)) continue;
    const conversations = unansweredTo(evidence, flow, (leg) => leg.server.address === address);
    if (conversations !== null) yield { meant: address, isMac: false, livesAt: [...livesAt].sort(), conversations };
  }
  if (flow.innerDestinationMacs.length === 0) yield* strayNets(evidence, flow, { addresses, nets });
}

/**
 * IPIP has no inner MAC, and a pod that gets nothing sends nothing. Its neighbours in the same net show its node, if
 * all of them are at one other node and the receiving node has pods of other nets.
 */
function* strayNets(
  evidence: Evidence,
  flow: TunnelFlow,
  { addresses, nets }: Pick<Homes, 'addresses' | 'nets'>,
): Iterable<Lead> {
  const ownNets = [...nets].filter(([key, homes]) => key.startsWith(homeKey(flow, '')) && homes.has(flow.destination));
  if (ownNets.length === 0) return;
  for (const { value: address, count } of flow.innerDestinations) {
    if (count < thresholds.packets.value || addresses.has(homeKey(flow, address))) continue;
    const livesAt = nets.get(homeKey(flow, netOf(address)));
    if (livesAt?.size !== 1 || livesAt.has(flow.destination) || livesAt.has(flow.source)) continue;
    const conversations = unansweredTo(evidence, flow, (leg) => leg.server.address === address);
    if (conversations !== null)
      yield { meant: address, isMac: false, livesAt: [...livesAt], conversations, isByNet: true };
  }
}

/**
 * True if the receiving node sends all its own packets from another MAC, and each node here has one MAC. The sender
 * uses one MAC for several inner addresses, whatever the destination.
 */
function isForeignTo(evidence: Evidence, flow: TunnelFlow, mac: string): boolean {
  const owner = ownerOf(evidence, flow);
  return (
    owner !== null &&
    owner !== mac &&
    sendingVtep(flow) !== null &&
    flow.innerSourceMacs.length === 1 &&
    addressesFrom(evidence, flow).size >= thresholds.addressesOfOneMac.value
  );
}

/** Inner addresses that a node sends from in one overlay. Used only if all of them have the MAC of this flow. */
function addressesFrom(evidence: Evidence, { kind, networkId, source, innerSourceMacs }: TunnelFlow): Set<string> {
  const [{ value: mac }] = innerSourceMacs;
  const flows = evidence.tunnels.filter(
    (flow) => flow.kind === kind && flow.networkId === networkId && flow.source === source,
  );
  const isOne = flows.every(({ innerSourceMacs: macs }) => macs.every(({ value }) => value === mac));
  return new Set(isOne ? flows.flatMap(({ innerSources }) => innerSources.map(({ value }) => value)) : []);
}

/** The one MAC that the node at the far end sends from. Null if that node has none or several. */
function ownerOf(evidence: Evidence, { kind, networkId, destination }: TunnelFlow): string | null {
  const macs = new Set(
    evidence.tunnels
      .filter((flow) => flow.kind === kind && flow.networkId === networkId && flow.source === destination)
      .flatMap((flow) => flow.innerSourceMacs.map(({ value }) => value)),
  );
  const [mac] = macs;
  return macs.size === 1 && isVtepMac(mac) ? mac : null;
}

/** Inner MACs that the client's packets of a leg go to. */
const macsTo = (evidence: Evidence, leg: Leg): string[] =>
  leg.kind === 'tcp'
    ? evidence.connections[leg.index].directions[TO_SERVER].destinationMacs.map(({ value }) => value)
    : [];

/**
 * Conversations with requests in the flow that `isMeant` selects. Null if one is answered or too few packets were sent.
 */
function unansweredTo(evidence: Evidence, flow: TunnelFlow, isMeant: (leg: Leg) => boolean): Conversation[] | null {
  const fate = fateOf(evidence, [flow], isMeant);
  if (fate.answered.length > 0 || fate.unansweredPackets < thresholds.packets.value) return null;
  return fate.unanswered;
}

/** Conversations whose answers go into the flow although the client is elsewhere. The same wrong entry affects them. */
function answersInto(evidence: Evidence, flow: TunnelFlow, { addresses }: Homes): Conversation[] {
  const strays = new Set(
    flow.innerDestinations
      .map(({ value }) => value)
      .filter((address) => addresses.get(homeKey(flow, address))?.has(flow.destination) === false),
  );
  if (strays.size === 0) return [];
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some(
      (leg) => leg.point === flow.point && leg.encapsulation.length > 0 && strays.has(leg.client.address),
    ),
  );
}

/** Unanswered ARP requests for the wrong destination, which have the same fault. */
const askedFor = (evidence: Evidence, address: string): Conversation[] =>
  evidence.conversations.filter(({ protocol, server }) => protocol === 'arp' && server.address === address);

function occurrenceOf(evidence: Evidence, flow: TunnelFlow, lead: Lead): WrongDestination {
  const { meant, isMac, livesAt, conversations } = lead;
  const note = `for ${meant}, sent to ${flow.destination}${livesAt.length > 0 ? `, which lives at ${livesAt.join(', ')}` : ''}`;
  const requests = conversations.flatMap((conversation) =>
    conversation.legs
      .filter((leg) => leg.point === flow.point && leg.kind === 'tcp')
      .flatMap((leg) => packetsAt(leg.point, evidence.connections[leg.index].syn, note, '>')),
  );
  return {
    key: `${flow.source}>${flow.destination} for ${livesAt.length > 0 ? livesAt.join(',') : meant}`,
    grade: gradeOf({ 'address-seen-at-its-node': whereSeen(livesAt.length > 0 && lead.isByNet !== true) }),
    subject: subjectOf(conversations).subject,
    conversations: [...conversations, ...askedFor(evidence, flow.destination)].map(({ index }) => index),
    between: breakPointOf(conversations)?.between ?? null,
    place: `on the node with ${flow.source}: its ${isMac ? 'forwarding table' : 'routes'}`,
    ...excerpt(requests.length > 0 ? requests : firstPackets([flow], () => note)),
    reach: conversations.length,
    measured: { outerDestination: flow.destination, rightDestination: livesAt, meant, packets: flow.packets },
    sender: flow.source,
    meant,
    isMac,
    sentTo: flow.destination,
    livesAt,
    byNet: lead.isByNet === true,
    kind: flow.kind,
    owner: ownerOf(evidence, flow),
  };
}
