import type { Packet } from '../../decode/packet.ts';
import { CountedValues } from '../compact/counted-values.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { HostActivity } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { HostAccess } from './host-access.ts';
import { HOST_BYTES } from './host-layout.ts';
import type { Seen } from './observation.ts';

const NO_MAC = -1;
const FIRST_ROWS = 256;

/**
 * Activity of each address at each point, outer and inner, in records.
 * MACs and TTLs are counted as runs, so that only a change touches the counters.
 */
export class HostTracker {
  /** Number of addresses left out because the table is full. */
  leftOut = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  #length = 0;
  readonly #records = new HostAccess(FIRST_ROWS * HOST_BYTES);
  readonly #byAddress = new RowTable((row) =>
    hash(this.#records.place(row * HOST_BYTES), this.#records.address(row * HOST_BYTES)),
  );
  readonly #macs = new Map<number, CountedValues>();
  readonly #ttls = new Map<number, CountedValues>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
    this.#limits = limits;
  }

  /** Moves all hosts into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#records.moveInto(linear);
    this.#byAddress.moveInto(linear);
  }

  /** Where a core finds hosts: addresses of the records and of the slots, and the bits of a slot. */
  get places(): { hosts: number; hostSlots: number; hostMask: number } {
    const { linearAddress: hostSlots, mask: hostMask } = this.#byAddress;
    return { hosts: this.#records.linearAddress, hostSlots, hostMask };
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

  /** In the order in which the addresses first appeared. */
  finish(formatAddress: (address: number) => string): HostActivity[] {
    return Array.from({ length: this.#length }, (_, row) => this.#activity(row, formatAddress));
  }

  #activity(row: number, formatAddress: (address: number) => string): HostActivity {
    const records = this.#records;
    const at = row * HOST_BYTES;
    const sent = records.sent(at);
    const received = records.received(at);
    this.#endMacRun(row);
    this.#endTtlRun(row);
    return {
      point: records.place(at) >> 1,
      address: formatAddress(records.address(at)),
      outer: (records.place(at) & 1) === 1,
      sent,
      received,
      firstSent: sent > 0 ? records.firstSent(at) : null,
      lastSent: sent > 0 ? records.lastSent(at) : null,
      firstReceived: received > 0 ? records.firstReceived(at) : null,
      lastReceived: received > 0 ? records.lastReceived(at) : null,
      macs: this.#macs.get(row)?.listAs(formatMac) ?? [],
      ttls: this.#ttls.get(row)?.list() ?? [],
    };
  }

  /** Takes offsets rather than values: a time or a MAC as an argument would be allocated as an object. */
  #onSent(row: number, seen: Seen, bytes: Uint8Array, sourceMacAt: number, ttl: number): void {
    const records = this.#records;
    if (row === NO_ROW) return;
    const at = row * HOST_BYTES;
    const { time } = seen;
    const mac = sourceMacAt < 0 ? NO_MAC : macAt(bytes, sourceMacAt);
    const sent = records.sent(at);
    records.setSent(at, sent + 1);
    if (sent === 0) {
      records.setFirstSent(at, time);
      records.setLastSent(at, time);
      records.setMac(at, mac);
      records.setTtl(at, ttl);
    } else if (time > records.lastSent(at)) records.setLastSent(at, time);
    if (records.mac(at) !== mac) {
      this.#endMacRun(row);
      records.setMac(at, mac);
    }
    records.setMacRun(at, records.macRun(at) + 1);
    if (records.ttl(at) !== ttl) {
      this.#endTtlRun(row);
      records.setTtl(at, ttl);
    }
    records.setTtlRun(at, records.ttlRun(at) + 1);
  }

  #onReceived(row: number, seen: Seen): void {
    const records = this.#records;
    if (row === NO_ROW) return;
    const at = row * HOST_BYTES;
    const { time } = seen;
    const received = records.received(at);
    records.setReceived(at, received + 1);
    if (received === 0) {
      records.setFirstReceived(at, time);
      records.setLastReceived(at, time);
    } else if (time > records.lastReceived(at)) records.setLastReceived(at, time);
  }

  #endMacRun(row: number): void {
    const records = this.#records;
    const at = row * HOST_BYTES;
    const run = records.macRun(at);
    if (run > 0 && records.mac(at) !== NO_MAC) this.#counted(this.#macs, row).add(records.mac(at), run);
    records.setMacRun(at, 0);
  }

  #endTtlRun(row: number): void {
    const records = this.#records;
    const at = row * HOST_BYTES;
    const run = records.ttlRun(at);
    if (run > 0) this.#counted(this.#ttls, row).add(records.ttl(at), run);
    records.setTtlRun(at, 0);
  }

  #counted(lists: Map<number, CountedValues>, row: number): CountedValues {
    let list = lists.get(row);
    if (list === undefined) {
      list = new CountedValues(this.#limits.countedValues, () => this.#room?.take('value') !== false);
      lists.set(row, list);
    }
    return list;
  }

  #row(place: number, address: number): number {
    const byAddress = this.#byAddress;
    const records = this.#records;
    for (let row = byAddress.first(hash(place, address)); row !== NO_ROW; row = byAddress.next())
      if (records.address(row * HOST_BYTES) === address && records.place(row * HOST_BYTES) === place) return row;
    if (this.#length >= this.#limits.hosts || this.#room?.take('host') === false) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    const at = row * HOST_BYTES;
    if (at === records.capacity) records.resize(2 * at);
    records.setAddress(at, address);
    records.setPlace(at, place);
    byAddress.put(row);
    return row;
  }
}

/** IPv6 numbers begin at 2³², so the upper word distinguishes them from IPv4. */
const hash = (place: number, address: number): number =>
  finish(mix(mix(SEED, address | 0), address >= 2 ** 32 ? ~place : place));
