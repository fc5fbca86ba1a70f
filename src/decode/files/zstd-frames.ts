import { u8, u16le, u32le } from '../octets.ts';
import { HUFFMAN_HEAD, weightsNeverEnd } from './zstd-huffman.ts';

const ZSTD_MAGIC = 0xfd2fb528;
/** First of the 16 magic numbers of skippable frames. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
/** Octets of the content size field, by the top two bits of the descriptor (RFC 8878, 3.1.1.1.1). */
const CONTENT_SIZE_OCTETS = [0, 2, 4, 8];
const DICTIONARY_OCTETS = [0, 1, 2, 4];
/** Longest frame header: magic, descriptor, window, dictionary, content size. */
const MAX_HEADER = 18;

/**
 * Walks the frames of a zstd stream (RFC 8878, 3.1) without decoding them. It reports the memory that each frame needs
 * before a decoder allocates it, and refuses blocks that would make the decoder loop forever.
 */
export class ZstdFrames {
  readonly #onWindow: (bytes: number) => void;
  readonly #head = new Uint8Array(MAX_HEADER);
  #have = 0;
  #expecting: 'frame' | 'block' = 'frame';
  #checksumOctets = 0;
  /** Octets to skip before the next header. */
  #skip = 0;
  /** First octets of a compressed block; they count as part of the skipped octets. */
  readonly #huffman = new Uint8Array(HUFFMAN_HEAD);
  #huffmanHave = 0;
  #huffmanNeed = 0;

  constructor(onWindow: (bytes: number) => void) {
    this.#onWindow = onWindow;
  }

  /**
   * Walks on from `at` to the end of the block or frame header that lies there, or of the chunk; returns that place.
   * Bytes that are no frame are left to the decoder to refuse.
   *
   * @throws Error for a block that cannot be decoded, and what `onWindow` throws
   */
  advance(chunk: Uint8Array, at: number): number {
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        if (this.#huffmanHave < this.#huffmanNeed) this.#lookAtBlock(chunk.subarray(at, at + passed));
        this.#skip -= passed;
        at += passed;
        if (this.#skip === 0) return at;
        continue;
      }
      this.#head[this.#have++] = u8(chunk, at++);
      if (this.#expecting === 'frame') this.#frameHeader();
      else this.#blockHeader();
    }
    return at;
  }

  #frameHeader(): void {
    const head = this.#head;
    if (this.#have < 5) return;
    const magic = u32le(head, 0);
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      if (this.#have < 8) return;
      this.#skip = u32le(head, 4);
      this.#have = 0;
      return;
    }
    if (magic !== ZSTD_MAGIC) {
      this.#skip = Number.POSITIVE_INFINITY;
      return;
    }
    const descriptor = u8(head, 4);
    const singleSegment = (descriptor & 0x20) !== 0;
    const sizeOctets = descriptor >>> 6 === 0 && singleSegment ? 1 : CONTENT_SIZE_OCTETS[descriptor >>> 6];
    const sizeAt = 5 + (singleSegment ? 0 : 1) + DICTIONARY_OCTETS[descriptor & 3];
    if (this.#have < sizeAt + sizeOctets) return;
    this.#onWindow(singleSegment ? contentSize(head, sizeAt, sizeOctets) : windowSize(u8(head, 5)));
    this.#checksumOctets = (descriptor & 4) !== 0 ? 4 : 0;
    this.#expecting = 'block';
    this.#have = 0;
  }

  #blockHeader(): void {
    if (this.#have < 3) return;
    const head = this.#head;
    // Three octets, least significant first: last block, type, size.
    const header = u16le(head, 0) + u8(head, 2) * 65_536;
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    this.#skip = type === RLE_BLOCK ? 1 : size;
    this.#huffmanHave = 0;
    this.#huffmanNeed = type === COMPRESSED_BLOCK ? Math.min(size, HUFFMAN_HEAD) : 0;
    if ((header & 1) !== 0) {
      this.#skip += this.#checksumOctets;
      this.#expecting = 'frame';
    }
    this.#have = 0;
  }

  #lookAtBlock(passed: Uint8Array): void {
    const taken = Math.min(this.#huffmanNeed - this.#huffmanHave, passed.length);
    this.#huffman.set(passed.subarray(0, taken), this.#huffmanHave);
    this.#huffmanHave += taken;
    if (this.#huffmanHave === this.#huffmanNeed && weightsNeverEnd(this.#huffman, this.#huffmanHave)) {
      throw new Error('Huffman weights without an end');
    }
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(head: Uint8Array, at: number, octets: number): number {
  if (octets === 1) return u8(head, at);
  if (octets === 2) return u16le(head, at) + 256;
  return u32le(head, at) + (octets === 8 ? u32le(head, at + 4) * 2 ** 32 : 0);
}
