import { crc32 } from 'node:zlib';

/** Octets before the optional fields (RFC 1952, 2.3). */
const FIXED_OCTETS = 10;
const DEFLATE = 8;
const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;
const RESERVED_FLAGS = 0xe0;

type Field = 'fixed' | 'extra-length' | 'extra' | 'name' | 'comment' | 'crc';

/** Header of a gzip member, octet by octet: names in it may have any length. */
export class GzipHeader {
  #field: Field = 'fixed';
  /** Octets of this field so far. */
  #have = 0;
  #flags = 0;
  #extra = 0;
  #crc = 0;
  /** The octet before this one, of the fixed fields and of the header's own check. */
  #low = 0;

  get isEmpty(): boolean {
    return this.#field === 'fixed' && this.#have === 0;
  }

  clear(): void {
    this.#field = 'fixed';
    this.#have = 0;
    this.#flags = 0;
    this.#extra = 0;
    this.#crc = 0;
  }

  /** True after the last octet. @throws Error for what zlib refuses */
  push(octet: number): boolean {
    const at = this.#have++;
    if (this.#field === 'crc') return this.#check(at, octet);
    this.#crc = crc32(Uint8Array.of(octet), this.#crc);
    switch (this.#field) {
      case 'fixed':
        this.#checkFixed(at, octet);
        return this.#have === FIXED_OCTETS && this.#next(FLAG_EXTRA, 'extra-length');
      case 'extra-length':
        this.#extra += octet << (8 * at);
        if (at === 0) return false;
        return this.#extra === 0 ? this.#next(FLAG_NAME, 'name') : this.#begin('extra');
      case 'extra':
        return this.#have === this.#extra && this.#next(FLAG_NAME, 'name');
      case 'name':
        return octet === 0 && this.#next(FLAG_COMMENT, 'comment');
      case 'comment':
        return octet === 0 && this.#next(FLAG_HEADER_CRC, 'crc');
    }
  }

  /** Two octets at a time, as zlib does: of a stream that is cut the same is told. */
  #checkFixed(at: number, octet: number): void {
    if (at === 1 && (this.#low !== 0x1f || octet !== 0x8b)) throw new Error('incorrect header check');
    if (at === 3) {
      if (this.#low !== DEFLATE) throw new Error('unknown compression method');
      if ((octet & RESERVED_FLAGS) !== 0) throw new Error('unknown header flags set');
      this.#flags = octet;
    }
    this.#low = octet;
  }

  /** Begins `field` when the header has it, else what follows it; true when nothing does. */
  #next(flag: number, field: Field): boolean {
    if ((this.#flags & flag) !== 0) return this.#begin(field);
    if (flag === FLAG_EXTRA) return this.#next(FLAG_NAME, 'name');
    if (flag === FLAG_NAME) return this.#next(FLAG_COMMENT, 'comment');
    return flag !== FLAG_COMMENT || this.#next(FLAG_HEADER_CRC, 'crc');
  }

  #begin(field: Field): false {
    this.#field = field;
    this.#have = 0;
    return false;
  }

  #check(at: number, octet: number): boolean {
    if (at === 0) {
      this.#low = octet;
      return false;
    }
    if (this.#low + octet * 256 !== this.#crc % 65_536) throw new Error('header crc mismatch');
    return true;
  }
}
