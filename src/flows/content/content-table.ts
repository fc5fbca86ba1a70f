import { grown, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { ContentAccess } from './content-access.ts';
import { RECORD_BYTES } from './content-marks.ts';

/** Octets kept of a server name or a request line. */
export const TEXT_OCTETS = 64;
/** The connection has no record. */
const NONE = 0;
const FIRST_RECORDS = 64;

/** Records of the connections that are being read, found by the number of the connection. */
export class ContentTable {
  readonly records = new ContentAccess(FIRST_RECORDS * RECORD_BYTES);
  /** By connection: NONE, or the number of its record plus 1. */
  #places: Uint32Array = new Uint32Array(1024);
  #linear: LinearMemory | undefined;
  /** Texts by record, `TEXT_OCTETS` each. */
  #texts = new Uint8Array(FIRST_RECORDS * TEXT_OCTETS);
  readonly #most: number;
  readonly #free: number[] = [];
  #length = 0;
  #oldest = 0;

  /** @param most records at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** Moves the records and their places into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.records.moveInto(linear);
    this.#growPlaces(this.#places.length);
  }

  /** Where a core finds them, and how many connections have a place. */
  get places(): { contents: number; contentPlaces: number; contentRows: number } {
    const { byteOffset: contentPlaces, length: contentRows } = this.#places;
    return { contents: this.records.linearAddress, contentPlaces, contentRows };
  }

  /** Offset of the record of a connection, bytes; -1 when it has none. */
  find(connection: number): number {
    const place = connection < this.#places.length ? this.#places[connection] : NONE;
    return place === NONE ? -1 : (place - 1) * RECORD_BYTES;
  }

  /**
   * Offset of a new record. When all are taken, the oldest gives way.
   * @param onEvicted is told the offset of that record
   */
  add(connection: number, onEvicted: (at: number) => void): number {
    let number = this.#free.pop();
    if (number === undefined && this.#length < this.#most) number = this.#length++;
    if (number === undefined) {
      number = this.#oldest;
      this.#oldest = (number + 1) % this.#most;
      onEvicted(number * RECORD_BYTES);
      // `onEvicted` ends the connection, which frees the record.
      this.#free.pop();
    }
    const at = number * RECORD_BYTES;
    if (at >= this.records.capacity) {
      this.records.resize(2 * at);
      this.#texts = grown(this.#texts, 2 * number * TEXT_OCTETS);
    }
    this.records.bytesAt(at, RECORD_BYTES).fill(0);
    this.records.setConnection(at, connection);
    this.#setPlace(connection, number + 1);
    return at;
  }

  /** Frees the record of a connection. */
  end(connection: number): void {
    const at = this.find(connection);
    if (at >= 0) this.#free.push(at / RECORD_BYTES);
    this.#setPlace(connection, NONE);
  }

  /** Keeps the first octets of a text. */
  setText(at: number, bytes: Uint8Array, from: number, octets: number): void {
    const kept = Math.min(octets, TEXT_OCTETS);
    this.#texts.set(bytes.subarray(from, from + kept), (at / RECORD_BYTES) * TEXT_OCTETS);
    this.records.setTextOctets(at, kept);
  }

  /** The octets of the text. */
  textOf(at: number): Uint8Array {
    const start = (at / RECORD_BYTES) * TEXT_OCTETS;
    return this.#texts.subarray(start, start + this.records.textOctets(at));
  }

  #setPlace(connection: number, place: number): void {
    if (connection >= this.#places.length) this.#growPlaces(Math.max(connection + 1, this.#places.length * 2));
    this.#places[connection] = place;
  }

  #growPlaces(rows: number): void {
    const linear = this.#linear;
    this.#places = linear === undefined ? grown(this.#places, rows) : grownIn(linear, this.#places, rows);
  }
}
