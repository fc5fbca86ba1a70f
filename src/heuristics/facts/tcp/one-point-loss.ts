import {
  type Connection,
  type Conversation,
  type Direction,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';
import { gatesOf } from '../gates.ts';
import { backgroundOf, lateOf, losesBetweenPoints, lossesOf, tellingLeg } from './background-loss.ts';
import { isHeavyLoss } from './heavy-loss.ts';
import { hadToShrink, isHopeless, tellsDuplicates } from './like-loss.ts';
import { lossesOverMany } from './loss-over-many.ts';

export const ONE_POINT_THRESHOLDS = {
  share: { value: 0.005, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
  events: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  deviations: { value: 4, unit: 'standard deviations', source: 'docs/thresholds.md, loss-deviations' },
  segments: { value: 20, unit: 'segments', source: 'docs/thresholds.md, loss-segments' },
  losingConnections: { value: 3, unit: 'connections', source: 'docs/thresholds.md, losing-connections' },
  lossesOverReorderings: { value: 1, unit: 'factor', source: 'docs/thresholds.md, losses-over-reorderings' },
} as const;

const { share, events, deviations, segments, losingConnections, lossesOverReorderings } = ONE_POINT_THRESHOLDS;

/** Data of one host that another lost, by what one point saw. */
export interface OnePointLoss {
  /** The connections that lost something. */
  legs: Connection[];
  direction: Direction;
  sender: string;
  receiver: string;
  /** Segments. */
  lost: number;
  sent: number;
  conversations: Conversation[];
  /** Connections, those that lost nothing included. */
  connections: number;
}

/**
 * Losses that one point saw: of single connections, and of many short ones between two hosts.
 *
 * @param covered conversations whose losses are counted between points
 */
export function lossesAtOnePoint(evidence: Evidence, covered: ReadonlySet<number>): OnePointLoss[] {
  const single = indexOf(evidence)
    .tcp.filter(({ index }) => !covered.has(index))
    .flatMap((conversation) =>
      ([TO_SERVER, TO_CLIENT] as const).flatMap((direction) =>
        losesBetweenPoints(conversation, direction) ? [] : (ofOne(evidence, conversation, direction) ?? []),
      ),
    );
  const told = new Set(single.map(pairOf));
  return [...single, ...overMany(evidence, covered).filter((loss) => !told.has(pairOf(loss)))];
}

const pairOf = ({ sender, receiver }: OnePointLoss): string => `${sender}>${receiver}`;

/** Sums the losses of many connections between two hosts. Each connection alone is too short to judge. */
function overMany(evidence: Evidence, covered: ReadonlySet<number>): OnePointLoss[] {
  const isJudged = (conversation: Conversation): boolean =>
    covered.has(conversation.index) ||
    losesBetweenPoints(conversation, TO_SERVER) ||
    losesBetweenPoints(conversation, TO_CLIENT) ||
    hadToShrink(evidence, conversation);
  return lossesOverMany(evidence, isJudged).flatMap(({ losing, ...group }) => {
    const { direction, lost, sent } = group;
    if (lost < events.value || losing.length < losingConnections.value) return [];
    if (sent < segments.value || lost / Math.max(1, sent) < share.value) return [];
    return lost < backgroundOf(evidence, losing[0], direction, deviations.value, sent)
      ? []
      : [{ ...group, legs: losing }];
  });
}

function ofOne(evidence: Evidence, conversation: Conversation, direction: Direction): OnePointLoss | null {
  const leg = tellingLeg(conversation, indexOf(evidence).connections(conversation), direction);
  const stats = leg.directions[direction];
  const lost = lossesOf(leg, direction);
  if (lost < events.value || lost / Math.max(1, stats.dataSegments) < share.value) return null;
  if (stats.dataSegments < segments.value && !isHeavyLoss(leg, direction, lost)) return null;
  if (
    !gatesOf(evidence).loss(leg.point).ok ||
    (lateOf(stats) > lost * lossesOverReorderings.value && !tellsDuplicates(leg, direction))
  )
    return null;
  if (isHopeless(stats) || hadToShrink(evidence, conversation)) return null;
  if (lost < backgroundOf(evidence, leg, direction, deviations.value)) return null;
  const [sender, receiver] = direction === TO_SERVER ? [leg.client, leg.server] : [leg.server, leg.client];
  return {
    legs: [leg],
    direction,
    sender: sender.address,
    receiver: receiver.address,
    lost,
    sent: stats.dataSegments,
    conversations: [conversation],
    connections: 1,
  };
}
