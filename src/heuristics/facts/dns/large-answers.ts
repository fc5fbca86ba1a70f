import type { Lookup } from '../dns-lookups.ts';

/** Answers that left a server and did not arrive, all of them larger than any that did. IP lengths of first fragments. */
export interface LargeAnswers {
  lost: number;
  smallestLost: number;
  largestPassed: number;
  /** Farthest point that saw one. */
  point: number;
}

export const LARGE_ANSWER_THRESHOLDS = {
  /** As many as show that it is the size: a single one may be lost by chance. */
  largeAnswers: { value: 2, unit: 'datagrams', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/**
 * Of `silent` lookups at the client, the answers that a further point saw leave.
 *
 * @param all every lookup: what arrived from the same server says what the path carries
 */
export function largeAnswersLost(all: readonly Lookup[], silent: readonly Lookup[]): LargeAnswers | null {
  const [{ client, server }] = silent;
  const lost = silent.flatMap(({ further }) => {
    const seen = further.findLast(({ responses }) => responses.length > 0);
    return seen === undefined ? [] : [{ octets: seen.responses[0].l3Length, point: seen.point }];
  });
  if (lost.length < LARGE_ANSWER_THRESHOLDS.largeAnswers.value) return null;
  const passed = all.flatMap((other) =>
    other.answer !== null && other.client.address === client.address && other.server.address === server.address
      ? [other.answer.l3Length]
      : [],
  );
  const smallestLost = Math.min(...lost.map(({ octets }) => octets));
  const largestPassed = Math.max(0, ...passed);
  if (largestPassed === 0 || largestPassed >= smallestLost) return null;
  return { lost: lost.length, smallestLost, largestPassed, point: lost[0].point };
}
