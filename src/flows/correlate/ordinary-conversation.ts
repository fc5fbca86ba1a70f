import type { Conversation, Hop, Leg } from '../evidence.ts';
import { legOf } from './conversation-leg.ts';
import type { Member } from './same-traffic.ts';

/** A hop on which nothing was lost. */
export type PassedHop = Pick<Hop, 'from' | 'to' | 'packets'>;

const NONE: readonly Hop[] = [];

/**
 * What is left of an ordinary conversation that no rule will see (`thinOut`): totals count it. As an object it takes 3 kB
 * where it passed two points, and there may be tens of thousands.
 */
export class OrdinaryConversation {
  readonly index: number;
  readonly protocol: Conversation['protocol'];
  readonly passed: readonly PassedHop[];
  readonly #members: readonly Member[];

  /** @param members its legs, of which nothing was lost on the way from one to the next */
  constructor({ index, protocol, hops }: Conversation, members: readonly Member[]) {
    this.index = index;
    this.protocol = protocol;
    this.passed = hops.map(({ from, to, packets }) => ({ from, to, packets }));
    this.#members = members;
  }

  /** Made anew each time. */
  get legs(): Leg[] {
    return this.#members.map(legOf);
  }

  /** None of which there is more to tell. */
  get hops(): readonly Hop[] {
    return NONE;
  }
}

/** A conversation while captures are compared. */
export type AnyConversation = Conversation | OrdinaryConversation;
