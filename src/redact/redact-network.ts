import * as arp from '../decode/headers/arp.ts';
import * as ipv4 from '../decode/headers/ipv4.ts';
import * as ipv6 from '../decode/headers/ipv6.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Options of IPv4 with addresses (RFC 791, 3.1): record route, loose and strict source route; time stamps. */
const ROUTES: ReadonlySet<number> = new Set([7, 131, 137]);
const TIMESTAMP = 68;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const ADDRESS_4 = 4;
const ADDRESS_6 = 16;
/** Routing header (RFC 8200, 4.4): its addresses begin after 8 octets in all types in use (RFC 6554 compresses). */
const ROUTING = 43;
const ROUTING_FIXED = 8;

/** Addresses of the IP header at `at`, as far as they were captured, and those in its options. */
export function redactIp({ addresses }: Pseudonyms, bytes: Uint8Array, at: number, end: number): void {
  if (at < 0 || at >= end) return;
  if (ipv4.version(bytes, at) === 4) {
    addresses.replace(bytes, at + 12, end, ADDRESS_4);
    addresses.replace(bytes, at + 16, end, ADDRESS_4);
    redactOptions({ addresses }, bytes, at + ipv4.LENGTH, Math.min(end, at + ipv4.headerLength(bytes, at)));
    return;
  }
  addresses.replace(bytes, ipv6.sourceAt(at), end, ADDRESS_6);
  addresses.replace(bytes, ipv6.destinationAt(at), end, ADDRESS_6);
  if (at + ipv6.LENGTH <= end) redactExtensions({ addresses }, bytes, at, end);
}

function redactOptions({ addresses }: Pick<Pseudonyms, 'addresses'>, bytes: Uint8Array, from: number, end: number) {
  for (let at = from; at < end && bytes[at] !== END_OF_OPTIONS; ) {
    if (bytes[at] === NO_OPERATION) {
      at++;
      continue;
    }
    const length = bytes[at + 1];
    if (at + 2 > end || length < 2) return;
    const stop = Math.min(end, at + length);
    if (ROUTES.has(bytes[at]))
      for (let place = at + 3; place < stop; place += ADDRESS_4) addresses.replace(bytes, place, stop, ADDRESS_4);
    else if (bytes[at] === TIMESTAMP && (bytes[at + 3] & 15) !== 0)
      for (let place = at + 4; place < stop; place += 2 * ADDRESS_4) addresses.replace(bytes, place, stop, ADDRESS_4);
    at += length;
  }
}

function redactExtensions({ addresses }: Pick<Pseudonyms, 'addresses'>, bytes: Uint8Array, ipAt: number, end: number) {
  let protocol = ipv6.nextHeader(bytes, ipAt);
  let at = ipAt + ipv6.LENGTH;
  while (ipv6.isSkipped(protocol) && protocol !== ipv6.FRAGMENT && at + 8 <= end) {
    const length = ipv6.extensionLength(bytes, at, protocol);
    if (protocol === ROUTING)
      for (let place = at + ROUTING_FIXED; place + ADDRESS_6 <= at + length; place += ADDRESS_6)
        addresses.replace(bytes, place, end, ADDRESS_6);
    protocol = ipv6.extensionNextHeader(bytes, at);
    at += length;
  }
}

/** Link and IP addresses of ARP for Ethernet and IPv4. */
export function redactArp({ addresses, macs }: Pseudonyms, bytes: Uint8Array, at: number, end: number): void {
  if (at + 8 > end || !arp.isForIpv4(bytes, at)) return;
  macs.replace(bytes, arp.senderMacAt(at), end);
  addresses.replace(bytes, at + 14, end, ADDRESS_4);
  macs.replace(bytes, arp.targetMacAt(at), end);
  addresses.replace(bytes, at + 24, end, ADDRESS_4);
}
