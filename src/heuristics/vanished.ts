import type { Conversation, Evidence, Hop } from '../flows/evidence.ts';
import { spanOf } from './place.ts';

/** Fewest packets of a conversation that must vanish before its loss counts as total: one retry at least. */
const MINIMUM_LOST = 2;

/** All that some conversations sent from one point and that never came to the next, in one direction. */
export interface Vanished {
  between: [number, number];
  /** Inside one host, or between two. */
  span: 'inside' | 'between';
  hops: Hop[];
  conversations: Conversation[];
  lost: number;
  /** True when the packets were encapsulated where they were last seen. */
  encapsulated: boolean;
  /** Conversations that did pass from the first point to the second, in any direction. */
  passing: Conversation[];
}

const cache = new WeakMap<Evidence, Vanished[]>();

/** Conversations of which nothing passes between two neighbouring points, grouped by the points. */
export function vanishedOf(evidence: Evidence): Vanished[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const groups = new Map<string, Vanished>();
  for (const conversation of evidence.conversations) {
    const hop = conversation.hops.find(isTotal);
    if (hop === undefined) continue;
    const key = `${hop.from} ${hop.to}`;
    const group = groups.get(key) ?? emptyGroup(evidence, hop, conversation);
    groups.set(key, group);
    group.hops.push(hop);
    group.conversations.push(conversation);
    group.lost += hop.lost;
    group.encapsulated ||= isEncapsulated(conversation, hop.from);
  }
  for (const group of groups.values()) group.passing = passingOf(evidence, group);
  const found = [...groups.values()];
  cache.set(evidence, found);
  return found;
}

const isTotal = (hop: Hop): boolean => hop.assessable && hop.matched === 0 && hop.lost >= MINIMUM_LOST;

function emptyGroup(evidence: Evidence, hop: Hop, conversation: Conversation): Vanished {
  return {
    between: [hop.from, hop.to],
    span: locate(evidence, hop, conversation),
    hops: [],
    conversations: [],
    lost: 0,
    encapsulated: false,
    passing: [],
  };
}

/** Two points of unknown hosts are inside one when the packets change encapsulation between them. */
function locate(evidence: Evidence, hop: Hop, conversation: Conversation): 'inside' | 'between' {
  const span = spanOf(evidence, [hop.from, hop.to]);
  if (span !== 'unknown') return span;
  const roles = [evidence.points[hop.from].role, evidence.points[hop.to].role];
  return isEncapsulated(conversation, hop.from) !== roles.includes('node-nic') ? 'inside' : 'between';
}

function isEncapsulated(conversation: Conversation, point: number): boolean {
  return conversation.legs.some((leg) => leg.point === point && leg.encapsulation.length > 0);
}

function passingOf(evidence: Evidence, { between: [from, to], conversations }: Vanished): Conversation[] {
  const gone = new Set(conversations);
  return evidence.conversations.filter(
    (conversation) =>
      !gone.has(conversation) &&
      conversation.hops.some(
        (hop) => hop.matched > 0 && ((hop.from === from && hop.to === to) || (hop.from === to && hop.to === from)),
      ),
  );
}
