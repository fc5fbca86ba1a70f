import { LONGEST_WALK, RING_MASK } from '../tables/copy-ring.ts';
import { finish, HASHED_OCTETS, mix, SEED } from '../tables/mix.ts';
import { ACK, FIN, SYN } from '../tcp/segment-kind.ts';
import * as C from './copy-offsets.ts';
import { be16At, be32At, f64At, i32At, setF64, setI32, setU8, setU16, u8At } from './memory.ts';
import * as P from './read-headers.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import * as R from './read-tunnel.ts';
import * as S from './state-offsets.ts';

const NO_ROW = -1;
/** Version << 24 | protocol << 16. */
const IPV4_TCP = 0x0406_0000;
const IPV6_TCP = 0x0606_0000;
const IPV4_UDP = 0x0411_0000;
const IPV6_UDP = 0x0611_0000;

/** See `payloadHash` of `flows/rows`. */
export let payloadHash: i32 = 0;
let hashA: i32 = 0;
let hashB: i32 = 0;
let bucket: i32 = 0;

/** Whether none of the latest packets may be the same one, see `Copies`. Notes its hashes. */
export function isNoCopy(): boolean {
  payloadHash = hashOfPayload();
  hashA = identityHash();
  hashB = finish(mix(mix(hashA ^ payloadHash, N.ipId + 1), N.source));
  const rows = i32At(S.ROWS);
  bucket = finish(hashA) & RING_MASK;
  let row: i32 = i32At(i32At(S.BUCKETS) + (bucket << 2));
  for (let steps = 0; row !== NO_ROW && steps < LONGEST_WALK; steps++) {
    const at = rows + row * C.RECORD_BYTES;
    if (i32At(at + C.BUCKET) !== bucket) return true;
    if (i32At(at + C.HASH_A) === hashA && i32At(at + C.HASH_B) === hashB) return false;
    const next = i32At(at + C.NEXT);
    if (next !== NO_ROW && ageOf(next) <= ageOf(row)) return true;
    row = next;
  }
  return true;
}

/** Remembers the packet as the latest one. */
export function addRow(flow: i32, direction: i32): void {
  const row = i32At(S.NEXT_ROW);
  const buckets = i32At(S.BUCKETS);
  const at = i32At(S.ROWS) + row * C.RECORD_BYTES;
  const head = i32At(buckets + (bucket << 2));
  setI32(at + C.NEXT, head === row ? NO_ROW : head);
  setI32(buckets + (bucket << 2), row);
  setI32(S.NEXT_ROW, (row + 1) & RING_MASK);
  setF64(at + C.TIME, f64At(S.TIME));
  setI32(at + C.HASH_A, hashA);
  setI32(at + C.HASH_B, hashB);
  setI32(at + C.BUCKET, bucket);
  setI32(at + C.LINK, linkHash());
  setI32(at + C.PACKET, i32At(S.NUMBER));
  setI32(at + C.FLOW, flow);
  setI32(at + C.PREVIOUS, NO_ROW);
  setU16(at + C.TIMES, 1);
  setU8(at + C.TTL, N.ttl);
  setU8(at + C.DIRECTION, direction);
  setU8(at + C.IS_COPY, 0);
  setU8(at + C.PASSES, 1);
  setU8(at + C.RISES, 0);
  if (N.ipId === 0 && isOncePerSending()) setI32(S.SENT_ONCE, i32At(S.SENT_ONCE) + 1);
}

/** Whether a sender would not send the packet twice at once: data, a message of DNS, SYN-ACK or FIN. */
function isOncePerSending(): boolean {
  return payloadHash !== 0 || (P.flags & FIN) !== 0 || (P.flags & (SYN | ACK)) === SYN;
}

function ageOf(row: i32): i32 {
  return ((i32At(S.NEXT_ROW) - 1 - row) & RING_MASK) + 1;
}

function hashOfPayload(): i32 {
  const captured = P.payloadEnd - P.payload;
  if (captured <= 0 || P.payloadLength === 0) return 0;
  const end = captured > HASHED_OCTETS ? P.payload + HASHED_OCTETS : P.payloadEnd;
  let hash: i32 = mix(SEED, P.payloadLength);
  let at: i32 = P.payload;
  for (; at + 4 <= end; at += 4) hash = mix(hash, be32At(at));
  for (; at < end; at++) hash = mix(hash, u8At(at));
  hash = finish(hash);
  return hash === 0 ? 1 : hash;
}

/** Fields that stay equal on every hop. */
function identityHash(): i32 {
  let hash: i32 = mix(mix(SEED, i32At(S.POINT)), R.encapsulation);
  hash = mix(hash, N.source);
  hash = mix(hash, N.destination);
  hash = mix(hash, versionAndProtocol() | N.ipId);
  hash = mix(hash, P.ports);
  hash = mix(hash, N.l3Length);
  hash = mix(hash, payloadHash);
  // A datagram has no fields of ICMP.
  if (P.isDatagram) return mix(hash, 0);
  hash = mix(hash, P.seq);
  hash = mix(hash, P.ack);
  hash = mix(hash, (P.flags << 16) | P.window);
  if (P.hasTimestamps) hash = mix(mix(hash, P.tsValue), P.tsEcho);
  for (let edge = 0; edge < O.sackEdges; edge++) hash = mix(hash, O.sackEdge(edge));
  return hash;
}

function versionAndProtocol(): i32 {
  if (P.isDatagram) return N.isIpv6 ? IPV6_UDP : IPV4_UDP;
  return N.isIpv6 ? IPV6_TCP : IPV4_TCP;
}

/** Fields that a hop changes: link addresses, VLAN, direction, and the TTL of a tunnel. */
function linkHash(): i32 {
  let hash: i32 = mix(mix(SEED, L.vlan), L.way);
  if (L.outermost !== L.NOT_THERE) {
    hash = mix(hash, be32At(L.outermost));
    hash = mix(hash, be32At(L.outermost + 4));
    hash = mix(hash, be32At(L.outermost + 8));
  } else if (R.kind === R.NO_TUNNEL && L.sourceMac !== L.NOT_THERE) {
    hash = mix(hash, be32At(L.sourceMac));
    hash = mix(hash, be16At(L.sourceMac + 4));
  }
  return R.kind === R.NO_TUNNEL ? hash : mix(hash, R.outerTtl);
}
