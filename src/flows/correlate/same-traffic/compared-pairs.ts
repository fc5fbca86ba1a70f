/**
 * Most members of a conversation of which every pair is compared. Packets pass a handful of devices, rarely a dozen.
 */
export const MOST_COMPARED = 24;
/** Number of neighbours that each member is compared with when there are more members. */
const NEIGHBOURS = 4;

/**
 * Selects the pairs of sightings of the same traffic that are compared. If they are few, every pair is. If there are
 * more (copies of one capture, a broadcast that hundreds of nodes see), each one is compared with its next neighbours
 * and with the first, so that the work grows linearly, not quadratically.
 */
export function* comparedPairs(size: number): Generator<[number, number], void, undefined> {
  const reach = reachOf(size);
  for (let i = 0; i < size; i++) {
    const last = i === 0 ? size - 1 : Math.min(size - 1, i + reach);
    for (let j = i + 1; j <= last; j++) yield [i, j];
  }
}

/** Those of these pairs that one of them is in, in the same order: as many whatever the size, but for the first. */
export function* comparedPairsWith(one: number, size: number): Generator<[number, number], void, undefined> {
  const reach = reachOf(size);
  if (one > 0) yield [0, one];
  for (let i = Math.max(1, one - reach); i < one; i++) yield [i, one];
  const last = one === 0 ? size - 1 : Math.min(size - 1, one + reach);
  for (let j = one + 1; j <= last; j++) yield [one, j];
}

const reachOf = (size: number): number => (size <= MOST_COMPARED ? size : NEIGHBOURS);
