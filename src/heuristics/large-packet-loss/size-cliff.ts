import type {
  Connection,
  Conversation,
  Direction,
  EchoExchange,
  Evidence,
  Hop,
  IcmpError,
  RepeatedRange,
  TcpDirection,
} from '../../flows/evidence.ts';
import { appendTo } from '../append-to.ts';
import { indexOf } from '../evidence-index.ts';
import { lostPackets, packetsAt } from '../excerpt.ts';
import type { EvidencePacket } from '../heuristic.ts';
import { pathAlive } from './path-alive.ts';
import { SIZE_THRESHOLDS } from './size-thresholds.ts';

/** IP and TCP headers without options, as the MSS counts (RFC 6691, 2). */
const TCP_IP_OCTETS = { 4: 40, 6: 60 } as const;

/** A size below which packets of one direction pass and from which on they never do. */
export interface Cliff {
  conversations: Conversation[];
  direction: Direction;
  sender: string;
  receiver: string;
  /** IP lengths, octets; `largestPassed` 0 when no data packet is known to have passed. */
  largestPassed: number;
  smallestLost: number;
  sendings: number;
  dontFragment: boolean;
  /** What became of ICMP fragmentation needed: never seen, seen but not at the sender, seen at the sender. */
  icmp: 'none' | 'lost' | 'ignored';
  icmpMtu: number;
  icmpFrom: string | null;
  confirmed: boolean;
  packets: EvidencePacket[];
}

/** All cliffs of the evidence, those of one pair of hosts and direction joined. */
export function cliffsOf(evidence: Evidence): Cliff[] {
  const found: Cliff[] = [];
  for (const conversation of evidence.conversations) {
    for (const direction of [0, 1] as const) {
      const cliff = cliffOfConversation(evidence, conversation, direction);
      if (cliff !== null) found.push(cliff);
    }
  }
  return joined([...found, ...echoCliffs(evidence)]);
}

function cliffOfConversation(evidence: Evidence, conversation: Conversation, direction: Direction): Cliff | null {
  if (conversation.protocol !== 'tcp') return null;
  const legs = indexOf(evidence).connections(conversation);
  const nearSender = direction === 0 ? legs[0] : legs[legs.length - 1];
  const repeat = hopelessRepeat(nearSender, direction);
  const hop = selectiveHop(conversation, direction);
  if (repeat === null && hop === null) return null;
  const stats = nearSender.directions[direction];
  const smallestLost = Math.min(
    ...[repeat?.smallestL3Length, hop?.smallestLost].filter((size) => size !== undefined),
    largestOnWire(nearSender, direction),
  );
  const largestPassed = Math.max(
    stats.largestAckedL3 < smallestLost ? stats.largestAckedL3 : 0,
    hop?.largestArrived ?? 0,
  );
  if (largestPassed >= smallestLost || smallestLost < SIZE_THRESHOLDS.smallestLost.value) return null;
  if (hop === null && repeat !== null && !pathAlive(evidence, legs, nearSender, repeat, direction)) return null;
  // A reset means that the receiver got something after all; and a size that passed before is not too large.
  if (
    hop === null &&
    (nearSender.directions[direction === 0 ? 1 : 0].resets > 0 || stats.largestAckedL3 >= smallestLost)
  )
    return null;
  const icmp = tooBigErrors(evidence, nearSender, direction);
  if (repeat === null && icmp.icmp === 'ignored' && discovered(stats)) return null;
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
    confirmed: hop !== null || icmp.icmp !== 'none',
    packets: packetsOf(nearSender, repeat, hop, direction),
  };
}

/** Super-segments of transmit offload are cut to the agreed MSS behind the capture point. */
function largestOnWire({ ipVersion, directions }: Connection, direction: Direction): number {
  const { mss } = directions[direction === 0 ? 1 : 0];
  return mss === null ? Number.POSITIVE_INFINITY : mss + TCP_IP_OCTETS[ipVersion];
}

/** The range that was sent most often and never acknowledged, of segments that no smaller one replaced. */
function hopelessRepeat(connection: Connection, direction: Direction): RepeatedRange | null {
  const { repeats } = connection.directions[direction];
  let worst: RepeatedRange | null = null;
  for (const repeat of repeats) {
    const first = repeat.packets[0];
    const last = repeat.packets[repeat.packets.length - 1];
    if (repeat.ackedTime !== null || repeat.sendings < SIZE_THRESHOLDS.sendings.value) continue;
    if (last.time - first.time < SIZE_THRESHOLDS.stallSeconds.value) continue;
    if (inShutWindow(connection, direction, first.time)) continue;
    if (worst === null || repeat.sendings > worst.sendings) worst = repeat;
  }
  return worst;
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
        hop.assessable &&
        hop.lostData >= SIZE_THRESHOLDS.sendings.value &&
        hop.matched > 0 &&
        hop.largestArrived < hop.smallestLost &&
        hop.smallestLost >= SIZE_THRESHOLDS.smallestLost.value,
    ) ?? null
  );
}

/** The sender heeded ICMP: all it sent was acknowledged, and nothing waited for long. */
const discovered = ({ unackedOctets, repeats }: TcpDirection): boolean =>
  unackedOctets === 0 &&
  repeats.every(
    ({ packets, ackedTime }) =>
      ackedTime !== null && ackedTime - packets[0].time <= SIZE_THRESHOLDS.discoverySeconds.value,
  );

/** ICMP 3/4 (RFC 1191) and ICMPv6 type 2 (RFC 8201). */
export const isTooBig = ({ version, type, code }: IcmpError): boolean =>
  version === 4 ? type === 3 && code === 4 : type === 2;

function tooBigErrors(
  evidence: Evidence,
  near: Connection,
  direction: Direction,
): Pick<Cliff, 'icmp' | 'icmpMtu' | 'icmpFrom'> {
  const [sender, receiver] = direction === 0 ? [near.client, near.server] : [near.server, near.client];
  const errors = evidence.icmpErrors.filter(
    (error) => isTooBig(error) && error.quoted !== null && error.quoted.protocol === 6,
  );
  const about = errors.filter(
    ({ quoted }) =>
      quoted!.source.port === sender.port ||
      quoted!.destination.port === receiver.port ||
      quoted!.source.address === sender.address,
  );
  if (about.length === 0) return { icmp: 'none', icmpMtu: 0, icmpFrom: null };
  const atSender = about.some((error) => error.point === near.point && error.to === sender.address);
  return { icmp: atSender ? 'ignored' : 'lost', icmpMtu: about[0].mtu, icmpFrom: about[0].from };
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

/** Echo requests of one pair: small ones answered, large ones never. */
function* echoCliffs(evidence: Evidence): Iterable<Cliff> {
  const groups = new Map<string, EchoExchange[]>();
  for (const echo of evidence.echoes) {
    const key = `${echo.point} ${echo.source} ${echo.destination}`;
    appendTo(groups, key, echo);
  }
  for (const echoes of groups.values()) {
    const cliff = echoCliff(evidence, echoes);
    if (cliff !== null) yield cliff;
  }
}

function echoCliff(evidence: Evidence, echoes: readonly EchoExchange[]): Cliff | null {
  const answered = echoes.filter((echo) => echo.reply !== null && echo.request !== null);
  const silent = echoes.filter((echo) => echo.reply === null && echo.request !== null);
  const largestPassed = Math.max(0, ...answered.map((echo) => echo.l3Length));
  const large = silent.filter((echo) => echo.l3Length > largestPassed);
  const smallSilent = silent.length - large.length;
  const { echoes: least, smallestLost } = SIZE_THRESHOLDS;
  if (answered.length < least.value || large.length < least.value || smallSilent > 0) return null;
  const size = Math.min(...large.map((echo) => echo.l3Length));
  if (size < smallestLost.value) return null;
  const [{ point, source, destination }] = echoes;
  const index = indexOf(evidence);
  const conversations = new Set(large.flatMap((echo) => index.conversationOfFlow(echo.point, echo.flow) ?? []));
  const errors = evidence.icmpErrors.filter(
    (error) => isTooBig(error) && error.quoted?.destination.address === destination,
  );
  return {
    conversations: [...conversations],
    direction: 0,
    sender: source,
    receiver: destination,
    largestPassed,
    smallestLost: size,
    sendings: large.length,
    dontFragment: large.some((echo) => echo.dontFragment),
    icmp:
      errors.length === 0
        ? 'none'
        : errors.some((error) => error.point === point && error.to === source)
          ? 'ignored'
          : 'lost',
    icmpMtu: errors[0]?.mtu ?? 0,
    icmpFrom: errors[0]?.from ?? null,
    confirmed: true,
    packets: packetsAt(
      point,
      large.map((echo) => echo.request!),
      (_, at) => `echo request, IP length ${large[at].l3Length}, no reply`,
      '>',
    ),
  };
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
    group.confirmed ||= cliff.confirmed;
    group.packets = [...group.packets, ...cliff.packets];
    if (group.icmp === 'none')
      Object.assign(group, { icmp: cliff.icmp, icmpMtu: cliff.icmpMtu, icmpFrom: cliff.icmpFrom });
  }
  return [...groups.values()];
}
