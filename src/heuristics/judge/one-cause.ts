import type { Occurrence } from '../rule/rule.ts';
import { EXCERPT_LIMIT } from '../words/excerpt.ts';
import type { Alike } from './judgement.ts';
import type { Found } from './strongest-cause.ts';

export const ONE_CAUSE_THRESHOLDS = {
  /** So many clients that fare alike with one server are one finding about that server. */
  clientsOfOneServer: { value: 2, unit: 'hosts', source: 'docs/thresholds.md, one-cause' },
  /** More servers than this, of which one client hears nothing, are one finding about that client. */
  listedServers: { value: 3, unit: 'hosts', source: 'docs/thresholds.md, listed-destinations' },
  /** More pairs of ends than this, of which packets end between the same two points, are one finding about that place. */
  listedPairs: { value: 2, unit: 'conversations', source: 'docs/thresholds.md, one-place' },
} as const;

/** Ends that are told by name; a reader asks for a few, and the rest is counted. */
const LISTED_ALIKE = 50;

/** What was found, and the findings that it speaks for, itself among them. */
export interface Together {
  found: Found;
  members: readonly Found[];
  alike: Alike | null;
}

/**
 * Puts findings of one cause into one: of the same rule, level, grade, best explanation and own cause, with one end in
 * common, and the point next to that end where points are known; or with the same two points between which packets end.
 * The first of them, in the order given, speaks for all.
 *
 * @param found causes before their symptoms
 * @param bestExplanation equal for findings that the same hypotheses explain best
 */
export function onePerCause(found: readonly Found[], bestExplanation: (one: Found) => string): Together[] {
  const groupOf = new Map<Found, number>();
  const groups: Together[] = [];
  // Causes first: symptoms of findings that are one now are alike.
  for (const wave of [
    found.filter(({ explainedBy }) => !explainedBy),
    found.filter(({ explainedBy }) => explainedBy),
  ]) {
    const mechanismOf = new Map<Found, string>();
    for (const one of wave) {
      const cause = one.explainedBy === null ? '' : (groupOf.get(one.explainedBy) ?? one.explainedBy.fingerprint);
      const { grade, subject } = one.occurrence;
      mechanismOf.set(
        one,
        [one.rule.meta.id, one.level, grade, subject.protocol, cause, bestExplanation(one)].join('\n'),
      );
    }
    for (const { end, members } of groupsOf(wave, (one) => mechanismOf.get(one) as string)) {
      for (const member of members) groupOf.set(member, groups.length);
      groups.push(members.length === 1 ? alone(members[0]) : together(end, members));
    }
  }
  return groups;
}

interface Group {
  end: Alike['end'];
  members: Found[];
}

function groupsOf(found: readonly Found[], mechanismOf: (one: Found) => string): Group[] {
  const rest: Found[] = [];
  const alone: Found[] = [];
  const groups: Group[] = [];
  for (const members of grouped(found, (one) => sharesServer(one, mechanismOf(one)))) {
    if (differing('client', members) >= ONE_CAUSE_THRESHOLDS.clientsOfOneServer.value)
      groups.push({ end: 'client', members });
    else rest.push(...members);
  }
  for (const members of grouped(rest, (one) => sharesClient(one, mechanismOf(one)))) {
    if (differing('server', members) > ONE_CAUSE_THRESHOLDS.listedServers.value)
      groups.push({ end: 'server', members });
    else alone.push(...members);
  }
  for (const members of grouped(alone, (one) => sharesPlace(one, mechanismOf(one)))) {
    if (members.length > ONE_CAUSE_THRESHOLDS.listedPairs.value) groups.push({ end: 'pair', members });
    else groups.push(...members.map((member): Group => ({ end: 'server', members: [member] })));
  }
  return groups;
}

const differing = (end: 'client' | 'server', members: readonly Found[]): number =>
  new Set(members.map(({ occurrence }) => occurrence.subject[end])).size;

/** Null where the finding cannot be put to others. */
function sharesServer({ occurrence: { subject, between } }: Found, mechanism: string): string | null {
  if (subject.client === null || subject.server === null) return null;
  return [mechanism, between?.[1] ?? '', subject.serverBeforeNat ?? '', subject.server].join('\n');
}

/**
 * What vanishes may vanish on the way out of the client. A mechanism that is known to be at the server is another one
 * for each server.
 */
function sharesClient({ rule, occurrence: { subject, between } }: Found, mechanism: string): string | null {
  if (subject.client === null || subject.server === null || rule.meta.place !== 'last-seen') return null;
  return [mechanism, between?.[0] ?? '', subject.client].join('\n');
}

/** Packets of different ends that all stop between the same two points. */
function sharesPlace({ rule, occurrence: { subject, between } }: Found, mechanism: string): string | null {
  if (subject.client === null || subject.server === null || rule.meta.place !== 'last-seen' || !between) return null;
  return [mechanism, ...between].join('\n');
}

function grouped(found: readonly Found[], keyOf: (one: Found) => string | null): Found[][] {
  const groups = new Map<string | Found, Found[]>();
  for (const one of found) {
    const key = keyOf(one) ?? one;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const nameOf = (end: Alike['end'], subject: Occurrence['subject']): string =>
  end === 'pair' ? `${subject.client} → ${subject.server}` : String(subject[end]);

/** A finding that speaks for itself only. */
export const alone = (found: Found): Together => ({ found, members: [found], alike: null });

function together(end: Alike['end'], members: readonly Found[]): Together {
  const [first] = members;
  const reachOf = new Map<string, number>();
  const occurrences = members.map(({ occurrence }) => occurrence);
  for (const { subject, reach } of occurrences)
    reachOf.set(nameOf(end, subject), (reachOf.get(nameOf(end, subject)) ?? 0) + reach);
  reachOf.delete(nameOf(end, first.occurrence.subject));
  return {
    found: { ...first, occurrence: ofAll(occurrences) },
    members,
    alike: {
      end,
      others: reachOf.size,
      listed: [...reachOf].slice(0, LISTED_ALIKE).map(([name, reach]) => ({ name, reach })),
      places: new Set(occurrences.map(({ between, place }) => (between ?? place)?.toString())).size,
    },
  };
}

/** The first occurrence, with the conversations and totals of all and one packet of each of the others. */
function ofAll(occurrences: readonly Occurrence[]): Occurrence {
  const [first, ...others] = occurrences;
  const conversations = new Set<number>();
  for (const { conversations: own } of occurrences) for (const conversation of own) conversations.add(conversation);
  const ofOthers = others.slice(0, EXCERPT_LIMIT / 2).flatMap(({ packets }) => packets.slice(0, 1));
  const sum = (of: (occurrence: Occurrence) => number) => occurrences.reduce((total, one) => total + of(one), 0);
  return {
    ...first,
    conversations: [...conversations],
    packets: [...first.packets.slice(0, EXCERPT_LIMIT - ofOthers.length), ...ofOthers],
    packetsTotal: sum(({ packetsTotal, packets }) => Math.max(packetsTotal, packets.length)),
    reach: sum(({ reach }) => reach),
  };
}
