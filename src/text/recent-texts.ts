/**
 * Caches the texts of recently used numbers, so that thousands of places that name one address share one string.
 * Direct-mapped: a number replaces another one that maps to the same place.
 */
export class RecentTexts {
  readonly #numbers: Float64Array;
  readonly #texts: string[];
  readonly #make: (number: number) => string;

  /** @param places a power of two @param make returns the text of a number that is 0 or above */
  constructor(places: number, make: (number: number) => string) {
    this.#numbers = new Float64Array(places).fill(-1);
    this.#texts = Array<string>(places).fill('');
    this.#make = make;
  }

  of(number: number): string {
    const place = placeOf(number) & (this.#numbers.length - 1);
    if (this.#numbers[place] !== number) {
      this.#texts[place] = this.#make(number);
      this.#numbers[place] = number;
    }
    return this.#texts[place];
  }
}

/** Mixes the low 32 bits with the bits above them. */
function placeOf(number: number): number {
  const low = number | 0;
  const h = Math.imul(low ^ Math.imul(((number - (low >>> 0)) / 2 ** 32) | 0, 0x9e3779b1), 0x85ebca6b);
  return h ^ (h >>> 15);
}
