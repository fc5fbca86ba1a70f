import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';

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

interface Lives {
  of: Map<Conversation, Life>;
  halves: ReadonlyMap<string, readonly Connection[]>;
}

const cache = new WeakMap<Evidence, Lives>();

export function lifeOf(evidence: Evidence, conversation: Conversation): Life {
  let known = cache.get(evidence);
  if (known === undefined) cache.set(evidence, (known = { of: new Map(), halves: halvesOf(evidence) }));
  const found = known.of.get(conversation);
  if (found !== undefined) return found;
  const legs = indexOf(evidence).connections(conversation);
  const views = [...new Set([...legs, ...legs.flatMap((leg) => otherHalvesOf(known.halves, leg))])];
  const life: Life = { conversation, views, stage: stageOf(views) };
  known.of.set(conversation, life);
  return life;
}

function stageOf(views: readonly Connection[]): Stage {
  if (views.some(clientWentOn))
    return views.some(wasTaken) || !(isOfferedStill(views) || isSentInVain(views)) ? 'opened' : 'not-taken';
  if (views.some(({ synAck }) => synAck.length > 0)) return views.some(wasTaken) ? 'opened' : 'offered';
  if (views.some(({ syn }) => syn.length > 0)) return views.some(wasTaken) ? 'opened' : 'asked';
  return 'unknown';
}

/**
 * Whether the client sent more than SYNs and resets: then it got the SYN-ACK. A connection without a SYN began before
 * the capture.
 */
const clientWentOn = ({ handshakeAck, rolesFrom, directions: [to, back] }: Connection): boolean =>
  handshakeAck !== null ||
  (to.packets > to.syns + to.resets && to.ackHigh !== null && (rolesFrom !== 'guess' || back.packets > back.resets));

/** Whether the server sent data or a FIN, or acknowledged more than the SYN. */
function wasTaken({ synAckAcks, directions: [to, back] }: Connection): boolean {
  if (back.dataSegments + back.fins > 0) return true;
  const opening = to.iss ?? (synAckAcks === null ? null : synAckAcks - 1);
  return opening !== null && back.ackHigh !== null && to.dataSegments > 0 && octetsBetween(opening, back.ackHigh) > 1;
}

/** Whether the server repeats its SYN-ACK after the client acknowledged one: at least three SYN-ACKs, and no reset. */
function isOfferedStill(views: readonly Connection[]): boolean {
  const acks = views.flatMap(({ handshakeAck, directions: [to] }) => handshakeAck ?? to.first ?? []);
  const since = Math.min(...acks.map(({ time }) => time));
  return (
    views.every(({ resets }) => resets.length === 0) &&
    views.some(({ synAck }) => {
      const timed = timedOffers(synAck);
      return timed.length >= LIFE_THRESHOLDS.offers.value && timed[timed.length - 1] > since;
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

/** Connections of which only one direction was captured, by their end points. */
function halvesOf({ connections }: Evidence): Map<string, Connection[]> {
  return groupBy(
    connections.filter(({ directions: [to, back] }) => to.packets === 0 || back.packets === 0),
    tupleOf,
  );
}

/** The other direction, captured at another point. Its SYN-ACK acknowledges exactly this SYN, in all 32 bits. */
function otherHalvesOf(halves: ReadonlyMap<string, readonly Connection[]>, leg: Connection): readonly Connection[] {
  const { directions } = leg;
  if (directions[TO_SERVER].packets > 0 && directions[TO_CLIENT].packets > 0) return [];
  return (halves.get(tupleOf(leg)) ?? []).filter((other) => answers(leg, other) || answers(other, leg));
}

const answers = ({ directions: [to] }: Connection, { synAckAcks }: Connection): boolean =>
  to.iss !== null && synAckAcks !== null && octetsBetween(to.iss, synAckAcks) === 1;

/**
 * Octets from one raw sequence number to another, modulo 2³² (RFC 9293, 3.4). Negative when the second number is the
 * earlier one.
 */
export const octetsBetween = (from: number, to: number): number => (to - from) | 0;

const tupleOf = ({ client, server }: Connection): string => `${endpointText(client)} ${endpointText(server)}`;
