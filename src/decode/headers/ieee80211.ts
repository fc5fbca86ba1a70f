import { u8, u16 } from '../octets.ts';

/**
 * Data frame of a wireless LAN (IEEE 802.11, 9.3.2), as access points send it to their controller inside GRE.
 *
 *  | Frame Control (2) | Duration (2) | Address 1 (6) | Address 2 (6) | Address 3 (6) | Sequence (2) |
 *  | Address 4 (6, when To DS and From DS) | QoS (2, in QoS data) | LLC …
 */
export const LENGTH = 24;
const ADDRESS_LENGTH = 6;
const QOS_LENGTH = 2;
/** First octet: version 0, type data in bits 2 and 3. Bit 6 marks frames without data, bit 7 QoS. */
const TYPE_MASK = 0x0f;
const TYPE_DATA = 0x08;
const WITHOUT_DATA = 0x40;
const QOS = 0x80;
const BOTH_DS = 0x03;
const PROTECTED = 0x40;
/** GRE protocol types of Aruba's access points: 0x8200 plus a number, up to 0x8fff. */
const FIRST_ARUBA = 0x8200;
const LAST_ARUBA = 0x8fff;

/** True for a GRE protocol type that means 802.11 frames. AppleTalk and IPv6 lie in the same range and are excluded. */
export const isGreType = (type: number, ipv6: number): boolean =>
  type >= FIRST_ARUBA && type <= LAST_ARUBA && type !== ipv6;

/** Offset of the LLC header after a data frame at `at`; -1 for other, encrypted or truncated frames. */
export function llcAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + LENGTH > end) return -1;
  const control = u8(bytes, at);
  const flags = u16(bytes, at) & 0xff;
  if ((control & TYPE_MASK) !== TYPE_DATA || (control & WITHOUT_DATA) !== 0 || (flags & PROTECTED) !== 0) return -1;
  const inside =
    at + LENGTH + ((flags & BOTH_DS) === BOTH_DS ? ADDRESS_LENGTH : 0) + ((control & QOS) !== 0 ? QOS_LENGTH : 0);
  return inside <= end ? inside : -1;
}
