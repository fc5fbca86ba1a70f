/** Initial size: enough for the records of one file read. It grows when one record needs more. */
const FIRST_CAPACITY = 1 << 16;

const EMPTY = new Uint8Array(0);

/**
 * The bytes of a file that were pushed and not yet consumed.
 *
 *   bytes   ·········|████████████████|······
 *                    at               end        file offset of `at` = base + at
 *
 * A chunk is read in place; only the bytes that parsing leaves are copied. Each byte is copied a constant number of
 * times for any chunk size, because bytes are moved only when at least as many were consumed.
 */
export class ByteWindow {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;
  /** File offset of `bytes[0]`. It may be negative after the remaining bytes were moved within the buffer. */
  base = 0;
  #owned: Uint8Array = EMPTY;
  #memory: ((bytes: number) => Uint8Array) | undefined;

  /** Makes `chunk` readable after the remaining bytes. The chunk must not change before `keepRest`. */
  append(chunk: Uint8Array): void {
    if (this.#isRoom(chunk)) {
      this.end += chunk.length;
      return;
    }
    if (this.at < this.end || this.#memory !== undefined) {
      this.#makeRoom(chunk.length);
      this.bytes.set(chunk, this.end);
      this.end += chunk.length;
      return;
    }
    this.base += this.at;
    // A Buffer and a Uint8Array have different hidden classes; using one class keeps the hot path monomorphic.
    this.bytes =
      chunk.constructor === Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.at = 0;
    this.end = chunk.length;
  }

  /** Memory behind the remaining bytes, into which the next chunk can be read: then it is not copied. */
  room(bytes: number): Uint8Array {
    if (this.bytes !== this.#owned) this.#moveToLarger(bytes);
    else this.#makeRoom(bytes);
    return this.bytes.subarray(this.end, this.end + bytes);
  }

  /** From now on all bytes are copied into memory that `memory` gives. */
  moveInto(memory: (bytes: number) => Uint8Array): void {
    this.#memory = memory;
    this.#moveToLarger(this.end - this.at);
  }

  /** Copies the remaining bytes out of the caller's chunk. The caller may reuse the chunk afterwards. */
  keepRest(): void {
    const left = this.end - this.at;
    if (left === 0 || this.bytes === this.#owned) return;
    if (this.#owned.length < left) this.#owned = new Uint8Array(Math.max(FIRST_CAPACITY, 2 * left));
    this.#owned.set(this.bytes.subarray(this.at, this.end));
    this.#moveTo(this.#owned);
  }

  #isRoom(chunk: Uint8Array): boolean {
    const { bytes } = this;
    return bytes === this.#owned && chunk.buffer === bytes.buffer && chunk.byteOffset === bytes.byteOffset + this.end;
  }

  /** Makes space for `more` bytes after `end`, in the owned buffer. */
  #makeRoom(more: number): void {
    const owned = this.#owned;
    if (owned.length - this.end >= more) return;
    const left = this.end - this.at;
    if (this.at >= left && owned.length >= left + more) {
      owned.copyWithin(0, this.at, this.end);
      this.#moveTo(owned);
      return;
    }
    this.#moveToLarger(left + more);
  }

  /** Moves the remaining bytes to a new buffer, for twice as many as `bytes`. */
  #moveToLarger(bytes: number): void {
    const capacity = Math.max(FIRST_CAPACITY, 2 * bytes);
    const larger = this.#memory?.(capacity) ?? new Uint8Array(capacity);
    larger.set(this.bytes.subarray(this.at, this.end));
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
