import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import { u16, u16le, u32, u32le } from '../octets.ts';
import type { CaptureFormat } from './capture-record.ts';

/** Octets in the file header. */
export const PCAP_HEADER_LENGTH = 24;
const MAGICS: ReadonlyMap<number, CaptureFormat> = new Map([
  [0xa1b2c3d4, 'pcap'],
  [0xa1b23c4d, 'pcap-ns'],
  [0xa1b2cd34, 'pcap-modified'],
]);

/** Format and byte order by the first four bytes; undefined if they are not those of classic pcap. */
export function pcapVariant(
  bytes: Uint8Array,
  at: number,
): { format: CaptureFormat; littleEndian: boolean } | undefined {
  const little = MAGICS.get(u32le(bytes, at));
  if (little !== undefined) return { format: little, littleEndian: true };
  const big = MAGICS.get(u32(bytes, at));
  return big === undefined ? undefined : { format: big, littleEndian: false };
}

/**
 * Link type of the file header's last word (draft-ietf-opsawg-pcap, 4): bits 28-31 hold the length of the frame check
 * sequence, bit 26 says that this length is present. Bits 16-25 are reserved. If they are not zero, the link type
 * counts as unknown, so that no packet is decoded with the wrong type.
 */
export const linkTypeOf = (field: number): number => field & 0x03ff_ffff;

/** Which length of a record comes first; versions before 2.3 wrote the original length first, 2.3 may have either order. */
export function lengthOrder(header: Uint8Array, littleEndian: boolean): 'never' | 'maybe' | 'always' {
  const major = littleEndian ? u16le(header, 4) : u16(header, 4);
  const minor = littleEndian ? u16le(header, 6) : u16(header, 6);
  // Files with other version numbers above 2 exist. All programs read them as 2.4.
  if (major < 2) {
    throw new PcapdiagError(
      'unsupported-format',
      `pcap version ${major}.${minor} is not supported, only 2.0 and later`,
      {
        offset: 4,
      },
    );
  }
  if (major > 2 || minor > 3) return 'never';
  return minor === 3 ? 'maybe' : 'always';
}
