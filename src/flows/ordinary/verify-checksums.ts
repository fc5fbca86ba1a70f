import { PARTIAL, RIGHT } from '../trackers/fate-marks.ts';
import { point } from './find-point.ts';
import { be16At, i32At, u8At } from './memory.ts';
import * as O from './point-offsets.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import { IPV4 } from './read-network.ts';

/** Where the addresses lie in the IP header. */
const ADDRESSES_AT = 12;
const ADDRESSES_6_AT = 8;
/** Where the checksum lies in the TCP and in the UDP header. */
const TCP_CHECKSUM_AT = 16;
const UDP_CHECKSUM_AT = 6;
const ALL_ONES = 0xffff;
/** A sum is folded before it leaves the positive words. */
const LARGEST_SUM = 0x3fff_ffff;

/** A checksum of the packet is wrong. */
export const WRONG: i32 = -1;

/** Whether no checksum of the packet is to be verified, or all that were captured are right (`decode/checksum.ts`). */
export function areRightChecksums(): boolean {
  if (i32At(point + O.TO_VERIFY) <= 0) return true;
  const marks = checksumMarks();
  return marks !== WRONG && marks !== PARTIAL;
}

/**
 * RIGHT or PARTIAL of its TCP or UDP checksum, 0 where that was not captured whole or UDP has none; WRONG also for its IP
 * checksum.
 */
export function checksumMarks(): i32 {
  if (!N.isIpv6 && !isRightIpv4(N.ip)) return WRONG;
  const end = N.ip + N.l3Length;
  const field = be16At(P.transport + (P.isDatagram ? UDP_CHECKSUM_AT : TCP_CHECKSUM_AT));
  if (end > P.payloadEnd || (field === 0 && P.isDatagram)) return 0;
  const from = N.ip + (N.isIpv6 ? ADDRESSES_6_AT : ADDRESSES_AT);
  const addresses = sumOf(from, N.inside, P.isDatagram ? N.PROTOCOL_UDP : N.PROTOCOL_TCP);
  const pseudo = addresses + end - P.transport;
  if (folded(sumOf(P.transport, end, pseudo)) === ALL_ONES) return RIGHT;
  return field === folded(pseudo) || field === folded(addresses) ? PARTIAL : WRONG;
}

/** Whether the checksum of the IPv4 header at `at` is right; it has no options. */
export function isRightIpv4(at: i32): boolean {
  return folded(sumOf(at, at + IPV4, 0)) === ALL_ONES;
}

/** `total` and the words of 16 bits from `from` on; an odd last octet is the upper half of one (RFC 1071). */
function sumOf(from: i32, end: i32, total: i32): i32 {
  let sum: i32 = total;
  let at: i32 = from;
  for (; at + 1 < end; at += 2) {
    sum += be16At(at);
    if (sum > LARGEST_SUM) sum = (sum & 0xffff) + (sum >>> 16);
  }
  return at < end ? sum + (u8At(at) << 8) : sum;
}

function folded(total: i32): i32 {
  let sum: i32 = total;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
