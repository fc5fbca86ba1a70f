import type { Packet } from '../../decode/packet.ts';
import { CountedValues } from '../compact/counted-values.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { HostActivity } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from './observation.ts';

const NO_ROW = -1;
const NO_MAC = -1;
const FIRST_ROWS = 256;

/**
 * What each address did at each point, in columns: a row for (point, address, outer or inner).
 * MACs and TTLs are counted as runs: only a change leaves the columns.
 */
export class HostTracker {
  /** Rows that were left out because the table is full. */
  leftOut = 0;
  readonly #limits: Limits;
  #length = 0;
  #slots = new Int32Array(FIRST_ROWS * 2).fill(NO_ROW);
  #address = new Float64Array(FIRST_ROWS);
  /** Twice the point, plus one for outer addresses. */
  #place = new Int32Array(FIRST_ROWS);
  #sent = new Float64Array(FIRST_ROWS);
  #received = new Float64Array(FIRST_ROWS);
  #firstSent = new Float64Array(FIRST_ROWS);
  #lastSent = new Float64Array(FIRST_ROWS);
  #firstReceived = new Float64Array(FIRST_ROWS);
  #lastReceived = new Float64Array(FIRST_ROWS);
  /** The current run: MAC and TTL of the packets sent last, and how many. */
  #mac = new Float64Array(FIRST_ROWS);
  #macRun = new Float64Array(FIRST_ROWS);
  #ttl = new Uint8Array(FIRST_ROWS);
  #ttlRun = new Float64Array(FIRST_ROWS);
  readonly #macs = new Map<number, CountedValues>();
  readonly #ttls = new Map<number, CountedValues>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts the innermost addresses of `packet`, and the outer ones of its tunnels. */
  onPacket(packet: Packet, seen: Seen): void {
    const { depth, bytes } = packet;
    const place = seen.point * 2;
    if (packet.ipVersion !== 0) {
      this.#onSent(this.#row(place, packet.source), seen, bytes, packet.sourceMacAt, packet.ttl);
      this.#onReceived(this.#row(place, packet.destination), seen);
    }
    for (let at = 0; at < depth; at++) {
      const outer = packet.tunnels[at];
      const sourceMacAt = outer.linkAt < 0 ? -1 : outer.linkAt + 6;
      this.#onSent(this.#row(place + 1, outer.source), seen, bytes, sourceMacAt, outer.ttl);
      this.#onReceived(this.#row(place + 1, outer.destination), seen);
    }
  }

  /** In the order in which the addresses were first met. */
  finish(formatAddress: (address: number) => string): HostActivity[] {
    return Array.from({ length: this.#length }, (_, row) => this.#activity(row, formatAddress));
  }

  #activity(row: number, formatAddress: (address: number) => string): HostActivity {
    const sent = this.#sent[row];
    const received = this.#received[row];
    this.#endMacRun(row);
    this.#endTtlRun(row);
    return {
      point: this.#place[row] >> 1,
      address: formatAddress(this.#address[row]),
      outer: (this.#place[row] & 1) === 1,
      sent,
      received,
      firstSent: sent > 0 ? this.#firstSent[row] : null,
      lastSent: sent > 0 ? this.#lastSent[row] : null,
      firstReceived: received > 0 ? this.#firstReceived[row] : null,
      lastReceived: received > 0 ? this.#lastReceived[row] : null,
      macs: this.#macs.get(row)?.listAs(formatMac) ?? [],
      ttls: this.#ttls.get(row)?.list() ?? [],
    };
  }

  /** Takes places, not values: a time or a MAC handed over would be an object of its own. */
  #onSent(row: number, seen: Seen, bytes: Uint8Array, sourceMacAt: number, ttl: number): void {
    if (row === NO_ROW) return;
    const { time } = seen;
    const mac = sourceMacAt < 0 ? NO_MAC : macAt(bytes, sourceMacAt);
    if (this.#sent[row]++ === 0) {
      this.#firstSent[row] = this.#lastSent[row] = time;
      this.#mac[row] = mac;
      this.#ttl[row] = ttl;
    } else if (time > this.#lastSent[row]) this.#lastSent[row] = time;
    if (this.#mac[row] !== mac) {
      this.#endMacRun(row);
      this.#mac[row] = mac;
    }
    this.#macRun[row]++;
    if (this.#ttl[row] !== ttl) {
      this.#endTtlRun(row);
      this.#ttl[row] = ttl;
    }
    this.#ttlRun[row]++;
  }

  #onReceived(row: number, seen: Seen): void {
    if (row === NO_ROW) return;
    const { time } = seen;
    if (this.#received[row]++ === 0) this.#firstReceived[row] = this.#lastReceived[row] = time;
    else if (time > this.#lastReceived[row]) this.#lastReceived[row] = time;
  }

  #endMacRun(row: number): void {
    if (this.#macRun[row] > 0 && this.#mac[row] !== NO_MAC) {
      counted(this.#macs, row, this.#limits.countedValues).add(this.#mac[row], this.#macRun[row]);
    }
    this.#macRun[row] = 0;
  }

  #endTtlRun(row: number): void {
    if (this.#ttlRun[row] > 0)
      counted(this.#ttls, row, this.#limits.countedValues).add(this.#ttl[row], this.#ttlRun[row]);
    this.#ttlRun[row] = 0;
  }

  #row(place: number, address: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(place, address) & mask;
    for (;;) {
      const row = this.#slots[slot];
      if (row === NO_ROW) break;
      if (this.#address[row] === address && this.#place[row] === place) return row;
      slot = (slot + 1) & mask;
    }
    return this.#add(place, address, slot);
  }

  #add(place: number, address: number, slot: number): number {
    if (this.#length >= this.#limits.hosts) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    if (row >= this.#address.length) this.#grow();
    this.#address[row] = address;
    this.#place[row] = place;
    this.#slots[slot] = row;
    if (this.#length * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(NO_ROW);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#length; row++) {
      let slot = hash(this.#place[row], this.#address[row]) & mask;
      while (slots[slot] !== NO_ROW) slot = (slot + 1) & mask;
      slots[slot] = row;
    }
    this.#slots = slots;
  }

  #grow(): void {
    this.#address = doubled(this.#address);
    const place = new Int32Array(this.#place.length * 2);
    place.set(this.#place);
    this.#place = place;
    this.#sent = doubled(this.#sent);
    this.#received = doubled(this.#received);
    this.#firstSent = doubled(this.#firstSent);
    this.#lastSent = doubled(this.#lastSent);
    this.#firstReceived = doubled(this.#firstReceived);
    this.#lastReceived = doubled(this.#lastReceived);
    this.#mac = doubled(this.#mac);
    this.#macRun = doubled(this.#macRun);
    this.#ttlRun = doubled(this.#ttlRun);
    const ttl = new Uint8Array(this.#ttl.length * 2);
    ttl.set(this.#ttl);
    this.#ttl = ttl;
  }
}

/** IPv6 numbers begin at 2³², so the upper word tells them from IPv4. */
function hash(place: number, address: number): number {
  let h = Math.imul((address | 0) ^ (address >= 2 ** 32 ? 0x5bd1e995 : 0), 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ place, 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

function counted(lists: Map<number, CountedValues>, row: number, limit: number): CountedValues {
  let list = lists.get(row);
  if (list === undefined) {
    list = new CountedValues(limit);
    lists.set(row, list);
  }
  return list;
}

function doubled(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
