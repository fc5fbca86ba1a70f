import type { Lookup } from '../dns-lookups.ts';

/**
 * Answers that left a server and did not arrive. All of them are larger than any answer that arrived. Sizes are IP
 * lengths of first fragments.
 */
export interface LargeAnswers {
  lost: number;
  smallestLost: number;
  largestPassed: number;
  /** The farthest point that saw a lost answer. */
  point: number;
}

export const LARGE_ANSWER_THRESHOLDS = {
  /** Lost answers that show that size is the reason: a single one may be lost by chance. */
  largeAnswers: { value: 2, unit: 'datagrams', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

/**
 * Finds answers to `silent` lookups that a further point saw leave the server, although the client's point did not.
 *
 * @param all every lookup; the answers that arrived from the same server show which sizes the path carries
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
