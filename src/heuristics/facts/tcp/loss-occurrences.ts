import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { gradeOf } from '../../rule/grade.ts';
import type { Level, Occurrence } from '../../rule/rule.ts';
import { excerpt, lostPackets, packetsAt } from '../../words/excerpt.ts';
import type { LossyPath } from '../../words/loss-commands.ts';
import { sum } from '../../words/quality-note.ts';
import { repeatedPackets } from '../../words/repeated-packets.ts';
import type { RequestLoss } from '../echo-losses.ts';
import { indexOf } from '../evidence-index.ts';
import { breakPointOf, spanOf } from '../place.ts';
import { subjectOf } from '../subject.ts';
import { type DataInVain, inVainPackets } from './data-in-vain.ts';
import { type FinsInVain, finsPackets } from './fins-in-vain.ts';
import { type LossOfHops, lostToRepeat } from './hop-losses.ts';
import { type LossBursts, lossBursts } from './loss-bursts.ts';
import { type LossShape, type LostCounts, shapeOfHops, shapeOfLegs } from './loss-shape.ts';
import { ONE_POINT_THRESHOLDS, type OnePointLoss } from './one-point-loss.ts';

export const LOSS_THRESHOLDS = {
  errorShare: { value: 0.02, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
} as const;

/** A loss, as the rule tells it. */
export interface Loss extends Occurrence, LossyPath, LostCounts {
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
  /** FINs that never arrive; null for other losses. */
  fins: FinsInVain | null;
  /** Requests without a reply, seen from one point; null for what was seen to be lost. */
  requests: Pick<RequestLoss, 'what' | 'port'> | null;
}

const levelOf = (share: number): Level =>
  share >= LOSS_THRESHOLDS.errorShare.value ? 'error' : share >= ONE_POINT_THRESHOLDS.share.value ? 'warning' : 'note';

/** The share is of all packets between the two points, not only those of conversations with loss. */
export function exactOccurrence(
  evidence: Evidence,
  { all, losing: hops, conversations }: LossOfHops,
  datagrams = false,
): Loss {
  const [{ from, to, direction }] = hops;
  const [{ client, server }] = conversations;
  const lost = sum(hops, datagrams ? (hop) => hop.lost : lostToRepeat);
  const lostData = sum(hops, (hop) => hop.lostData);
  const ordinary = datagrams
    ? indexOf(evidence).datagramsLeftOut(hops[0], client.address, server.address)
    : (evidence.hopsLeftOut.find((hop) => hop.from === from && hop.to === to)?.packets ?? 0);
  const sent = sum(all, (hop) => hop.packets) + ordinary;
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
    fins: null,
    requests: null,
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
  fins: null,
  requests: null,
};

export function onePointOccurrence(
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

/** A warning at most: a host may answer fewer requests than it gets (icmp_ratelimit), and only one point saw them. */
export function requestOccurrence(
  evidence: Evidence,
  { what, port, point, source, destination, lost, total, sent, conversations }: RequestLoss,
): Loss {
  const share = total / sent;
  return {
    key: `${source}>${destination} ${what === 'echo request' ? 'echoes' : port}`,
    level: levelOf(share) === 'note' ? 'note' : 'warning',
    grade: 'inferred',
    subject: subjectOf(conversations).subject,
    conversations: conversations.map(({ index }) => index),
    place: `between ${evidence.points[point].name} and ${destination}, there or back`,
    ...excerpt(packetsAt(point, lost, `${what}, no reply`, '>')),
    reach: total,
    measured: { lost: total, sent, share, exact: false },
    lost: total,
    sent,
    share,
    connections: conversations.length,
    ...NOT_COUNTED,
    shape: shapeOfLegs([], 0),
    sender: source,
    receiver: destination,
    datagrams: true,
    requests: { what, port },
  };
}

/** A warning: the connections did their work, and only their end is held up. */
export function finsOccurrence(evidence: Evidence, fins: FinsInVain): Loss {
  const { legs, ended, sendings } = fins;
  const loss = onePointOccurrence(evidence, { ...fins, lost: legs.length, sent: ended, connections: legs.length });
  return {
    ...loss,
    key: `${loss.key} FINs`,
    level: 'warning',
    ...excerpt(finsPackets(fins)),
    measured: { ...loss.measured, ...(sendings > 0 && { sendings }) },
    fins,
  };
}

/** At the receiver's side at least one segment of each connection is missing. */
export function vainOccurrence(evidence: Evidence, vain: DataInVain): Loss {
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
