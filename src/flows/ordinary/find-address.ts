import { hashOfAddress } from '../../decode/address-hash.ts';
import { unsigned } from '../tables/words.ts';
import { be32At, i32At } from './memory.ts';
import * as S from './state-offsets.ts';

/** The IPv6 address has no number yet. */
export const UNKNOWN: i32 = -1;

/** An address of IPv6 is this and its number. */
const FIRST_IPV6: f64 = 0x1_0000_0000;

/** The address as `AddressBook` numbers it. */
export function addressNumber(address: i32, isIpv6: boolean): f64 {
  return isIpv6 ? FIRST_IPV6 + unsigned(address) : unsigned(address);
}

/** Number of the IPv6 address at `at`, without the 2³² that tells it from IPv4, see `AddressBook`. */
export function addressAt(at: i32): i32 {
  const a = be32At(at);
  const b = be32At(at + 4);
  const c = be32At(at + 8);
  const d = be32At(at + 12);
  const mask = i32At(S.ADDRESS_MASK);
  const slots = i32At(S.ADDRESS_SLOTS);
  let slot: i32 = hashOfAddress(a, b, c, d) & mask;
  let number: i32 = i32At(slots + (slot << 2));
  while (number !== UNKNOWN) {
    const words = i32At(S.ADDRESS_WORDS) + (number << 4);
    if (i32At(words + 12) === d && i32At(words + 8) === c && i32At(words + 4) === b && i32At(words) === a)
      return number;
    slot = (slot + 1) & mask;
    number = i32At(slots + (slot << 2));
  }
  return UNKNOWN;
}
