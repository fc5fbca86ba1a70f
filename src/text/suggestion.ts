/** Longest word for which a suggestion is looked for: the comparison takes the product of both lengths. */
const LONGEST = 60;

/**
 * The known word that was probably meant: the nearest by insertions, deletions, replacements and swaps of neighbours
 * (at most one for each three letters), or the only one that begins with the given letters.
 */
export function suggestion(given: string, known: readonly string[]): string | undefined {
  if (given === '' || given.length > LONGEST) return undefined;
  const word = given.toLowerCase();
  const begun = known.filter((each) => each.startsWith(word));
  if (begun.length === 1) return begun[0];
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const each of known) {
    const distance = editDistance(word, each.toLowerCase());
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** ", did you mean X?" or nothing; `prefix` goes before the word. */
export function didYouMean(given: string, known: readonly string[], prefix = ''): string {
  const meant = suggestion(given, known);
  return meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
}

/** Optimal string alignment: one operation for each edited letter or swapped pair. */
function editDistance(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
