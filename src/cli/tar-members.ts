/** Files in a tar archive (POSIX.1-2017 pax, ustar, GNU long names): enough to read a folder of captures. */

const BLOCK = 512;

export interface TarMember {
  name: string;
  /** View into the archive. */
  data: Uint8Array;
  /** The archive ends inside it. */
  isCut?: true;
}

/** Regular files in order; where the archive is cut, the last one as far as it goes. */
export function* tarMembers(archive: Uint8Array): Generator<TarMember> {
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (!isTarHeader(header)) return;
    const size = sizeOf(header);
    const start = at + BLOCK;
    const isCut = start + size > archive.length;
    const data = archive.subarray(start, start + size);
    const type = String.fromCharCode(header[156]);
    if (type === 'L') longName = textOf(data, 0, size);
    else if (type === 'x') longName = paxPath(data) ?? longName;
    else {
      if (type === '0' || type === '\0') yield { name: longName ?? nameOf(header), data, ...(isCut && { isCut }) };
      longName = undefined;
    }
    if (isCut) return;
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** True when the checksum of the header is right: the sum of its octets, with the checksum field counted as spaces. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK || header[0] === 0) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at];
  return sum === Number.parseInt(textOf(header, 148, 8), 8);
}

/** Octal text, or base 256 when the top bit is set (GNU), for members of 8 GiB or more. */
function sizeOf(header: Uint8Array): number {
  if ((header[124] & 0x80) === 0) return Number.parseInt(textOf(header, 124, 12), 8) || 0;
  let size = 0;
  for (let at = 125; at < 136; at++) size = size * 256 + header[at];
  return size;
}

function nameOf(header: Uint8Array): string {
  const prefix = textOf(header, 257, 5) === 'ustar' ? textOf(header, 345, 155) : '';
  const name = textOf(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The `path` value of the records "LENGTH KEYWORD=VALUE\n". */
function paxPath(data: Uint8Array): string | undefined {
  return /^\d+ path=(.*)$/m.exec(textOf(data, 0, data.length))?.[1];
}

function textOf(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}
