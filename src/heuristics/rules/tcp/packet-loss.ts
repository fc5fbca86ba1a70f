import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { inVainCauses, inVainPackets, inVainText, inVainWhy } from '../../causes/data-in-vain.ts';
import { lossesOfDatagrams } from '../../facts/datagram-losses.ts';
import { ECHO_LOSS_THRESHOLDS, type EchoLoss, lossesOfEchoes } from '../../facts/echo-losses.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf, spanOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { BACKGROUND_THRESHOLDS } from '../../facts/tcp/background-loss.ts';
import { type DataInVain, dataInVain, IN_VAIN_THRESHOLDS, VAIN_CONNECTIONS } from '../../facts/tcp/data-in-vain.ts';
import { HEAVY_LOSS } from '../../facts/tcp/heavy-loss.ts';
import { type LossOfHops, lossesOfHops, lostToRepeat } from '../../facts/tcp/hop-losses.ts';
import { BURST_THRESHOLDS, type LossBursts, lossBursts, lossCauses } from '../../facts/tcp/loss-bursts.ts';
import { APPENDED_THRESHOLDS } from '../../facts/tcp/loss-over-many.ts';
import {
  type LossShape,
  type LostCounts,
  lostText,
  shapeOfHops,
  shapeOfLegs,
  shapeText,
  sizesText,
} from '../../facts/tcp/loss-shape.ts';
import { lossesAtOnePoint, ONE_POINT_THRESHOLDS, type OnePointLoss } from '../../facts/tcp/one-point-loss.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { VANISHED_THRESHOLDS } from '../../facts/vanished.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Level, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';
import { excerpt, lostPackets, packetsAt } from '../../words/excerpt.ts';
import { type LossyPath, lossCommands, lossFix } from '../../words/loss-commands.ts';
import { sum } from '../../words/quality-note.ts';
import { repeatedPackets } from '../../words/repeated-packets.ts';

const thresholds = {
  ...ONE_POINT_THRESHOLDS,
  errorShare: { value: 0.02, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
} as const;

interface Loss extends Occurrence, LossyPath, LostCounts {
  sent: number;
  share: number;
  shape: LossShape;
  connections: number;
  exact: boolean;
  bursts: LossBursts | null;
  /** Data that never arrives; null for losses that are repaired or counted. */
  vain: DataInVain | null;
  /** Nothing but the program that sent it repeats what is lost: UDP, ICMP. */
  datagrams: boolean;
  /** The two points are devices of one machine. */
  inside: boolean;
  /** Echo requests without a reply, seen from one point. */
  echoes: boolean;
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
    explains: ['reordering', 'server-slow', 'dns-slow', 'dns-no-response'],
    summary: 'Packets are lost without regard to their size',
    meaning: 'Some of the packets of a transfer do not arrive. TCP repairs it by sending again, at the price of speed.',
    rule: 'With several points: packets with data, SYNs and FINs seen at one and not at the next, three or more, counted exactly; datagrams likewise. With one point: three echo requests or more without a reply between others that are answered (a warning); data sent again, or holes that are filled later, three or more and 0.5 % of at least 20 data segments, in one connection (of fewer, but at least 8: five timeouts, a quarter of all, 2 s of standstill, and all acknowledged at last) or in many short ones of a pair of hosts (three of which lose some); error from 2 % where data is among what was lost. Or octets that any link carries are sent three times over 2 s, or missing for 2 s, or to the end, in two connections, while their receiver still asks for them.',
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
      'Echo requests that all go unanswered from some moment on, or that are larger than all that are answered: no-reply, mtu-black-hole.',
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
    ...IN_VAIN_THRESHOLDS,
    vainConnections: VAIN_CONNECTIONS,
    ...VANISHED_THRESHOLDS,
    ...ECHO_LOSS_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
  },

  *detect(evidence) {
    const exact = lossesOfHops(evidence, thresholds.events.value).map((group) => exactOccurrence(evidence, group));
    yield* exact;
    const datagrams = lossesOfDatagrams(evidence, thresholds.events.value).map((group) =>
      exactOccurrence(evidence, group, true),
    );
    yield* datagrams;
    const covered = new Set(exact.flatMap((occurrence) => occurrence.conversations));
    const single = lossesAtOnePoint(evidence, covered).map((loss) => onePointOccurrence(evidence, loss));
    yield* single;
    for (const loss of lossesOfEchoes(evidence, new Set(datagrams.flatMap(({ conversations }) => conversations))))
      yield echoOccurrence(evidence, loss);
    const told = new Set(single.map(({ key }) => key));
    for (const vain of dataInVain(evidence))
      if (!told.has(`${vain.sender}>${vain.receiver}`)) yield vainOccurrence(evidence, vain);
  },

  explain(loss, names) {
    const { lost, sent, share, connections, exact, sender, receiver, bursts, vain, datagrams, echoes } = loss;
    const percent = (share * 100).toFixed(2);
    return {
      message:
        vain !== null
          ? inVainText(vain, names)
          : echoes
            ? `${lost} of ${counted(sent, 'echo request')} (${percent} %) of ${names.address(sender)} to ${names.address(receiver)} get no reply`
            : exact
              ? `${lost} of ${counted(sent, datagrams ? 'datagram' : 'packet')} (${percent} %) ${lost === 1 ? 'is' : 'are'} lost between ${names.point(loss.from!)} and ${names.point(loss.to!)}${datagrams ? '' : `: ${lostText(loss)}`}`
              : `About ${percent} % of the data from ${names.address(sender)} to ${names.address(receiver)} is lost (${lost} of ${counted(sent, 'segment')}${connections > 1 ? ` in ${connections} connections` : ''} had to be sent again)`,
      why: echoes
        ? 'Others between them are answered, of the same size or larger: some are lost on the way there or back.'
        : vain !== null
          ? inVainWhy(vain, names)
          : datagrams
            ? sizesText(loss.shape)
            : shapeText(loss.shape),
      causes: vain === null ? lossCauses(bursts) : inVainCauses(vain, names),
      confirm: lossCommands(loss, names),
      fix: [lossFix(loss, names)],
      wireshark: datagrams
        ? oneWay(sender, receiver)
        : `tcp.analysis.${vain !== null && vain.sendings === 0 ? 'lost_segment' : 'retransmission'} && ${oneWay(sender, receiver)}`,
    };
  },
});

const levelOf = (share: number): Level =>
  share >= thresholds.errorShare.value ? 'error' : share >= thresholds.share.value ? 'warning' : 'note';

/** The share is of all packets between the two points, not only those of conversations with loss. */
function exactOccurrence(
  evidence: Evidence,
  { all, losing: hops, conversations }: LossOfHops,
  datagrams = false,
): Loss {
  const [{ from, to, direction }] = hops;
  const [{ client, server }] = conversations;
  const lost = sum(hops, datagrams ? (hop) => hop.lost : lostToRepeat);
  const lostData = sum(hops, (hop) => hop.lostData);
  const ordinary = evidence.hopsLeftOut.find((hop) => hop.from === from && hop.to === to)?.packets ?? 0;
  const sent = sum(all, (hop) => hop.packets) + (datagrams ? 0 : ordinary);
  const share = sent === 0 ? 0 : lost / sent;
  const [sender, receiver] = direction === 0 ? [client, server] : [server, client];
  const { firstTime, lastTime } = evidence.points[from].quality;
  const bursts = lossBursts(hops, lastTime - firstTime);
  return {
    key: `${sender.address}>${receiver.address} ${evidence.points[from].role}>${evidence.points[to].role}${datagrams ? ' datagrams' : ''}`,
    level: datagrams || lostData > 0 || levelOf(share) === 'note' ? levelOf(share) : 'warning',
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
    lostAcknowledgements: datagrams ? 0 : sum(all, (hop) => hop.lost - lostToRepeat(hop)),
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
    vain: null,
    datagrams,
    inside: spanOf(evidence, [from, to]) === 'inside',
    echoes: false,
  };
}

/** Values that a single point cannot count. */
const NOT_COUNTED = {
  lostControl: 0,
  lostAcknowledgements: 0,
  exact: false,
  from: null,
  to: null,
  bursts: null,
  vain: null,
  datagrams: false,
  inside: false,
  echoes: false,
};

function onePointOccurrence(
  evidence: Evidence,
  { legs, direction, sender, receiver, lost, sent, conversations, connections }: OnePointLoss,
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

/** A warning at most: a host may answer fewer pings than it gets (icmp_ratelimit), and only one point saw them. */
function echoOccurrence(evidence: Evidence, { point, source, destination, lost, sent, conversations }: EchoLoss): Loss {
  const share = lost.length / sent;
  return {
    key: `${source}>${destination} echoes`,
    level: levelOf(share) === 'note' ? 'note' : 'warning',
    grade: 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    place: `between ${evidence.points[point].name} and ${destination}, there or back`,
    ...excerpt(packetsAt(point, lost, 'echo request, no reply', '>')),
    reach: lost.length,
    measured: { lost: lost.length, sent, share, exact: false },
    lost: lost.length,
    sent,
    share,
    connections: conversations.length,
    ...NOT_COUNTED,
    shape: shapeOfLegs([], 0),
    sender: source,
    receiver: destination,
    datagrams: true,
    echoes: true,
  };
}

/** At the receiver's side at least one segment of each connection is missing. */
function vainOccurrence(evidence: Evidence, vain: DataInVain): Loss {
  const { direction, legs, sendings, missing } = vain;
  const captured = sum(legs, (leg) => leg.directions[direction].dataSegments);
  const lost = sendings > 0 ? sendings : legs.length;
  const sent = sendings > 0 ? Math.max(captured, sendings) : captured + legs.length;
  const loss = onePointOccurrence(evidence, { ...vain, lost, sent, connections: legs.length });
  return {
    ...loss,
    level: 'error',
    ...excerpt(inVainPackets(vain)),
    measured: { ...loss.measured, ...(sendings > 0 ? { sendings } : { missingOctets: missing }) },
    vain,
  };
}
