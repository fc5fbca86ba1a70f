import {
  type Connection,
  type Conversation,
  type Direction,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { STAGED_THRESHOLDS } from '../../facts/staged-loss.ts';
import { subjectOf } from '../../facts/subject.ts';
import {
  BACKGROUND_THRESHOLDS,
  backgroundOf,
  lateOf,
  losesBetweenPoints,
  lossesOf,
  tellingLeg,
} from '../../facts/tcp/background-loss.ts';
import { HEAVY_LOSS, isHeavyLoss } from '../../facts/tcp/heavy-loss.ts';
import { type LossOfHops, lossesOfHops, lostToRepeat } from '../../facts/tcp/hop-losses.ts';
import { hadToShrink, isHopeless, tellsDuplicates } from '../../facts/tcp/like-loss.ts';
import { BURST_THRESHOLDS, type LossBursts, lossBursts, lossCauses } from '../../facts/tcp/loss-bursts.ts';
import { APPENDED_THRESHOLDS, type LossOverMany, lossesOverMany } from '../../facts/tcp/loss-over-many.ts';
import { type LossShape, lostText, shapeOfHops, shapeOfLegs, shapeText } from '../../facts/tcp/loss-shape.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Level, type Occurrence } from '../../rule/rule.ts';
import { linkCounters, mtr, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, oneWay } from '../../words/display-filter.ts';
import { excerpt, lostPackets } from '../../words/excerpt.ts';
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
  /** SYNs and FINs within `lost`, and lost acknowledgements outside `lost`. Known only when counted between points. */
  lostControl: number;
  lostAcknowledgements: number;
  shape: LossShape;
  connections: number;
  exact: boolean;
  from: number | null;
  to: number | null;
  sender: string;
  receiver: string;
  bursts: LossBursts | null;
}

/** Packets are lost regardless of their size. */
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
    rule: 'With several points: packets with data, SYNs and FINs seen at one and not at the next, three or more, counted exactly. With one point: data sent again, or holes that are filled later, three or more and 0.5 % of at least 20 data segments, in one connection (of fewer, but at least 8: five timeouts, a quarter of all, 2 s of standstill, and all acknowledged at last) or in many short ones of a pair of hosts (three of which lose some); error from 2 % where data is among what was lost.',
    notThis: [
      'Only large packets are lost: mtu-black-hole.',
      'Late originals: reordering.',
      'Spurious retransmissions, which the receiver had already (D-SACK), and tail-loss probes.',
      'Data sent into a shut window is refused and repeated when it opens: zero-window-stall.',
      'Working path MTU discovery: ICMP "fragmentation needed" made the sender repeat in smaller segments.',
      'Copies of packets in the capture: merged before TCP is analysed.',
      'Packets that the capture missed: acknowledged and never captured, gated above 10 %.',
      'Sent again sooner than half a round trip after the last sending, or acknowledged as soon: nobody knew of a loss by then.',
      'Bare FINs and SYNs, padding of short packets that the IP length counts, TCP Fast Open data that was left alone.',
      'A peer that is gone acknowledges nothing: peer-vanished.',
      'Nothing passes after the handshake: dropped-in-node, lost-in-underlay.',
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
    ...HEAVY_LOSS,
    ...STAGED_THRESHOLDS,
  },

  *detect(evidence) {
    const exact = lossesOfHops(evidence, thresholds.events.value).map((group) => exactOccurrence(evidence, group));
    yield* exact;
    const covered = new Set(exact.flatMap((occurrence) => occurrence.conversations));
    const single = [...seenFromOnePoint(evidence, covered)];
    yield* single;
    yield* overMany(evidence, covered, new Set(single.map(({ key }) => key)));
  },

  explain(loss, names) {
    const { lost, sent, share, connections, exact, from, to, sender, receiver, bursts } = loss;
    const { lostControl, lostAcknowledgements } = loss;
    const percent = (share * 100).toFixed(2);
    return {
      message: exact
        ? `${lost} of ${counted(sent, 'packet')} (${percent} %) ${lost === 1 ? 'is' : 'are'} lost between ${names.point(from!)} and ${names.point(to!)}: ${lostText(lost, lostControl, lostAcknowledgements)}`
        : `About ${percent} % of the data from ${names.address(sender)} to ${names.address(receiver)} is lost (${lost} of ${counted(sent, 'segment')}${connections > 1 ? ` in ${connections} connections` : ''} had to be sent again)`,
      why: shapeText(loss.shape),
      causes: lossCauses(bursts),
      confirm: [
        linkCounters(exact ? names.host(from!) : names.nodeOf(sender), 'TX errors or drops rise during the transfer'),
        runs(
          exact ? names.host(to!) : names.nodeOf(receiver),
          `ip -s link; nstat -az ${familyOf(receiver) === 6 ? 'Ip6InDiscards' : 'IpInDiscards'} TcpExtTCPBacklogDrop`,
          { expect: 'RX errors or drops rise during the transfer' },
        ),
        mtr(names.machine(sender), receiver, 'loss at one hop and all hops after it'),
      ],
      fix: [
        exact
          ? `Look at what lies between ${names.point(from!)} and ${names.point(to!)}: cable, switch port, hypervisor queue, a rate limit (tc qdisc) and its rate.`
          : `Capture at ${names.address(sender)} and at ${names.address(receiver)} at the same time: that shows between which devices the packets are lost.`,
      ],
      wireshark: `tcp.analysis.retransmission && ${oneWay(sender, receiver)}`,
    };
  },
});

const levelOf = (share: number): Level =>
  share >= thresholds.errorShare.value ? 'error' : share >= thresholds.share.value ? 'warning' : 'note';

/** The share is of all packets between the two points, not only those of conversations with loss. */
function exactOccurrence(evidence: Evidence, { all, losing: hops, conversations }: LossOfHops): Loss {
  const [{ from, to, direction }] = hops;
  const [{ client, server }] = conversations;
  const lost = sum(hops, lostToRepeat);
  const lostData = sum(hops, (hop) => hop.lostData);
  const ordinary = evidence.hopsLeftOut.find((hop) => hop.from === from && hop.to === to)?.packets ?? 0;
  const sent = sum(all, (hop) => hop.packets) + ordinary;
  const share = sent === 0 ? 0 : lost / sent;
  const [sender, receiver] = direction === 0 ? [client, server] : [server, client];
  const { firstTime, lastTime } = evidence.points[from].quality;
  const bursts = lossBursts(hops, lastTime - firstTime);
  return {
    key: `${sender.address}>${receiver.address} ${evidence.points[from].role}>${evidence.points[to].role}`,
    level: lostData > 0 || levelOf(share) === 'note' ? levelOf(share) : 'warning',
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
      lostData,
      lostWithAcknowledgements: sum(all, (hop) => hop.lost),
      ...(bursts !== null && { bursts: bursts.bursts, burstFlows: bursts.flows }),
    },
    lost,
    sent,
    share,
    connections: conversations.length,
    lostControl: sum(hops, (hop) => hop.lostControl),
    lostAcknowledgements: sum(all, (hop) => hop.lost - lostToRepeat(hop)),
    shape: shapeOfHops(
      all,
      conversations.flatMap((conversation) => indexOf(evidence).connections(conversation).slice(0, 1)),
      direction,
    ),
    exact: true,
    from,
    to,
    sender: sender.address,
    receiver: receiver.address,
    bursts,
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

/** Sums the losses of many connections between two hosts. Each connection alone is too short to judge. */
function* overMany(evidence: Evidence, covered: ReadonlySet<number>, told: ReadonlySet<string>): Iterable<Loss> {
  const isJudged = (conversation: Conversation): boolean =>
    covered.has(conversation.index) ||
    losesBetweenPoints(conversation, TO_SERVER) ||
    losesBetweenPoints(conversation, TO_CLIENT) ||
    hadToShrink(evidence, conversation);
  for (const group of lossesOverMany(evidence, isJudged)) {
    const { sender, receiver, direction, lost, sent, connections, losing, conversations } = group;
    const key = `${sender}>${receiver}`;
    const share = lost / Math.max(1, sent);
    if (told.has(key) || lost < thresholds.events.value || losing.length < thresholds.losingConnections.value) continue;
    if (sent < thresholds.segments.value || share < thresholds.share.value) continue;
    if (lost < backgroundOf(evidence, losing[0], direction, thresholds.deviations.value, sent)) continue;
    yield onePointOccurrence(evidence, losing, direction, { sender, receiver, lost, sent, conversations, connections });
  }
}

function onePointLoss(evidence: Evidence, conversation: Conversation, direction: Direction): Loss | null {
  const leg = tellingLeg(conversation, indexOf(evidence).connections(conversation), direction);
  const stats = leg.directions[direction];
  const lost = lossesOf(leg, direction);
  const share = lost / Math.max(1, stats.dataSegments);
  if (lost < thresholds.events.value || share < thresholds.share.value) return null;
  if (stats.dataSegments < thresholds.segments.value && !isHeavyLoss(leg, direction, lost)) return null;
  if (
    !gatesOf(evidence).loss(leg.point).ok ||
    (lateOf(stats) > lost * thresholds.lossesOverReorderings.value && !tellsDuplicates(leg, direction))
  )
    return null;
  if (isHopeless(stats) || hadToShrink(evidence, conversation)) return null;
  if (lost < backgroundOf(evidence, leg, direction, thresholds.deviations.value)) return null;
  const [sender, receiver] = direction === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const counts = { sender: sender.address, receiver: receiver.address, lost, sent: stats.dataSegments };
  return onePointOccurrence(evidence, [leg], direction, { ...counts, conversations: [conversation], connections: 1 });
}

/** Values that a single point cannot count. */
const NOT_COUNTED = { lostControl: 0, lostAcknowledgements: 0, exact: false, from: null, to: null, bursts: null };

type Counts = Pick<LossOverMany, 'sender' | 'receiver' | 'lost' | 'sent' | 'conversations' | 'connections'>;

function onePointOccurrence(
  evidence: Evidence,
  legs: readonly Connection[],
  direction: Direction,
  { sender, receiver, lost, sent, conversations, connections }: Counts,
): Loss {
  const share = lost / sent;
  return {
    key: `${sender}>${receiver}`,
    level: levelOf(share),
    grade: 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    between: breakPointOf(conversations, direction)?.between ?? null,
    place: `on the path of ${sender} to ${receiver}, seen from ${evidence.points[legs[0].point].name}`,
    ...excerpt(legs.flatMap((leg) => repeatedPackets(leg, direction))),
    reach: lost,
    measured: { lost, sent, share, exact: false, ...(connections > 1 && { connections }) },
    lost,
    sent,
    share,
    connections,
    ...NOT_COUNTED,
    shape: shapeOfLegs(legs, direction),
    sender,
    receiver,
  };
}
