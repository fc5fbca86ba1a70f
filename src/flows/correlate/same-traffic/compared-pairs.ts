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
  const reach = size <= MOST_COMPARED ? size : NEIGHBOURS;
  for (let i = 0; i < size; i++) {
    const last = i === 0 ? size - 1 : Math.min(size - 1, i + reach);
    for (let j = i + 1; j <= last; j++) yield [i, j];
  }
}
