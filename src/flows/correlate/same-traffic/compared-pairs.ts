/** Most members of a conversation that are compared each with each: packets pass a handful of devices, rarely a dozen. */
export const MOST_COMPARED = 24;
/** Neighbours that each of more members is compared with. */
const NEIGHBOURS = 4;

/**
 * Which of several sightings of the same traffic are compared: each with each, as long as they are few; of more (copies of
 * one capture, a broadcast that hundreds of nodes see) each with its next neighbours and with the first, so that the work
 * grows with their number and not with its square.
 */
export function* comparedPairs(size: number): Generator<[number, number], void, undefined> {
  const reach = size <= MOST_COMPARED ? size : NEIGHBOURS;
  for (let i = 0; i < size; i++) {
    const last = i === 0 ? size - 1 : Math.min(size - 1, i + reach);
    for (let j = i + 1; j <= last; j++) yield [i, j];
  }
}
