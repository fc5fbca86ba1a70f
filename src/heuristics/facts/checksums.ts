import type {
  CheckedDirection,
  CheckedSender,
  ChecksumHeader,
  Conversation,
  Evidence,
  WrongChecksum,
} from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import { appendTo } from '../words/append-to.ts';
import { indexOf } from './evidence-index.ts';
import { gatesOf } from './gates.ts';
import { isReturnUnseen } from './one-way.ts';

export const CHECKSUM_THRESHOLDS = {
  packets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, checksum-packets' },
  firstSyns: { value: 2, unit: 'connections', source: 'docs/thresholds.md, checksum-packets' },
  answerSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission follows after 1 s' },
} as const;

/**
 * Answered packets with right checksums from the same link address. They show that the sender's transmit offload is not
 * the reason.
 */
export const RIGHT_ANSWERED = {
  rightAnswered: { value: 2, unit: 'packets', source: 'docs/thresholds.md, right-answered' },
} as const;

/** Packets with wrong checksums in one direction of a conversation at one point. */
export interface WrongPackets {
  conversation: Conversation;
  checked: CheckedDirection;
  /** Packets that had time to be answered, and had no answer before the sender repeated them with a right checksum. */
  unanswered: readonly WrongChecksum[];
}

export const isOuter = ({ header }: { header: ChecksumHeader }): boolean =>
  header === 'outer-ip' || header === 'outer-udp';

/**
 * Packets with wrong checksums by direction of a conversation and point, where a missing answer would have been seen.
 *
 * Left out are directions in which a wrong packet was answered, because the receiver accepts wrong packets there. Also
 * left out are directions whose right packets were not answered either, because something else stops them.
 */
export function wrongPackets(evidence: Evidence, isMeant: (packet: WrongChecksum) => boolean): WrongPackets[] {
  const index = indexOf(evidence);
  const gates = gatesOf(evidence);
  return evidence.checked.flatMap((checked) => {
    const { point, flow, direction } = checked;
    const meant = checked.wrong.filter(isMeant);
    if (meant.length === 0 || meant.some(({ outcome }) => outcome === 'answered' || outcome === 'resent')) return [];
    const conversation = index.conversationOfFlow(point, flow);
    const leg = conversation?.legs.find((one) => one.point === point && one.flow === flow);
    if (conversation === undefined || leg === undefined || !gates.absence(point).ok) return [];
    const [from, to] = direction === TO_SERVER ? [leg.client, leg.server] : [leg.server, leg.client];
    if (isReturnUnseen(evidence, point, from.address, to.address)) return [];
    const latest = index.endOf(point) - CHECKSUM_THRESHOLDS.answerSeconds.value;
    const unanswered = meant.filter(({ outcome, time }) => outcome !== 'none' || time <= latest);
    return unanswered.length === 0 ? [] : [{ conversation, checked, unanswered }];
  });
}

/** Whether these packets are enough: three packets, or the first SYNs of two connections. */
export function isEnough(found: readonly WrongPackets[]): boolean {
  const packets = found.reduce((sum, { unanswered }) => sum + unanswered.length, 0);
  if (packets >= CHECKSUM_THRESHOLDS.packets.value) return true;
  return found.filter(({ unanswered: [first] }) => first.isSyn).length >= CHECKSUM_THRESHOLDS.firstSyns.value;
}

/** Whether each of these packets was answered after its octets were sent again. The connection works then. */
export const isRepaired = (found: readonly WrongPackets[]): boolean =>
  found.every(({ unanswered }) => unanswered.every(({ outcome }) => outcome === 'answered-when-resent'));

/** Packets with wrong innermost checksums that arrive at one point from one link address. */
export interface WrongOnArrival {
  point: number;
  /** The last earlier point of their path where the checksums were not wrong; null when no point shows that. */
  before: number | null;
  /** State of the checksums at `before`: right, or partial, as transmit offload leaves them. */
  beforeIs: 'right' | 'partial' | null;
  header: ChecksumHeader;
  mac: string | null;
  found: WrongPackets[];
  /** Answered packets with right checksums from the same link address at the same point. */
  rightAnswered: number;
}

/**
 * Packets whose innermost checksums are wrong where they arrive, by the first point of their path that shows it.
 *
 * A single point is enough where right packets of the same sender are answered and no wrong one is: then neither
 * transmit offload nor a later change of the capture file explains it. Two points prove it by the difference.
 */
export function wrongOnArrival(evidence: Evidence): WrongOnArrival[] {
  const groups = new Map<string, WrongOnArrival>();
  for (const [, ofWay] of byWay(wrongPackets(evidence, (packet) => !isOuter(packet)))) {
    const { found, before, beforeIs } = firstOnTheWay(evidence, ofWay);
    const { point, mac } = found.checked;
    const { header } = found.unanswered[0];
    const sender = senderOf(evidence, found.checked);
    if (before === null && (sender === undefined || sender.wrongAnswered > 0)) continue;
    const key = `${point} ${before} ${header} ${mac} ${found.checked.direction}`;
    const group = groups.get(key) ?? {
      point,
      before,
      beforeIs,
      header,
      mac,
      found: [],
      rightAnswered: sender?.rightAnswered ?? 0,
    };
    groups.set(key, group);
    group.found.push(found);
  }
  return [...groups.values()].filter(
    ({ found, before, rightAnswered }) =>
      isEnough(found) && (before !== null || rightAnswered >= RIGHT_ANSWERED.rightAnswered.value),
  );
}

const senderOf = ({ checkedSenders }: Evidence, { point, mac }: CheckedDirection): CheckedSender | undefined =>
  checkedSenders.find((sender) => sender.point === point && sender.mac === mac);

/** By direction of a conversation. */
function byWay(found: readonly WrongPackets[]): Map<string, WrongPackets[]> {
  const ways = new Map<string, WrongPackets[]>();
  for (const one of found) appendTo(ways, `${one.conversation.index} ${one.checked.direction}`, one);
  return ways;
}

/**
 * The first point that shows one direction of a conversation with wrong checksums, and the point before it that shows
 * right ones.
 */
function firstOnTheWay(
  evidence: Evidence,
  ofWay: readonly WrongPackets[],
): { found: WrongPackets } & Pick<WrongOnArrival, 'before' | 'beforeIs'> {
  const [{ conversation, checked }] = ofWay;
  const legs = checked.direction === TO_SERVER ? conversation.legs : [...conversation.legs].reverse();
  const placeOf = ({ point, flow }: CheckedDirection): number =>
    legs.findIndex((leg) => leg.point === point && leg.flow === flow);
  const found = ofWay.reduce((first, one) => (placeOf(one.checked) < placeOf(first.checked) ? one : first));
  const others = evidence.checked.filter(
    ({ direction, wrongTotal, right, partial }) =>
      direction === checked.direction && wrongTotal === 0 && (right || partial),
  );
  const earlier = others.filter((other) => {
    const place = placeOf(other);
    return place >= 0 && place < placeOf(found.checked);
  });
  if (earlier.length === 0) return { found, before: null, beforeIs: null };
  const last = earlier.reduce((latest, one) => (placeOf(one) > placeOf(latest) ? one : latest));
  return { found, before: last.point, beforeIs: last.right ? 'right' : 'partial' };
}
