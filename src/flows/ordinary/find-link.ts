import { finish, mix, SEED } from '../tables/mix.ts';
import { be16At, be32At, i32At } from './memory.ts';
import { NOT_THERE } from './read-link.ts';
import * as O from './sender-offsets.ts';
import * as S from './state-offsets.ts';

/** The link address has no number. */
export const NO_LINK: i32 = 0;
/** The sender has no record. */
export const NOT_FOUND: i32 = 0;

/** Number of the link address at `at`, see `LinkAddresses`. */
export function linkNumberAt(at: i32): i32 {
  const hash = finish(mix(mix(SEED, be16At(at)), be32At(at + 2)));
  const slots = i32At(S.LINK_SLOTS);
  const mask = i32At(S.LINK_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    const number = (held & mask) - 1;
    if (((held ^ hash) & ~mask) === 0 && isLinkAddress(at, number)) return number;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  return NO_LINK;
}

/** Whether the link address at `at` has this number. */
export function isLinkAddress(at: i32, number: i32): boolean {
  const words = i32At(S.LINK_ADDRESSES) + (number << 3);
  return i32At(words + 4) === be32At(at + 2) && i32At(words) === be16At(at);
}

/** Address of the record of the sender with the link address at `at`, if there is one, see `CheckedSenders`. */
export function senderAt(at: i32): i32 {
  const upper = at === NOT_THERE ? -1 : be16At(at);
  const lower = at === NOT_THERE ? -1 : be32At(at + 2);
  const point = i32At(S.POINT);
  const hash = finish(mix(mix(mix(SEED, upper), lower), point));
  const slots = i32At(S.SENDER_SLOTS);
  const mask = i32At(S.SENDER_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    const found = i32At(S.SENDERS) + ((held & mask) - 1) * O.RECORD_BYTES;
    const isSame = i32At(found + O.MAC_UPPER) === upper && i32At(found + O.MAC_LOWER) === lower;
    if (((held ^ hash) & ~mask) === 0 && isSame && i32At(found + O.POINT) === point) return found;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  return NOT_FOUND;
}
