import type { Packet } from '../../decode/packet.ts';
import { CountedValues } from '../compact/counted-values.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { HostActivity } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { growColumns } from '../tables/columns.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import type { Seen } from './observation.ts';

const NO_MAC = -1;
const FIRST_ROWS = 256;

/** One row for each (point, address, outer or inner). */
class HostColumns {
  address = new Float64Array(FIRST_ROWS);
  /** Twice the point, plus one for outer addresses. */
  place = new Int32Array(FIRST_ROWS);
  sent = new Float64Array(FIRST_ROWS);
  received = new Float64Array(FIRST_ROWS);
  firstSent = new Float64Array(FIRST_ROWS);
  lastSent = new Float64Array(FIRST_ROWS);
  firstReceived = new Float64Array(FIRST_ROWS);
  lastReceived = new Float64Array(FIRST_ROWS);
  /** The current run: MAC and TTL of the latest packets, and their number. */
  mac = new Float64Array(FIRST_ROWS);
  macRun = new Float64Array(FIRST_ROWS);
  ttl = new Uint8Array(FIRST_ROWS);
  ttlRun = new Float64Array(FIRST_ROWS);
}

/**
 * Activity of each address at each point, in columns.
 * MACs and TTLs are counted as runs, so that only a change touches the counters.
 */
export class HostTracker {
  /** Number of addresses left out because the table is full. */
  leftOut = 0;
  readonly #limits: Limits;
  readonly #room: OtherRoom | undefined;
  #length = 0;
  readonly #columns = new HostColumns();
  readonly #byAddress = new RowTable((row) => hash(this.#columns.place[row], this.#columns.address[row]));
  readonly #macs = new Map<number, CountedValues>();
  readonly #ttls = new Map<number, CountedValues>();

  constructor(limits: Limits, room?: OtherRoom) {
    this.#room = room;
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

  /** In the order in which the addresses first appeared. */
  finish(formatAddress: (address: number) => string): HostActivity[] {
    return Array.from({ length: this.#length }, (_, row) => this.#activity(row, formatAddress));
  }

  #activity(row: number, formatAddress: (address: number) => string): HostActivity {
    const columns = this.#columns;
    const sent = columns.sent[row];
    const received = columns.received[row];
    this.#endMacRun(row);
    this.#endTtlRun(row);
    return {
      point: columns.place[row] >> 1,
      address: formatAddress(columns.address[row]),
      outer: (columns.place[row] & 1) === 1,
      sent,
      received,
      firstSent: sent > 0 ? columns.firstSent[row] : null,
      lastSent: sent > 0 ? columns.lastSent[row] : null,
      firstReceived: received > 0 ? columns.firstReceived[row] : null,
      lastReceived: received > 0 ? columns.lastReceived[row] : null,
      macs: this.#macs.get(row)?.listAs(formatMac) ?? [],
      ttls: this.#ttls.get(row)?.list() ?? [],
    };
  }

  /** Takes offsets rather than values: a time or a MAC as an argument would be allocated as an object. */
  #onSent(row: number, seen: Seen, bytes: Uint8Array, sourceMacAt: number, ttl: number): void {
    const columns = this.#columns;
    if (row === NO_ROW) return;
    const { time } = seen;
    const mac = sourceMacAt < 0 ? NO_MAC : macAt(bytes, sourceMacAt);
    if (columns.sent[row]++ === 0) {
      columns.firstSent[row] = columns.lastSent[row] = time;
      columns.mac[row] = mac;
      columns.ttl[row] = ttl;
    } else if (time > columns.lastSent[row]) columns.lastSent[row] = time;
    if (columns.mac[row] !== mac) {
      this.#endMacRun(row);
      columns.mac[row] = mac;
    }
    columns.macRun[row]++;
    if (columns.ttl[row] !== ttl) {
      this.#endTtlRun(row);
      columns.ttl[row] = ttl;
    }
    columns.ttlRun[row]++;
  }

  #onReceived(row: number, seen: Seen): void {
    const columns = this.#columns;
    if (row === NO_ROW) return;
    const { time } = seen;
    if (columns.received[row]++ === 0) columns.firstReceived[row] = columns.lastReceived[row] = time;
    else if (time > columns.lastReceived[row]) columns.lastReceived[row] = time;
  }

  #endMacRun(row: number): void {
    const columns = this.#columns;
    if (columns.macRun[row] > 0 && columns.mac[row] !== NO_MAC) {
      this.#counted(this.#macs, row).add(columns.mac[row], columns.macRun[row]);
    }
    columns.macRun[row] = 0;
  }

  #endTtlRun(row: number): void {
    const columns = this.#columns;
    if (columns.ttlRun[row] > 0) this.#counted(this.#ttls, row).add(columns.ttl[row], columns.ttlRun[row]);
    columns.ttlRun[row] = 0;
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
    const columns = this.#columns;
    for (let row = byAddress.first(hash(place, address)); row !== NO_ROW; row = byAddress.next())
      if (columns.address[row] === address && columns.place[row] === place) return row;
    if (this.#length >= this.#limits.hosts || this.#room?.take('host') === false) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    if (row >= columns.address.length) growColumns(columns, 2 * row);
    columns.address[row] = address;
    columns.place[row] = place;
    byAddress.put(row);
    return row;
  }
}

/** IPv6 numbers begin at 2³², so the upper word distinguishes them from IPv4. */
const hash = (place: number, address: number): number =>
  finish(mix(mix(SEED, address | 0), address >= 2 ** 32 ? ~place : place));
