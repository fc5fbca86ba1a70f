import type { Conversation, Endpoint, Hop, Leg } from '../../evidence/evidence.ts';
import { rolesOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import { conversationProtocol, legOf } from './conversation-leg.ts';

const NO_HOPS: Hop[] = [];

/**
 * A conversation that one point saw and no other should have seen, so its biflow is all that is known. With captures of
 * different nodes most conversations are of this kind, and rules inspect few of them. So the other fields are created
 * on request.
 */
export class LoneConversation implements Conversation {
  readonly index: number;
  readonly #member: Member;
  readonly serverBeforeNat = null;
  readonly clientAfterNat = null;

  constructor(index: number, member: Member) {
    this.index = index;
    this.#member = member;
  }

  get protocol(): Conversation['protocol'] {
    return conversationProtocol([this.#member.biflow]);
  }

  /** Created at each call. */
  get legs(): Leg[] {
    return [legOf(this.#member)];
  }

  get hops(): Hop[] {
    return NO_HOPS;
  }

  get client(): Endpoint {
    return rolesOf(this.#member).client;
  }

  get server(): Endpoint {
    return rolesOf(this.#member).server;
  }

  /** The same as plain data. */
  toObject(): Conversation {
    const { index, protocol, legs, client, server, serverBeforeNat, clientAfterNat } = this;
    return { index, protocol, legs, hops: [], client, server, serverBeforeNat, clientAfterNat };
  }
}
