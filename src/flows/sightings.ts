/** Kinds of rows, by number. */
export const SIGHTING_TCP = 1;
export const SIGHTING_UDP = 2;
export const SIGHTING_ICMP = 3;
export const SIGHTING_ARP = 4;
/** A later fragment, or another protocol. */
export const SIGHTING_OTHER = 5;

/** Columns of a row: one packet as seen at one capture point. */
const COLUMNS = {
  /** Number in the capture. */
  packet: Uint32Array,
  /** Seconds since the first packet of the capture. */
  time: Float64Array,
  /** Capture point, local to the capture. */
  point: Uint16Array,
  kind: Uint8Array,
  /** Biflow, local to the capture. */
  flow: Uint32Array,
  /** TO_SERVER or TO_CLIENT of that biflow. */
  direction: Uint8Array,
  ipId: Uint16Array,
  ttl: Uint8Array,
  dscp: Uint8Array,
  l3Length: Uint32Array,
  payloadLength: Uint32Array,
  /** TCP; ICMP: type << 8 | code. */
  flags: Uint16Array,
  /** TCP: raw sequence number. ICMP echo: sequence. DNS over UDP: id. Fragment: offset. */
  seq: Uint32Array,
  ack: Uint32Array,
  window: Uint16Array,
  tsValue: Uint32Array,
  tsEcho: Uint32Array,
  /** FNV-1a of the first 64 captured payload octets and the payload length; 0 when nothing was captured of it. */
  payloadHash: Uint32Array,
  /** TunnelFlow index (local) of the outermost tunnel plus one; 0 when not encapsulated. */
  tunnel: Uint16Array,
  /** Bit 0: copy of a packet already seen at this point; bit 1: DF; bit 2: later fragment; bit 3: cut by snaplen; bit 4: retransmission by sequence number; bit 5: outbound, bit 6: inbound (packet direction told by the capture). */
  marks: Uint8Array,
} as const;

export const MARK_COPY = 1;
export const MARK_DF = 2;
export const MARK_LATER_FRAGMENT = 4;
export const MARK_CUT = 8;
export const MARK_RETRANSMISSION = 16;
export const MARK_OUTBOUND = 32;
export const MARK_INBOUND = 64;

type Columns = { -readonly [K in keyof typeof COLUMNS]: InstanceType<(typeof COLUMNS)[K]> };

/**
 * Rows of sightings, in the order of the capture, as columns.
 * Invariant: rows 0 to `length - 1` of every column are valid; columns are replaced when they grow, so read
 * `columns` again after `addRow`.
 */
export class SightingTable {
  columns: Columns;
  length = 0;
  /** Rows that the budget left out; then the table is not whole and absence proves nothing. */
  leftOut = 0;
  #limit: number;

  /** @param limit most rows to keep */
  constructor(limit: number) {
    this.#limit = limit;
    this.columns = allocate(1024);
  }

  /** Index of a new row, or -1 when the budget is used up. */
  addRow(): number {
    if (this.length >= this.#limit) {
      this.leftOut++;
      return -1;
    }
    if (this.length === this.columns.packet.length) this.#grow();
    return this.length++;
  }

  #grow(): void {
    const larger = allocate(Math.min(this.#limit, this.columns.packet.length * 2));
    for (const name of Object.keys(COLUMNS) as (keyof Columns)[]) larger[name].set(this.columns[name]);
    this.columns = larger;
  }

  /** Plain data for a worker's message: columns cut to length. */
  toTransferable(): { columns: Columns; length: number; leftOut: number } {
    const columns = {} as Record<string, unknown>;
    for (const name of Object.keys(COLUMNS) as (keyof Columns)[])
      columns[name] = this.columns[name].slice(0, this.length);
    return { columns: columns as Columns, length: this.length, leftOut: this.leftOut };
  }

  static from(data: { columns: Columns; length: number; leftOut: number }): SightingTable {
    const table = new SightingTable(data.length);
    table.columns = data.columns;
    table.length = data.length;
    table.leftOut = data.leftOut;
    return table;
  }
}

function allocate(rows: number): Columns {
  const columns = {} as Record<string, unknown>;
  for (const [name, Column] of Object.entries(COLUMNS)) columns[name] = new Column(rows);
  return columns as Columns;
}
