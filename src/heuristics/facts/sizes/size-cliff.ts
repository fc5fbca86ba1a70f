import type {
  Connection,
  Conversation,
  Direction,
  Evidence,
  Hop,
  QuotedPacket,
  RepeatedRange,
  TcpDirection,
} from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';
import { lostPackets, packetsAt } from '../../words/excerpt.ts';
import { indexOf } from '../evidence-index.ts';
import { type Cliff, isTooBig } from './cliff.ts';
import { withoutCarriers } from './opaque-tunnel.ts';
import { pathAlive } from './path-alive.ts';
import { hopCliffs, probeCliffs } from './probe-cliff.ts';
import { receiverCliff } from './receiver-hole.ts';
import { SIZE_THRESHOLDS, TCP_IP_OCTETS } from './size-thresholds.ts';

/** All cliffs of the evidence. Cliffs of one pair of hosts and one direction are joined. */
export function cliffsOf(evidence: Evidence): Cliff[] {
  const found: Cliff[] = [];
  for (const conversation of evidence.conversations) {
    for (const direction of [0, 1] as const) {
      const cliff =
        cliffOfConversation(evidence, conversation, direction) ?? receiverCliff(evidence, conversation, direction);
      if (cliff !== null) found.push(cliff);
    }
  }
  return withoutCarriers(evidence, joined([...found, ...probeCliffs(evidence), ...hopCliffs(evidence)]));
}

function cliffOfConversation(evidence: Evidence, conversation: Conversation, direction: Direction): Cliff | null {
  if (conversation.protocol !== 'tcp') return null;
  const legs = indexOf(evidence).connections(conversation);
  const nearSender = direction === 0 ? legs[0] : legs[legs.length - 1];
  const stuck = stuckRepeat(nearSender, direction);
  const repeat = stuck?.repeat ?? null;
  const hop = selectiveHop(conversation, direction);
  if (stuck === null && hop === null) return null;
  const stats = nearSender.directions[direction];
  const smallestLost = Math.min(
    ...[stuck?.lost, hop?.smallestLost].filter((size) => size !== undefined),
    largestOnWire(nearSender, direction),
  );
  const elsewhere = hop === null ? passedElsewhere(evidence, nearSender, direction) : 0;
  const largestPassed = Math.max(
    stats.largestAckedL3 < smallestLost ? stats.largestAckedL3 : 0,
    hop?.largestArrived ?? 0,
    stuck?.passed ?? 0,
    elsewhere,
  );
  if (largestPassed >= smallestLost || smallestLost < SIZE_THRESHOLDS.smallestLost.value) return null;
  if (
    hop === null &&
    (stats.largestAckedL3 >= smallestLost || !isSizeTheReason(evidence, legs, nearSender, stuck, direction))
  )
    return null;
  const icmp = tooBigErrors(evidence, nearSender, direction);
  if (repeat === null && discovered(stats)) return null;
  const ends = direction === 0 ? [nearSender.client, nearSender.server] : [nearSender.server, nearSender.client];
  return {
    conversations: [conversation],
    direction,
    sender: ends[0].address,
    receiver: ends[1].address,
    largestPassed,
    smallestLost,
    sendings: repeat?.sendings ?? hop?.lost ?? 0,
    dontFragment: repeat?.dontFragment ?? stats.dontFragment,
    ...icmp,
    confirmed: hop !== null || icmp.icmp !== 'none' || (stuck?.passed ?? 0) > 0,
    packets: packetsOf(nearSender, repeat, hop, direction),
  };
}

/**
 * Largest packet from the same sender to the same receiver that was acknowledged in another connection at the point.
 */
function passedElsewhere({ connections }: Evidence, near: Connection, direction: Direction): number {
  let largest = 0;
  for (const { point, client, server, directions } of connections)
    if (point === near.point && client.address === near.client.address && server.address === near.server.address)
      largest = Math.max(largest, directions[direction].largestAckedL3);
  return largest;
}

/**
 * Whether one point shows that size is the reason: a smaller piece of the same octets passed; or the path is alive and
 * no reset shows that the octets arrived.
 */
function isSizeTheReason(
  evidence: Evidence,
  legs: readonly Connection[],
  near: Connection,
  stuck: Stuck | null,
  direction: Direction,
): boolean {
  if (stuck === null || stuck.passed > 0) return stuck !== null;
  return (
    near.directions[direction === 0 ? 1 : 0].resets === 0 && pathAlive(evidence, legs, near, stuck.repeat, direction)
  );
}

/**
 * Largest segment on the wire. Super-segments of transmit offload are cut to the agreed MSS behind the capture point.
 */
function largestOnWire({ ipVersion, directions }: Connection, direction: Direction): number {
  const { mss } = directions[direction === 0 ? 1 : 0];
  return mss === null ? Number.POSITIVE_INFINITY : mss + TCP_IP_OCTETS[ipVersion];
}

/**
 * Octets that were sent many times. Packets of `lost` octets did not arrive; packets cut smaller (`passed`, else 0)
 * did.
 */
interface Stuck {
  repeat: RepeatedRange;
  lost: number;
  passed: number;
}

/**
 * The range that was sent most often and never arrived, or arrived only after the sender had cut it smaller by itself.
 */
function stuckRepeat(connection: Connection, direction: Direction): Stuck | null {
  let worst: Stuck | null = null;
  for (const repeat of connection.directions[direction].repeats) {
    const [first] = repeat.packets;
    const last = repeat.packets[repeat.packets.length - 1];
    const passed = passedSize(connection, direction, repeat);
    if (repeat.ackedTime !== null && passed === 0) continue;
    // The last transmission is the smaller one that passed.
    const sendings = repeat.sendings + sendingsBefore(connection, direction, repeat);
    if (sendings - (passed > 0 ? 1 : 0) < SIZE_THRESHOLDS.sendings.value) continue;
    if (last.time - first.time < SIZE_THRESHOLDS.stallSeconds.value) continue;
    if (inShutWindow(connection, direction, first.time)) continue;
    if (worst !== null && repeat.sendings <= worst.repeat.sendings) continue;
    worst = { repeat, lost: passed > 0 ? repeat.l3Length : repeat.smallestL3Length, passed };
  }
  return worst;
}

/**
 * Sendings before the capture began, computed from how far the timeout had doubled: a packet that is sent again after
 * 6.4 s was sent at 0.2, 0.4 … 3.2 s before. Counted only for a connection whose beginning was not captured and that
 * begins with these octets.
 */
function sendingsBefore(
  { rolesFrom, directions }: Connection,
  direction: Direction,
  { packets }: RepeatedRange,
): number {
  const [first, second] = packets;
  if (rolesFrom !== 'guess' || second === undefined || directions[direction].first?.packet !== first.packet) return 0;
  const doublings = Math.log2((second.time - first.time) / SIZE_THRESHOLDS.leastTimeout.value);
  return Math.max(0, Math.floor(doublings));
}

/**
 * Size in which the octets passed at last. TCP that suspects a black hole cuts its segments (RFC 4821, 7.7; Linux
 * tcp_mtu_probing). The smaller segments are acknowledged, or get a reset from a receiver that has closed meanwhile.
 */
function passedSize(connection: Connection, direction: Direction, repeat: RepeatedRange): number {
  const { resets, directions } = connection;
  if (repeat.smallestL3Length >= Math.min(repeat.l3Length, largestOnWire(connection, direction))) return 0;
  if (repeat.ackedTime !== null) return repeat.smallestL3Length;
  const cut = repeat.packets[repeat.packets.length - 1];
  const answer = resets.find((reset) => reset.direction !== direction && reset.time >= cut.time);
  return answer !== undefined && directions[direction].unackedOctets > 0 ? repeat.smallestL3Length : 0;
}

const inShutWindow = ({ zeroWindowSpans }: Connection, direction: Direction, time: number): boolean =>
  zeroWindowSpans.some(
    (span) => span.direction !== direction && span.start.time <= time && (span.end === null || span.end.time >= time),
  );

/** A hop that lost only large packets while smaller ones of the same direction passed. */
function selectiveHop(conversation: Conversation, direction: Direction): Hop | null {
  return (
    conversation.hops.find(
      (hop) =>
        hop.direction === direction &&
        hop.unknown === null &&
        hop.lostData >= SIZE_THRESHOLDS.sendings.value &&
        hop.matched > 0 &&
        hop.largestArrived < hop.smallestLost &&
        hop.smallestLost >= SIZE_THRESHOLDS.smallestLost.value,
    ) ?? null
  );
}

/** Whether the sender heeded ICMP, captured or not: all that it sent was acknowledged, and nothing waited for long. */
const discovered = ({ unackedOctets, repeats }: TcpDirection): boolean =>
  unackedOctets === 0 &&
  repeats.every(
    ({ packets, ackedTime }) =>
      ackedTime !== null && ackedTime - packets[0].time <= SIZE_THRESHOLDS.discoverySeconds.value,
  );

function tooBigErrors(
  evidence: Evidence,
  near: Connection,
  direction: Direction,
): Pick<Cliff, 'icmp' | 'icmpMtu' | 'icmpFrom' | 'errors'> {
  const { address } = direction === 0 ? near.client : near.server;
  const about = evidence.icmpErrors.filter(
    (error) => isTooBig(error) && error.quoted?.protocol === 6 && isAbout(error.quoted, near, direction),
  );
  if (about.length === 0) return { icmp: 'none', icmpMtu: 0, icmpFrom: null, errors: [] };
  const atSender = about.some((error) => error.point === near.point && error.to === address);
  return { icmp: atSender ? 'ignored' : 'lost', icmpMtu: about[0].mtu, icmpFrom: about[0].from, errors: about };
}

/**
 * Whether an error is about the same receiver, or about the same connection with one end translated, whose client keeps
 * its port. An error about another destination of the same sender concerns another path.
 */
function isAbout({ source, destination }: QuotedPacket, { client, server }: Connection, direction: Direction): boolean {
  const [quotedClient, quotedServer] = direction === 0 ? [source, destination] : [destination, source];
  const isClient = quotedClient.address === client.address;
  const isServer = quotedServer.address === server.address;
  const isReceiver = direction === 0 ? isServer && quotedServer.port === server.port : isClient;
  const isAnEnd = isClient || isServer || quotedServer.port === server.port;
  return (isClient && isServer) || isReceiver || (quotedClient.port === client.port && isAnEnd);
}

function packetsOf(
  near: Connection,
  repeat: RepeatedRange | null,
  hop: Hop | null,
  direction: Direction,
): EvidencePacket[] {
  const arrow = direction === 0 ? '>' : '<';
  if (repeat !== null) {
    const first = repeat.packets[0];
    return packetsAt(
      near.point,
      repeat.packets,
      (ref, index) =>
        `${repeat.seqStart}:${repeat.seqEnd} length ${repeat.l3Length}${index === 0 ? '' : ` again after ${(ref.time - first.time).toFixed(2)} s`}`,
      arrow,
    );
  }
  return hop === null ? [] : lostPackets(hop);
}

/** One cliff for each sender, receiver and direction: the narrowest interval. */
function joined(cliffs: readonly Cliff[]): Cliff[] {
  const groups = new Map<string, Cliff>();
  for (const cliff of cliffs) {
    const key = `${cliff.sender} ${cliff.receiver}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { ...cliff });
      continue;
    }
    group.conversations = [...new Set([...group.conversations, ...cliff.conversations])];
    group.smallestLost = Math.min(group.smallestLost, cliff.smallestLost);
    group.largestPassed = Math.max(
      group.largestPassed,
      cliff.largestPassed < group.smallestLost ? cliff.largestPassed : 0,
    );
    group.sendings += cliff.sendings;
    if (cliff.missing === undefined) group.missing = undefined;
    group.confirmed ||= cliff.confirmed;
    group.packets = [...group.packets, ...cliff.packets];
    if (group.icmp === 'none') {
      const { icmp, icmpMtu, icmpFrom, errors } = cliff;
      Object.assign(group, { icmp, icmpMtu, icmpFrom, errors });
    }
  }
  return [...groups.values()];
}
