import { isIPv4, isIPv6 } from 'node:net';
import { formatIpv4, formatIpv6 } from '../decode/address-book.ts';
import { u32 } from '../decode/octets.ts';

/** The 4 or 16 octets of an address in text form. The text must be one. */
export function octetsOfAddress(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number));
  const octets = new Uint8Array(16);
  const groups = groupsOf(text);
  for (const [at, group] of groups.entries()) octets.set([group >>> 8, group & 0xff], 2 * at);
  return octets;
}

function groupsOf(text: string): number[] {
  // The last two groups may be written as IPv4.
  const last = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain =
    last === null
      ? text
      : `${last[1]}${Buffer.from(octetsOfAddress(last[2]))
          .toString('hex')
          .replace(/(.{4})(.{4})/, '$1:$2')}`;
  const [head, tail] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const missing = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...missing, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}

/** Dotted quad, or RFC 5952. */
export const textOfAddress = (octets: Uint8Array): string =>
  octets.length === 4
    ? formatIpv4(u32(octets, 0))
    : formatIpv6([u32(octets, 0), u32(octets, 4), u32(octets, 8), u32(octets, 12)]);

export const isAddressText = (text: string): boolean => isIPv4(text) || isIPv6(text);
