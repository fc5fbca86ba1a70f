import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { indexOf } from '../evidence-index.ts';

interface Views {
  of: Map<Conversation, readonly Connection[]>;
  halves: ReadonlyMap<string, readonly Connection[]>;
}

const cache = new WeakMap<Evidence, Views>();

/** The connection at each point, and the halves of it that were captured apart: requests here, replies there. */
export function viewsOf(evidence: Evidence, conversation: Conversation): readonly Connection[] {
  let known = cache.get(evidence);
  if (known === undefined) cache.set(evidence, (known = { of: new Map(), halves: halvesOf(evidence) }));
  const found = known.of.get(conversation);
  if (found !== undefined) return found;
  const { halves } = known;
  const legs = indexOf(evidence).connections(conversation);
  const views = [...new Set([...legs, ...legs.flatMap((leg) => otherHalvesOf(halves, leg))])];
  known.of.set(conversation, views);
  return views;
}

/**
 * Whether this is the replies of a connection whose requests were captured elsewhere: one connection, in two halves. The
 * half with the SYN stands for it.
 */
export function isReplyHalf(evidence: Evidence, conversation: Conversation): boolean {
  if (
    indexOf(evidence)
      .connections(conversation)
      .some(({ syn }) => syn.length > 0)
  )
    return false;
  return viewsOf(evidence, conversation).some(({ syn }) => syn.length > 0);
}

/**
 * Whether the client sent more than SYNs and resets: then it got the SYN-ACK. A connection without a SYN began before
 * the capture.
 */
export const clientWentOn = ({ handshakeAck, rolesFrom, directions: [to, back] }: Connection): boolean =>
  handshakeAck !== null ||
  (to.packets > to.syns + to.resets && to.ackHigh !== null && (rolesFrom !== 'guess' || back.packets > back.resets));

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

const tupleOf = ({ client, server }: Connection): string =>
  `${client.address} ${client.port} ${server.address} ${server.port}`;
