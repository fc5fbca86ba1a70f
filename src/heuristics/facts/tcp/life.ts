import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { clientWentOn, octetsBetween, viewsOf } from './halves.ts';

/**
 * How far a connection got, by everything that was captured of it:
 *
 *   unknown     the capture does not show it
 *   asked       SYN
 *   offered     SYN-ACK, and no packet of the client after it
 *   not-taken   the client acknowledged the SYN-ACK, and nothing shows that the server got it: the server repeats the
 *               SYN-ACK, or no packet of the server was captured and the client repeats its data
 *   opened      the handshake is complete, or data was acknowledged
 */
export type Stage = 'unknown' | 'asked' | 'offered' | 'not-taken' | 'opened';

export interface Life {
  conversation: Conversation;
  /** The connection at each point, and the halves of it that were captured apart. */
  views: readonly Connection[];
  stage: Stage;
}

const cache = new WeakMap<Evidence, Map<Conversation, Life>>();

export function lifeOf(evidence: Evidence, conversation: Conversation): Life {
  let known = cache.get(evidence);
  if (known === undefined) cache.set(evidence, (known = new Map()));
  const found = known.get(conversation);
  if (found !== undefined) return found;
  const views = viewsOf(evidence, conversation);
  const life: Life = { conversation, views, stage: stageOf(views, ({ point }) => evidence.points[point].timeShift) };
  known.set(conversation, life);
  return life;
}

/** @param shiftOf seconds from the time of a view's point to the common time */
function stageOf(views: readonly Connection[], shiftOf: (view: Connection) => number): Stage {
  if (views.some(clientWentOn))
    return views.some(wasTaken) || !(isOfferedStill(views, shiftOf) || isSentInVain(views)) ? 'opened' : 'not-taken';
  if (views.some(({ synAck }) => synAck.length > 0)) return views.some(wasTaken) ? 'opened' : 'offered';
  if (views.some(({ syn }) => syn.length > 0)) return views.some(wasTaken) ? 'opened' : 'asked';
  return 'unknown';
}

/** Whether the server sent data or a FIN, or acknowledged more than the SYN. */
function wasTaken({ synAckAcks, directions: [to, back] }: Connection): boolean {
  if (back.dataSegments + back.fins > 0) return true;
  const opening = to.iss ?? (synAckAcks === null ? null : synAckAcks - 1);
  return opening !== null && back.ackHigh !== null && to.dataSegments > 0 && octetsBetween(opening, back.ackHigh) > 1;
}

/** Whether the server repeats its SYN-ACK after the client acknowledged one: at least three SYN-ACKs, and no reset. */
function isOfferedStill(views: readonly Connection[], shiftOf: (view: Connection) => number): boolean {
  const acks = views.flatMap((view) => {
    const ack = view.handshakeAck ?? view.directions[TO_SERVER].first;
    return ack === null ? [] : ack.time + shiftOf(view);
  });
  const since = Math.min(...acks);
  return (
    views.every(({ resets }) => resets.length === 0) &&
    views.some((view) => {
      const timed = timedOffers(view.synAck);
      return timed.length >= LIFE_THRESHOLDS.offers.value && timed[timed.length - 1] + shiftOf(view) > since;
    })
  );
}

/** Whether no packet of the server was captured and the client sends its data three times or more. */
const isSentInVain = (views: readonly Connection[]): boolean =>
  views.every(({ directions }) => directions[TO_CLIENT].packets === 0) &&
  views.some(({ directions }) =>
    directions[TO_SERVER].repeats.some(({ sendings }) => sendings >= LIFE_THRESHOLDS.offers.value),
  );

export const LIFE_THRESHOLDS = {
  offers: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  /**
   * A SYN-ACK that follows sooner is a copy: Linux repeats a SYN-ACK after a second (include/net/tcp.h,
   * TCP_TIMEOUT_INIT).
   */
  apart: { value: 0.2, unit: 's', source: 'docs/thresholds.md, partner-retry' },
} as const;

/** Times of the SYN-ACKs in seconds, without copies. */
export function timedOffers(synAck: Connection['synAck']): number[] {
  const times: number[] = [];
  for (const { time } of synAck)
    if (times.length === 0 || time - times[times.length - 1] >= LIFE_THRESHOLDS.apart.value) times.push(time);
  return times;
}
