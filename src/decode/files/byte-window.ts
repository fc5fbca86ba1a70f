/** Enough for the records of one read of a file; grows when one record needs more. */
const FIRST_CAPACITY = 1 << 16;

const EMPTY = new Uint8Array(0);

/**
 * The bytes of a file that were pushed and not yet taken.
 *
 *   bytes   ·········|████████████████|······
 *                    at               end        file offset of `at` = base + at
 *
 * A chunk is read where it lies; only what is left of it after parsing is copied. Each byte is copied a constant
 * number of times whatever the size of the chunks, because room is made by moving only when at least as many bytes
 * were taken as are moved.
 */
export class ByteWindow {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;
  /** File offset of `bytes[0]`; may be negative after the rest was moved within the buffer. */
  base = 0;
  #owned: Uint8Array = EMPTY;

  /** Makes `chunk` readable behind what is left. The chunk must not change before `keepRest`. */
  append(chunk: Uint8Array): void {
    if (this.at < this.end) {
      this.#makeRoom(chunk.length);
      this.bytes.set(chunk, this.end);
      this.end += chunk.length;
      return;
    }
    this.base += this.at;
    // A Buffer has another hidden class than a Uint8Array; one class keeps the hot path monomorphic.
    this.bytes =
      chunk.constructor === Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.at = 0;
    this.end = chunk.length;
  }

  /** Copies what is left out of the caller's chunk, which the caller may reuse afterwards. */
  keepRest(): void {
    const left = this.end - this.at;
    if (left === 0 || this.bytes === this.#owned) return;
    if (this.#owned.length < left) this.#owned = new Uint8Array(Math.max(FIRST_CAPACITY, 2 * left));
    this.#owned.set(this.bytes.subarray(this.at, this.end));
    this.#moveTo(this.#owned);
  }

  /** Room for `more` bytes after `end`, in the owned buffer. */
  #makeRoom(more: number): void {
    const owned = this.#owned;
    if (owned.length - this.end >= more) return;
    const left = this.end - this.at;
    if (this.at >= left && owned.length >= left + more) {
      owned.copyWithin(0, this.at, this.end);
      this.#moveTo(owned);
      return;
    }
    const larger = new Uint8Array(Math.max(FIRST_CAPACITY, 2 * (left + more)));
    larger.set(owned.subarray(this.at, this.end));
    this.#owned = larger;
    this.#moveTo(larger);
  }

  #moveTo(buffer: Uint8Array): void {
    this.base += this.at;
    this.end -= this.at;
    this.at = 0;
    this.bytes = buffer;
  }
}
