import { finish, mix, SEED } from '../tables/mix.ts';
import { float, unsigned } from '../tables/words.ts';
import * as H from './host-offsets.ts';
import { be16At, be32At, f64At, i32At, setF64, u8At } from './memory.ts';
import * as P from './read-headers.ts';
import { start } from './read-record.ts';
import * as S from './state-offsets.ts';

const NOT_FOUND = 0;
const HIGH_WORD: f64 = 0x1_0000_0000;

/** Addresses of the records of both ends. */
let sender: i32 = 0;
let receiver: i32 = 0;

/** Whether both ends are known, and the sender still has the link address and TTL of its latest packets. */
export function areKnownHosts(): boolean {
  sender = hostOf(P.source);
  if (sender === NOT_FOUND || f64At(sender + H.SENT) === 0 || u8At(sender + H.TTL) !== P.ttl) return false;
  const mac = float(be16At(start + 6)) * HIGH_WORD + unsigned(be32At(start + 8));
  if (f64At(sender + H.MAC) !== mac) return false;
  receiver = hostOf(P.destination);
  return receiver !== NOT_FOUND && f64At(receiver + H.RECEIVED) > 0;
}

/** Counts the packet at both ends. */
export function countHosts(): void {
  const time = f64At(S.TIME);
  increment(sender + H.SENT);
  increment(sender + H.MAC_RUN);
  increment(sender + H.TTL_RUN);
  if (time > f64At(sender + H.LAST_SENT)) setF64(sender + H.LAST_SENT, time);
  increment(receiver + H.RECEIVED);
  if (time > f64At(receiver + H.LAST_RECEIVED)) setF64(receiver + H.LAST_RECEIVED, time);
}

function increment(at: i32): void {
  setF64(at, f64At(at) + 1);
}

/** The record of an address at the point, not that of the same address around a tunnel. */
function hostOf(address: i32): i32 {
  const place = i32At(S.POINT) << 1;
  const number = unsigned(address);
  const hash = finish(mix(mix(SEED, address), place));
  const slots = i32At(S.HOST_SLOTS);
  const mask = i32At(S.HOST_MASK);
  let slot: i32 = hash & mask;
  let held: i32 = i32At(slots + (slot << 2));
  while (held !== 0) {
    if (((held ^ hash) & ~mask) === 0) {
      const at = i32At(S.HOSTS) + ((held & mask) - 1) * H.RECORD_BYTES;
      if (f64At(at + H.ADDRESS) === number && i32At(at + H.PLACE) === place) return at;
    }
    slot = (slot + 1) & mask;
    held = i32At(slots + (slot << 2));
  }
  return NOT_FOUND;
}
