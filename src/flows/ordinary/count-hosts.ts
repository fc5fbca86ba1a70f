import { finish, mix, SEED } from '../tables/mix.ts';
import { float, unsigned } from '../tables/words.ts';
import { addressNumber } from './find-address.ts';
import * as H from './host-offsets.ts';
import { be16At, be32At, f64At, i32At, setF64, u8At } from './memory.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as R from './read-tunnel.ts';
import * as S from './state-offsets.ts';

const NOT_FOUND = 0;
const HIGH_WORD: f64 = 0x1_0000_0000;

/** Addresses of the records of both ends, and of those of the tunnel. */
let sender: i32 = NOT_FOUND;
let receiver: i32 = NOT_FOUND;
let outerSender: i32 = NOT_FOUND;
let outerReceiver: i32 = NOT_FOUND;

/** Whether all ends are known, and the senders still have the link address and TTL of their latest packets. */
export function areKnownHosts(): boolean {
  const place = i32At(S.POINT) << 1;
  sender = hostOf(N.source, N.isIpv6, place);
  if (!isOnSameWay(sender, N.ttl, L.sourceMac)) return false;
  receiver = hostOf(N.destination, N.isIpv6, place);
  if (!hasReceived(receiver)) return false;
  if (R.kind === R.NO_TUNNEL) return true;
  outerSender = hostOf(R.outerSource, R.isOuterIpv6, place + 1);
  if (!isOnSameWay(outerSender, R.outerTtl, R.outerSourceMac)) return false;
  outerReceiver = hostOf(R.outerDestination, R.isOuterIpv6, place + 1);
  return hasReceived(outerReceiver);
}

function isOnSameWay(host: i32, ttl: i32, mac: i32): boolean {
  if (host === NOT_FOUND || f64At(host + H.SENT) === 0 || u8At(host + H.TTL) !== ttl) return false;
  return (
    f64At(host + H.MAC) === (mac === L.NOT_THERE ? -1 : float(be16At(mac)) * HIGH_WORD + unsigned(be32At(mac + 2)))
  );
}

function hasReceived(host: i32): boolean {
  return host !== NOT_FOUND && f64At(host + H.RECEIVED) > 0;
}

/** Counts the packet at all ends. */
export function countHosts(): void {
  count(sender, receiver);
  if (R.kind !== R.NO_TUNNEL) count(outerSender, outerReceiver);
}

function count(from: i32, to: i32): void {
  const time = f64At(S.TIME);
  increment(from + H.SENT);
  increment(from + H.MAC_RUN);
  increment(from + H.TTL_RUN);
  if (time > f64At(from + H.LAST_SENT)) setF64(from + H.LAST_SENT, time);
  increment(to + H.RECEIVED);
  if (time > f64At(to + H.LAST_RECEIVED)) setF64(to + H.LAST_RECEIVED, time);
}

function increment(at: i32): void {
  setF64(at, f64At(at) + 1);
}

/** @param place twice the point, plus one for the address of a tunnel's end */
function hostOf(address: i32, isIpv6: boolean, place: i32): i32 {
  const number = addressNumber(address, isIpv6);
  const hash = finish(mix(mix(SEED, address), isIpv6 ? ~place : place));
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
