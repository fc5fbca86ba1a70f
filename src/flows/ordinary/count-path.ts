import { finish, mix, SEED } from '../tables/mix.ts';
import {
  INNER_IPV6,
  INNER_LINK,
  KEY_AT,
  KEY_WORDS,
  OUTER_IPV6,
  OUTER_LINK,
  POINT_SHIFT,
} from '../trackers/path-marks.ts';
import { be32At, f64At, i32At, setF64, setI32, u8At } from './memory.ts';
import * as T from './path-offsets.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as R from './read-tunnel.ts';
import * as S from './state-offsets.ts';

/** Index of the tunnel of the packet; -1 without. */
export let tunnel: i32 = -1;
/** Address of the record of its path. */
let path: i32 = 0;

/** Whether the packet is in no tunnel, or on a path that the general way has met, and nothing more is to be verified of it. */
export function isOnKnownPath(): boolean {
  tunnel = -1;
  if (R.kind === R.NO_TUNNEL) return true;
  writeKey();
  path = pathOfKey();
  if (path === 0 || (R.hasChecksum && u8At(path + T.IS_VERIFIED) === 0)) return false;
  tunnel = i32At(path + T.TUNNEL);
  return true;
}

/** Counts the packet of its path, as `TunnelTracker` would of its tunnel. */
export function countPath(): void {
  if (tunnel < 0) return;
  setF64(path + T.OCTETS, f64At(path + T.OCTETS) + R.outerLength);
  setF64(path + T.LAST_TIME, f64At(S.TIME));
  setI32(path + T.LAST_PACKET, i32At(S.NUMBER));
  setI32(path + T.PACKETS, i32At(path + T.PACKETS) + 1);
  if (R.outerLength > i32At(path + T.LARGEST)) setI32(path + T.LARGEST, R.outerLength);
  if (R.isInUdp && !R.hasChecksum) setI32(path + T.WITHOUT_CHECKSUM, i32At(path + T.WITHOUT_CHECKSUM) + 1);
}

/** Writes the words that `TunnelPaths` tells paths apart by into the state. */
function writeKey(): void {
  writeLink(0, L.outermost);
  setWord(3, R.outerSource);
  setWord(4, R.outerDestination);
  setWord(5, (R.kind << 24) | (R.outerTtl << 16) | R.destinationPort);
  setWord(6, R.networkId);
  writeLink(7, R.innerLink);
  setWord(10, N.source);
  setWord(11, N.destination);
  let marks: i32 = i32At(S.POINT) << POINT_SHIFT;
  if (L.outermost !== L.NOT_THERE) marks |= OUTER_LINK;
  if (R.innerLink !== L.NOT_THERE) marks |= INNER_LINK;
  if (R.isOuterIpv6) marks |= OUTER_IPV6;
  if (N.isIpv6) marks |= INNER_IPV6;
  setWord(12, marks);
}

/** The addresses of the Ethernet header at `link`; without one the words are 0. */
function writeLink(word: i32, link: i32): void {
  const isThere = link !== L.NOT_THERE;
  setWord(word, isThere ? be32At(link) : 0);
  setWord(word + 1, isThere ? be32At(link + 4) : 0);
  setWord(word + 2, isThere ? be32At(link + 8) : 0);
}

function setWord(number: i32, value: i32): void {
  setI32(S.PATH_KEY + (number << 2), value);
}

function pathOfKey(): i32 {
  let hash: i32 = SEED;
  for (let word = 0; word < KEY_WORDS; word++) hash = mix(hash, i32At(S.PATH_KEY + (word << 2)));
  hash = finish(hash);
  const slots = i32At(S.PATH_SLOTS);
  const mask = i32At(S.PATH_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    const at = i32At(S.PATHS) + ((held & mask) - 1) * T.RECORD_BYTES;
    if (((held ^ hash) & ~mask) === 0 && hasKey(at)) return at;
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  return 0;
}

function hasKey(at: i32): boolean {
  for (let word = 0; word < KEY_WORDS; word++)
    if (i32At(at + KEY_AT + (word << 2)) !== i32At(S.PATH_KEY + (word << 2))) return false;
  return true;
}
