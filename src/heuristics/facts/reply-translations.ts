import type { Connection, Conversation, Evidence } from '../../flows/evidence/evidence.ts';
import { answeredFromElsewhere } from './client-sockets.ts';
import { indexOf } from './evidence-index.ts';

/** A SYN-ACK whose source is the address that was asked at one point, and another address at the next point. */
export interface TranslatedReply {
  conversation: Conversation;
  /** At the point nearer to the client: the SYN, which gets no SYN-ACK from the address that it was sent to. */
  asked: Connection;
  /** At the same point: the SYN-ACK from another address. */
  answered: Connection;
  /** At the point nearer to the server: the SYN and its SYN-ACK, from the address that was asked. */
  inside: Connection;
}

const cache = new WeakMap<Evidence, TranslatedReply[]>();

/**
 * Replies whose source is translated on the path although the request was not: one for each connection that does not
 * open.
 *
 *   client ──SYN to P──▶ NIC ──SYN to P──▶ veth         not translated
 *          ◀── from N ──     ◀── from P ──              translated, which a reply must not be
 */
export function translatedRepliesOf(evidence: Evidence): readonly TranslatedReply[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const index = indexOf(evidence);
  const made = index.tcp.flatMap((conversation) => {
    const connections = index.connections(conversation);
    for (const [at, asked] of [...connections.entries()].reverse()) {
      const answered = answeredFromElsewhere(evidence, asked);
      const inside = answered && connections.slice(at + 1).find((other) => isAnsweredThere(asked, other));
      if (inside !== undefined) return [{ conversation, asked, answered: answered as Connection, inside }];
    }
    return [];
  });
  cache.set(evidence, made);
  return made;
}

/** Whether the address that was asked answers the same SYN there, and the handshake goes no further. */
const isAnsweredThere = (asked: Connection, other: Connection): boolean =>
  other.point !== asked.point &&
  other.server.address === asked.server.address &&
  other.server.port === asked.server.port &&
  other.syn.length > 0 &&
  other.synAck.length > 0 &&
  other.directions[0].iss === asked.directions[0].iss &&
  other.handshakeAck === null;
