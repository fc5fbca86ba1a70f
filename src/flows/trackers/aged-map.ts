/** What is kept until nothing was heard of it for a while. */
export interface Aged {
  readonly lastTime: number;
}

/** How keys are told apart that are objects. Keys with one hash may differ. */
export interface KeysOf<Key, Value> {
  hashOf(key: Key): number | string;
  isOf(value: Value, key: Key): boolean;
}

class Place<Value> {
  readonly hash: number | string;
  value: Value;
  isGone = false;
  /** Another entry with the same hash. */
  next: Place<Value> | undefined;

  constructor(hash: number | string, value: Value) {
    this.hash = hash;
    this.value = value;
  }
}

/**
 * Most entries with one hash; of 200,000 random hashes five are there twice, and none three times. The oldest one leaves for
 * another, so that a search stays short in a capture that was made to have more.
 */
const MOST_OF_ONE_HASH = 64;

/** Places at the front of the queue that are given up together, so that none is moved more than twice on average. */
const FEWEST_GIVEN_UP = 1024;

const TEXTS: KeysOf<string, unknown> = { hashOf: (key) => key, isOf: () => true };

/**
 * A map whose entries get old, in the order in which they came. The order is a queue of its own: the entries of a `Map` are
 * found by passing the places of all that were deleted before them, a hundred thousand for each packet of a flood.
 */
export class AgedMap<Key, Value extends Aged> {
  readonly #keys: KeysOf<Key, Value>;
  readonly #first = new Map<number | string, Place<Value>>();
  #size = 0;
  #queue: Place<Value>[] = [];
  /** Place of the oldest entry in the queue. */
  #oldest = 0;

  private constructor(keys: KeysOf<Key, Value>) {
    this.#keys = keys;
  }

  static byText<Value extends Aged>(): AgedMap<string, Value> {
    return new AgedMap<string, Value>(TEXTS);
  }

  /** By keys that are compared with the values. */
  static by<Key, Value extends Aged>(keys: KeysOf<Key, Value>): AgedMap<Key, Value> {
    return new AgedMap(keys);
  }

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    return this.#find(this.#keys.hashOf(key), key)?.value;
  }

  /** A known key gets another value, and keeps its place in the order. */
  set(key: Key, value: Value): void {
    const hash = this.#keys.hashOf(key);
    const known = this.#find(hash, key);
    if (known !== undefined) known.value = value;
    else this.#add(hash, value);
  }

  /** The key gets this value, and the last place in the order. */
  setLast(key: Key, value: Value): void {
    const hash = this.#keys.hashOf(key);
    const known = this.#find(hash, key);
    if (known !== undefined) this.#remove(known);
    this.#add(hash, value);
  }

  delete(key: Key): void {
    const known = this.#find(this.#keys.hashOf(key), key);
    if (known !== undefined) this.#remove(known);
  }

  /**
   * Removes old entries from the front. An entry at the front that is still in use keeps those after it. That costs memory,
   * but never a match.
   * @param seconds without a sign of it, after which an entry is old
   * @param onDropped is told of each
   * @param most entries that stay at most, old or not
   */
  dropOld(
    time: number,
    seconds: number,
    onDropped?: (value: Value) => void,
    most: number = Number.POSITIVE_INFINITY,
  ): void {
    const queue = this.#queue;
    for (; this.#oldest < queue.length; this.#oldest++) {
      const place = queue[this.#oldest];
      if (place.isGone) continue;
      if (this.#size <= most && time - place.value.lastTime < seconds) break;
      this.#remove(place);
      onDropped?.(place.value);
    }
    if (this.#oldest < FEWEST_GIVEN_UP || 2 * this.#oldest < queue.length) return;
    this.#queue = queue.slice(this.#oldest);
    this.#oldest = 0;
  }

  #find(hash: number | string, key: Key): Place<Value> | undefined {
    let place = this.#first.get(hash);
    while (place !== undefined && !this.#keys.isOf(place.value, key)) place = place.next;
    return place;
  }

  #add(hash: number | string, value: Value): void {
    const place = new Place(hash, value);
    place.next = this.#first.get(hash);
    this.#first.set(hash, place);
    this.#queue.push(place);
    this.#size++;
    this.#shorten(place);
  }

  #shorten(first: Place<Value>): void {
    let [last, length] = [first, 1];
    for (; last.next !== undefined; length++) last = last.next;
    if (length > MOST_OF_ONE_HASH) this.#remove(last);
  }

  #remove(gone: Place<Value>): void {
    gone.isGone = true;
    this.#size--;
    let place = this.#first.get(gone.hash);
    if (place !== gone) {
      while (place !== undefined && place.next !== gone) place = place.next;
      if (place !== undefined) place.next = gone.next;
    } else if (gone.next === undefined) this.#first.delete(gone.hash);
    else this.#first.set(gone.hash, gone.next);
  }
}
