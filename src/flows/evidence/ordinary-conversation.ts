import type { Conversation, Endpoint, Hop, Leg } from './evidence.ts';

/** A hop on which nothing was lost. */
type PassedHop = Pick<Hop, 'from' | 'to' | 'direction' | 'packets'>;

/** Position of a leg in the evidence. */
type LegPlace = Pick<Leg, 'point' | 'flow' | 'kind' | 'index'>;

const NONE: readonly Hop[] = [];

/**
 * Reduced form of an ordinary conversation that no rule sees (`dropOrdinary`); totals count it. As an object, one that
 * passed two points takes 3 kB, and there may be tens of thousands.
 */
export class OrdinaryConversation {
  readonly index: number;
  readonly protocol: Conversation['protocol'];
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly legs: readonly LegPlace[];
  readonly passed: readonly PassedHop[];

  /** @param conversation without losses between its points */
  constructor({ index, protocol, client, server, legs, hops }: Conversation) {
    this.index = index;
    this.protocol = protocol;
    this.client = client;
    this.server = server;
    this.legs = legs.map(({ point, flow, kind, index }) => ({ point, flow, kind, index }));
    this.passed = hops.map(({ from, to, direction, packets }) => ({ from, to, direction, packets }));
  }

  /** Always empty: `passed` has everything that is known of its hops. */
  get hops(): readonly Hop[] {
    return NONE;
  }
}

/** A conversation while captures are compared. */
export type AnyConversation = Conversation | OrdinaryConversation;
