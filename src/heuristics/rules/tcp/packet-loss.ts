import {
  type Connection,
  type Conversation,
  type Direction,
  type Evidence,
  type Hop,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { lossClaims } from '../../facts/claims.ts';
import { isTcp } from '../../facts/cut-segments.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import {
  BACKGROUND_THRESHOLDS,
  backgroundOf,
  losesBetweenPoints,
  lossesOf,
  tellingLeg,
} from '../../facts/tcp/background-loss.ts';
import { hadToShrink, isHopeless, tellsDuplicates } from '../../facts/tcp/like-loss.ts';
import { BURST_THRESHOLDS, type LossBursts, lossBursts, lossCauses } from '../../facts/tcp/loss-bursts.ts';
import { APPENDED_THRESHOLDS, type LossOverMany, lossesOverMany } from '../../facts/tcp/loss-over-many.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Level, type Occurrence } from '../../rule/rule.ts';
import { excerpt, lostPackets } from '../../words/excerpt.ts';
import { type LossClaims, lossReason } from '../../words/loss-reason.ts';
import { sum } from '../../words/quality-note.ts';
import { repeatedPackets } from '../../words/repeated-packets.ts';

const thresholds = {
  share: { value: 0.005, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
  errorShare: { value: 0.02, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
  events: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  deviations: { value: 4, unit: 'standard deviations', source: 'docs/thresholds.md, loss-deviations' },
  segments: { value: 20, unit: 'segments', source: 'docs/thresholds.md, loss-segments' },
  losingConnections: { value: 3, unit: 'connections', source: 'docs/thresholds.md, losing-connections' },
  lossesOverReorderings: { value: 1, unit: 'factor', source: 'docs/thresholds.md, losses-over-reorderings' },
} as const;

interface Loss extends Occurrence {
  lost: number;
  sent: number;
  share: number;
  connections: number;
  exact: boolean;
  from: number | null;
  to: number | null;
  sender: string;
  receiver: string;
  bursts: LossBursts | null;
  claims: LossClaims;
}

/** Packets are lost without regard to their size. */
export const packetLoss = defineRule<Loss>({
  meta: {
    id: 'packet-loss',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-loss-3pct-offload-on',
    place: 'last-seen',
    symptomOf: 'silent-path',
    explains: ['reordering', 'server-slow'],
    summary: 'Packets are lost without regard to their size',
    meaning: 'Some of the packets of a transfer do not arrive. TCP repairs it by sending again, at the price of speed.',
    rule: 'With several points: data packets seen at one and not at the next, three or more, counted exactly. With one point: retransmissions of data (spurious ones and keep-alives not counted), or holes that are filled later, three or more and 0.5 % of at least 20 data segments, in one connection or in many short ones of a pair of hosts (three of which lose some); error from 2 %.',
    notThis: [
      'Only large packets are lost: mtu-black-hole.',
      'Late originals: reordering.',
      'Spurious retransmissions, which the receiver had already (D-SACK), and tail-loss probes.',
      'Data sent into a shut window is refused and repeated when it opens: zero-window-stall.',
      'Working path MTU discovery: ICMP "fragmentation needed" made the sender repeat in smaller segments.',
      'Copies of packets in the capture: merged before TCP is analysed.',
      'Packets that the capture missed: acknowledged and never captured, gated above 10 %.',
      'A peer that is gone acknowledges nothing: peer-vanished.',
    ],
    causes: ['A bad link, cable or NIC', 'A full queue or a rate limiter', 'An overloaded node'],
    confirm: [
      {
        on: 'both nodes',
        command: 'ip -s link show <nic>; ethtool -S <nic>; tc -s qdisc',
        expect: 'errors or drops rise',
      },
    ],
    fix: ['Repair the link, or give the queue or limit more room'],
    references: ['RFC 5681', 'RFC 2883', 'RFC 8985'],
  },
  thresholds: {
    ...thresholds,
    ...BURST_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
    ...BACKGROUND_THRESHOLDS,
    ...APPENDED_THRESHOLDS,
  },

  *detect(evidence) {
    const exact = exactLosses(evidence);
    yield* exact;
    const covered = new Set(exact.flatMap((occurrence) => occurrence.conversations));
    const single = [...seenFromOnePoint(evidence, covered)];
    yield* single;
    yield* overMany(evidence, covered, new Set(single.map(({ key }) => key)));
  },

  explain({ lost, sent, share, connections, exact, from, to, sender, receiver, bursts, claims }, names) {
    const percent = (share * 100).toFixed(2);
    return {
      message: exact
        ? `${lost} packets with data, of ${sent} packets in all (${percent} %), are lost between ${names.point(from!)} and ${names.point(to!)}`
        : `About ${percent} % of the data from ${names.address(sender)} to ${names.address(receiver)} is lost (${lost} of ${sent} segments${connections > 1 ? ` in ${connections} connections` : ''} had to be sent again)`,
      why: lossReason(claims),
      causes: lossCauses(bursts),
      confirm: [
        {
          on: exact ? names.host(from!) : 'each node of the path',
          command: 'ip -s link; tc -s qdisc',
          expect: 'TX errors or drops rise during the transfer',
        },
        {
          on: exact ? names.host(to!) : 'the receiving node',
          command: 'ip -s link; nstat -az IpInDiscards TcpExtTCPBacklogDrop',
          expect: 'RX errors or drops rise during the transfer',
        },
        {
          on: sender,
          command: `mtr -n -r -c 100 ${shellQuote(receiver)}`,
          expect: 'loss at one hop and all hops after it',
        },
      ],
      fix: [
        exact
          ? 'Look at what lies between the two points: cable, switch port, hypervisor queue, rate limit.'
          : 'Capture at a second point to see between which devices the packets are lost.',
      ],
      wireshark: `tcp.analysis.retransmission && ip.src==${sender} && ip.dst==${receiver}`,
    };
  },
});

const levelOf = (share: number): Level =>
  share >= thresholds.errorShare.value ? 'error' : share >= thresholds.share.value ? 'warning' : 'note';

/** Losses counted between two points, joined by the two points and the direction. */
function exactLosses(evidence: Evidence): Loss[] {
  const groups = new Map<string, { hops: Hop[]; conversations: Conversation[] }>();
  for (const conversation of evidence.conversations) {
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || hop.matched === 0 || !isTcp(evidence, conversation)) continue;
      const key = `${hop.from} ${hop.to}`;
      const group = groups.get(key) ?? { hops: [], conversations: [] };
      groups.set(key, group);
      group.hops.push(hop);
      group.conversations.push(conversation);
    }
  }
  return [...groups.values()]
    .filter(({ hops }) => isRandom(hops.filter((hop) => hop.lostData > 0)))
    .map((group) => exactOccurrence(evidence, group));
}

function isRandom(hops: readonly Hop[]): boolean {
  const lost = sum(hops, (hop) => hop.lostData);
  const sizeSelective = hops.every((hop) => hop.smallestLost > hop.largestArrived);
  return lost >= thresholds.events.value && !sizeSelective;
}

/** The share is of all that passed between the two points, not only of the conversations that lost something. */
function exactOccurrence(
  evidence: Evidence,
  all: { hops: readonly Hop[]; conversations: readonly Conversation[] },
): Loss {
  const hops = all.hops.filter((hop) => hop.lostData > 0);
  const conversations = all.conversations.filter((_, index) => all.hops[index].lostData > 0);
  const [{ from, to, direction }] = hops;
  const [{ client, server }] = conversations;
  const lost = sum(hops, (hop) => hop.lostData);
  const ordinary = evidence.hopsLeftOut.find((hop) => hop.from === from && hop.to === to)?.packets ?? 0;
  const sent = sum(all.hops, (hop) => hop.packets) + ordinary;
  const share = sent === 0 ? 0 : lost / sent;
  const [sender, receiver] = direction === 0 ? [client, server] : [server, client];
  const { firstTime, lastTime } = evidence.points[from].quality;
  const bursts = lossBursts(hops, lastTime - firstTime);
  return {
    key: `${sender.address}>${receiver.address} ${evidence.points[from].role}>${evidence.points[to].role}`,
    level: levelOf(share),
    grade: gradeOf({ 'counted-segment-by-segment': 'passed' }),
    subject: subjectOf(conversations).subject,
    conversations: conversations.map((conversation) => conversation.index),
    between: [from, to],
    ...excerpt(hops.flatMap(lostPackets)),
    reach: lost,
    measured: {
      lost,
      sent,
      share,
      exact: true,
      lostWithAcknowledgements: sum(hops, (hop) => hop.lost),
      ...(bursts !== null && { bursts: bursts.bursts, burstFlows: bursts.flows }),
    },
    lost,
    sent,
    share,
    connections: conversations.length,
    exact: true,
    from,
    to,
    sender: sender.address,
    receiver: receiver.address,
    bursts,
    claims: lossClaims(conversations.flatMap(indexOf(evidence).connections), direction, hops),
  };
}

function* seenFromOnePoint(evidence: Evidence, covered: ReadonlySet<number>): Iterable<Loss> {
  for (const conversation of indexOf(evidence).tcp) {
    if (covered.has(conversation.index)) continue;
    for (const direction of [0, 1] as const) {
      if (losesBetweenPoints(conversation, direction)) continue;
      const found = onePointLoss(evidence, conversation, direction);
      if (found !== null) yield found;
    }
  }
}

/** Many connections of two hosts, each too short to tell: their losses together. */
function* overMany(evidence: Evidence, covered: ReadonlySet<number>, told: ReadonlySet<string>): Iterable<Loss> {
  const isJudged = (conversation: Conversation): boolean =>
    covered.has(conversation.index) ||
    losesBetweenPoints(conversation, TO_SERVER) ||
    losesBetweenPoints(conversation, TO_CLIENT) ||
    hadToShrink(evidence, conversation);
  for (const group of lossesOverMany(evidence, isJudged)) {
    const { sender, receiver, direction, lost, connections, losing, conversations } = group;
    const sent = group.sent + group.fins;
    const key = `${sender}>${receiver}`;
    const share = lost / Math.max(1, sent);
    if (told.has(key) || lost < thresholds.events.value || losing.length < thresholds.losingConnections.value) continue;
    if (group.sent < thresholds.segments.value || share < thresholds.share.value) continue;
    if (lost < backgroundOf(evidence, losing[0], direction, thresholds.deviations.value, group.sent)) continue;
    yield onePointOccurrence(evidence, losing, direction, { sender, receiver, lost, sent, conversations, connections });
  }
}

function onePointLoss(evidence: Evidence, conversation: Conversation, direction: Direction): Loss | null {
  const leg = tellingLeg(conversation, indexOf(evidence).connections(conversation), direction);
  const stats = leg.directions[direction];
  const lost = lossesOf(leg, direction);
  const share = lost / Math.max(1, stats.dataSegments);
  if (lost < thresholds.events.value || stats.dataSegments < thresholds.segments.value) return null;
  if (share < thresholds.share.value) return null;
  if (
    !gatesOf(evidence).loss(leg.point).ok ||
    (stats.outOfOrder > lost * thresholds.lossesOverReorderings.value && !tellsDuplicates(leg, direction))
  )
    return null;
  if (isHopeless(stats) || hadToShrink(evidence, conversation)) return null;
  if (lost < backgroundOf(evidence, leg, direction, thresholds.deviations.value)) return null;
  const [sender, receiver] = direction === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const ends = { sender: sender.address, receiver: receiver.address };
  const counts = { lost, sent: stats.dataSegments, conversations: [conversation], connections: 1 };
  return onePointOccurrence(evidence, [leg], direction, { ...ends, ...counts });
}

type Counts = Pick<LossOverMany, 'sender' | 'receiver' | 'lost' | 'sent' | 'conversations' | 'connections'>;

function onePointOccurrence(
  evidence: Evidence,
  legs: readonly Connection[],
  direction: Direction,
  { sender, receiver, lost, sent, conversations, connections }: Counts,
): Loss {
  const packets = legs.flatMap((leg) => repeatedPackets(leg, direction));
  const share = lost / sent;
  return {
    key: `${sender}>${receiver}`,
    level: levelOf(share),
    grade: 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    between: breakPointOf(conversations, direction)?.between ?? null,
    place: `on the path of ${sender} to ${receiver}, seen from ${evidence.points[legs[0].point].name}`,
    ...excerpt(packets),
    reach: lost,
    measured: { lost, sent, share, exact: false, ...(connections > 1 && { connections }) },
    lost,
    sent,
    share,
    connections,
    exact: false,
    from: null,
    to: null,
    sender,
    receiver,
    bursts: null,
    claims: lossClaims(legs, direction),
  };
}
