import { type Conversation, type Evidence, type Hop, TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { isSpecial } from '../../text/addresses.ts';
import type { Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { appendTo } from '../words/append-to.ts';
import { deviceMtus, pingsWhole } from '../words/commands.ts';
import { excerpt, lostPackets } from '../words/excerpt.ts';
import { LOST_BY_CHANCE_THRESHOLDS, withoutChance } from './lost-by-chance.ts';
import { isReturnUnseen } from './one-way.ts';
import { isAnsweredBehind, spanOf } from './place.ts';
import { isStagedLoss } from './staged-loss.ts';
import { talksElsewhere } from './talks-elsewhere.ts';
import { isProbing } from './traceroutes.ts';

export const VANISHED_THRESHOLDS = {
  ...LOST_BY_CHANCE_THRESHOLDS,
  /**
   * Fewest packets between two ends that must vanish before their loss counts as total: the first and at least one
   * retry.
   */
  vanishedPackets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, total-loss' },
} as const;

/** All packets that some conversations sent in one direction from one point, and that never reached the next point. */
export interface Vanished {
  between: [number, number];
  /** Inside one host, or between two. */
  span: 'inside' | 'between';
  hops: Hop[];
  conversations: Conversation[];
  lost: number;
  /** TCP connections among them whose handshake passed. Only the packets after it vanished. */
  staged: number;
  /** True when the packets were encapsulated where they were last seen. */
  encapsulated: boolean;
  /**
   * True when only the wall clocks of the two hosts, which share no packet, show that the second point was capturing.
   */
  byWallClock: boolean;
  /** Conversations that passed from the first point to the second, in any direction. */
  passing: Conversation[];
  /**
   * Octets of the smallest lost packet, where all lost packets are larger than 1280 and no packet as large passed: then
   * size may be the reason. Null otherwise.
   */
  largeFrom: number | null;
}

/** Sender and receiver of the lost packets, as they stand in them at the last point that saw them. */
function endsOf(
  point: number,
  { direction }: Hop,
  { legs, client, server }: Conversation,
): { sender: string; receiver: string } {
  const leg = legs.find((one) => one.point === point) ?? { client, server };
  const ends = [leg.client.address, leg.server.address];
  return direction === TO_SERVER ? { sender: ends[0], receiver: ends[1] } : { sender: ends[1], receiver: ends[0] };
}

/** Place, packets and counts of the group, as an occurrence of a rule holds them. */
export const vanishedPart = ({ between, hops, conversations, passing, lost, staged, largeFrom }: Vanished) => ({
  ...endsOf(between[0], hops[0], conversations[0]),
  between,
  ...excerpt(hops.flatMap(lostPackets)),
  reach: conversations.length,
  measured: {
    lost,
    conversations: conversations.length,
    passing: passing.length,
    ...(staged > 0 && { staged }),
  },
  from: between[0],
  to: between[1],
  lost,
  conversationsLost: conversations.length,
  conversationsPassing: passing.length,
  staged,
  largeFrom,
});

const cache = new WeakMap<Evidence, Vanished[]>();

/**
 * Conversations of which nothing, or only the handshake, passes between two neighbouring points, grouped by these
 * points.
 */
export function vanishedOf(evidence: Evidence): Vanished[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const groups = new Map<string, Vanished>();
  for (const gone of goneHops(evidence).values()) {
    const lost = gone.reduce((sum, { hop }) => sum + hop.lost, 0);
    if (lost < VANISHED_THRESHOLDS.vanishedPackets.value) continue;
    for (const { conversation, hop } of gone) {
      const key = `${hop.from} ${hop.to}`;
      const group = groups.get(key) ?? emptyGroup(evidence, hop, conversation);
      groups.set(key, group);
      group.hops.push(hop);
      group.conversations.push(conversation);
      group.lost += hop.lost;
      if (hop.matched > 0) group.staged++;
      group.byWallClock &&= hop.byWallClock === true;
      group.encapsulated ||= isEncapsulated(conversation, hop.from);
    }
  }
  for (const group of groups.values()) {
    group.passing = passingOf(evidence, group);
    group.largeFrom = largeFrom(group);
  }
  const found = [...groups.values()];
  cache.set(evidence, found);
  return found;
}

interface Gone {
  conversation: Conversation;
  hop: Hop;
}

/**
 * Hops that let nothing pass, grouped by the two hosts. They are grouped because many conversations have one packet
 * only: each echo request of a monitor has its own identifier, and each lookup of a resolver has its own port.
 */
function goneHops(evidence: Evidence): Map<string, Gone[]> {
  const gone = new Map<string, Gone[]>();
  const passed = new Set<string>();
  for (const conversation of evidence.conversations) {
    if (!isUnicast(conversation) || isProbing(evidence, conversation)) continue;
    const { protocol, client, server } = conversation;
    const port = protocol === 'icmp' ? 0 : server.port;
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || passesUnseen(evidence, conversation, hop)) continue;
      const key = `${hop.from} ${hop.to} ${hop.direction} ${protocol} ${client.address} ${server.address} ${port}`;
      if (isStagedLoss(evidence, conversation, hop)) {
        appendTo(gone, key, { conversation, hop });
        break;
      }
      if (hop.matched > 0) passed.add(key);
      else if (hop.lost > 0 && !arrived(evidence, conversation, hop)) {
        appendTo(gone, key, { conversation, hop });
        break;
      }
    }
  }
  for (const key of passed) {
    // One lost packet of a conversation is no total loss where neighbouring conversations pass. Several lost packets of
    // one conversation are.
    const left = gone.get(key)?.filter(({ hop }) => hop.lost >= VANISHED_THRESHOLDS.vanishedPackets.value) ?? [];
    if (left.length > 0) gone.set(key, left);
    else gone.delete(key);
  }
  return withoutChance(evidence, gone, passed);
}

/** Whether traffic in this direction between these nets is proved to pass the second point unseen. */
const passesUnseen = (evidence: Evidence, { client, server }: Conversation, { to, direction }: Hop): boolean =>
  direction === TO_SERVER
    ? isReturnUnseen(evidence, to, server.address, client.address)
    : isReturnUnseen(evidence, to, client.address, server.address);

/**
 * Whether the traffic can leave its link. Broadcast, multicast, link-local and neighbour traffic stays on it, so it is
 * not lost when a point behind the link does not see it.
 */
const isUnicast = ({ protocol, client, server, legs }: Conversation): boolean =>
  (protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp') &&
  !isSpecial(client.address) &&
  !isSpecial(server.address) &&
  !legs.some((leg) => isSpecial(leg.server.address));

/**
 * Whether the packets of that direction reached the other end by a path that the second point does not see: a point at
 * the other end shows them, or the sender got an answer. A reset or an ICMP error does not count as an answer, because
 * the device that drops the packets may have sent it, unless it was seen behind that device.
 */
export function arrived(evidence: Evidence, conversation: Conversation, { direction, from }: Hop): boolean {
  const { legs } = conversation;
  const back = direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
  const [near, far] = direction === TO_SERVER ? [legs[0], legs[legs.length - 1]] : [legs[legs.length - 1], legs[0]];
  const isBeyond = far.point !== from;
  if (near.kind === 'tcp' && far.kind === 'tcp') {
    const sender = evidence.connections[near.index];
    const receiver = evidence.connections[far.index];
    if (isBeyond && receiver.directions[direction].packets > 0) return true;
    if (direction === TO_SERVER && isAnsweredBehind(evidence, conversation, from)) return true;
    const answer = sender.directions[back];
    const sent = sender.directions[direction];
    if (sent.largestAckedL3 > 0) return true;
    // The connection is in progress and nothing is sent again: the point behind the hop sees one direction only (an
    // ingress hook).
    if (sender.rolesFrom === 'guess' && answer.packets > answer.resets && sent.retransmissions === 0) return true;
    return direction === TO_SERVER
      ? answer.packets > answer.resets
      : sender.handshakeAck !== null || answer.dataSegments > 0;
  }
  if (near.kind === 'datagram' && far.kind === 'datagram') {
    if (isBeyond && evidence.datagrams[far.index].packets[direction] > 0) return true;
    const flow = evidence.datagrams[near.index];
    return direction === TO_SERVER && (flow.packets[TO_CLIENT] > 0 || talksElsewhere(evidence, flow));
  }
  if (near.kind !== 'echo' || far.kind !== 'echo') return false;
  const end = evidence.echoes[direction === TO_SERVER ? near.index : far.index];
  return end.reply !== null && (direction === TO_SERVER || isBeyond);
}

function emptyGroup(evidence: Evidence, hop: Hop, conversation: Conversation): Vanished {
  return {
    between: [hop.from, hop.to],
    span: locate(evidence, hop, conversation),
    hops: [],
    conversations: [],
    lost: 0,
    staged: 0,
    encapsulated: false,
    byWallClock: true,
    passing: [],
    largeFrom: null,
  };
}

/**
 * Where the hop is. Two points of unknown hosts are inside one host when the encapsulation of the packets changes
 * between them.
 */
function locate(evidence: Evidence, hop: Hop, conversation: Conversation): 'inside' | 'between' {
  const span = spanOf(evidence, [hop.from, hop.to]);
  if (span !== 'unknown') return span;
  const roles = [evidence.points[hop.from].role, evidence.points[hop.to].role];
  // A packet from one NIC to another host's NIC passes no other device of its host. Devices of one host share packets,
  // so these points are on different hosts.
  if (hop.byWallClock) return 'between';
  return isEncapsulated(conversation, hop.from) !== roles.includes('node-nic') ? 'inside' : 'between';
}

function isEncapsulated(conversation: Conversation, point: number): boolean {
  return conversation.legs.some((leg) => leg.point === point && leg.encapsulation.length > 0);
}

function passingOf(evidence: Evidence, { between: [from, to], conversations }: Vanished): Conversation[] {
  const gone = new Set(conversations);
  return evidence.conversations.filter(
    (conversation) =>
      !gone.has(conversation) &&
      conversation.hops.some(
        (hop) => hop.matched > 0 && ((hop.from === from && hop.to === to) || (hop.from === to && hop.to === from)),
      ),
  );
}

/** Who gets no packet, and the two points between which they are lost. */
interface LostBetween {
  from: number;
  to: number;
  receiver: string;
}

/** The cause "too large", where `largeFrom` is known. */
export const tooLargeCause = (octets: number | null, { from, to, receiver }: LostBetween, names: Names): Cause[] =>
  octets === null
    ? []
    : [
        {
          id: 'too-large',
          cause: 'the packets are too large for a device or link there',
          telling: [`the smallest that is lost has ${octets} octets, and none as large passes`],
          for: [],
          against: [],
          confirm: [
            ...[...new Set([names.host(from), names.host(to)])].map((host) =>
              deviceMtus(host, `a device with an MTU below ${octets}`),
            ),
            pingsWhole(names.host(from), receiver, octets, false, ', or "message too long" with the MTU of the device'),
          ],
          fix: [
            `Give the senders an MTU (for pods: that of the CNI) which the devices between ${names.point(from)} and ${names.point(to)} carry, or raise that of those devices.`,
          ],
        },
      ];

function largeFrom({ hops, passing, between: [from, to] }: Vanished): number | null {
  const smallest = Math.min(...hops.map(({ smallestLost }) => smallestLost));
  const passed = passing.flatMap((conversation) =>
    conversation.hops.filter((hop) => hop.from === from && hop.to === to),
  );
  const isLarge =
    smallest > VANISHED_THRESHOLDS.harmlessOctets.value &&
    passed.every(({ largestArrived }) => largestArrived < smallest);
  return isLarge ? smallest : null;
}
