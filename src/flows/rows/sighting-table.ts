import { grown, grownIn } from '../tables/columns.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { MOST_FLOWS, PacketIndex, type PacketIndexData } from './packet-index.ts';
import { HEAD_ROWS, MARK_COPY, MARK_RETRANSMISSION } from './row-marks.ts';
import { RowPage } from './row-page.ts';
import { COLUMN_NAMES, SightingColumns } from './sighting-columns.ts';

type Columns = SightingColumns;
/** Initial memory of a table. */
export interface InitialRoom {
  /** Expected number of rows. */
  rows: number;
  /** Buffer of another table, which must not be used afterwards. */
  spare?: ArrayBuffer | undefined;
}

/** Where a core writes rows, and what it has to know for that. */
export interface RowPlaces {
  /** Address of the page of rows, the rows in it, and how many it may hold. */
  page: number;
  rows: number;
  mostRows: number;
  /** Whether only the first rows of each flow stay. */
  isHeadsOnly: boolean;
  /** Address of the rows kept by biflow and direction, and how many such numbers there are. */
  kept: number;
  keptRows: number;
}

/** Columns and their metadata, as plain data for a worker's message. */
export interface SightingData {
  columns: Columns;
  length: number;
  leftOut: number;
  wholeFlows: ReadonlySet<number> | null;
  index: PacketIndexData | null;
}

/**
 * Rows of sightings, in the order of the capture, as columns.
 *
 *   within the limit          every packet has its row
 *   when it is reached        the first rows of each flow stay, further ones only where a flow has fewer;
 *                             a second reading of the capture keeps all rows of chosen flows beside them,
                             helped by the index of packets that is made from then on
 *
 * Beside a core, rows are written in a page of linear memory, and move into the columns when it is full.
 *
 * Invariant: rows 0 to `length - 1` of every column are valid, but for those of a page; columns are replaced when they grow,
 * so read `columns` or `open` again after `addRow`.
 */
export class SightingTable {
  columns: Columns;
  length = 0;
  /** Rows that were wanted but exceeded the limit. If there are any, absence proves nothing. */
  leftOut = 0;
  /** Flows for which every packet has a row; null: all flows. */
  wholeFlows: ReadonlySet<number> | null;
  /** The flow of each packet, recorded from the moment the limit was reached; null while every packet has a row. */
  index: PacketIndex | null = null;
  #limit: number;
  /** Most rows once only the first ones of each flow stay. */
  #mostHeads: number;
  /** Most rows with room so far. */
  #granted = FEWEST_ROWS;
  /** Asked for further rows; without room, the limit is reached. */
  readonly #hasRoom: (rows: number) => boolean;
  /** Rows kept of each direction of a flow, up to 255, from when only the first ones stay. */
  #kept: Uint8Array = new Uint8Array(2048);
  #linear: LinearMemory | undefined;
  #page: RowPage | undefined;

  /**
   * @param limit most rows to keep
   * @param wholeFlows flows of which every packet is wanted; without, all packets
   * @param mostHeads most rows once only the first ones of each flow are kept
   */
  constructor(
    limit: number,
    wholeFlows: ReadonlySet<number> | null = null,
    { rows, spare }: InitialRoom = { rows: FEWEST_ROWS },
    hasRoom: (rows: number) => boolean = () => true,
    mostHeads = limit,
  ) {
    [this.#hasRoom, this.#limit, this.wholeFlows] = [hasRoom, limit, wholeFlows];
    this.#mostHeads = Math.max(limit, mostHeads);
    this.columns = new SightingColumns(rows, spare);
  }

  get buffer(): ArrayBuffer {
    return this.columns.packet.buffer as ArrayBuffer;
  }

  /** The columns that new rows are written to. */
  get open(): Columns {
    return this.#page?.columns ?? this.columns;
  }

  /** Whether a core can write rows: none is left out, or all but the first ones. */
  get isPlain(): boolean {
    return this.wholeFlows === null || this.wholeFlows.size === 0;
  }

  /** Writes rows in linear memory from now on, until `moveOut`. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#page = new RowPage(linear, this.length);
    this.#kept = grownIn(linear, this.#kept, this.#kept.length);
    this.index?.moveInto(linear);
  }

  /** Moves all rows into memory of their own, as they outlive everything else there. */
  moveOut(): void {
    this.#turnPage();
    [this.#page, this.#linear] = [undefined, undefined];
    this.#kept = this.#kept.slice();
    this.index?.moveOut();
  }

  /** Where a core may write further rows. */
  describe(places: RowPlaces): void {
    const page = this.#page;
    if (page === undefined) return;
    places.page = page.linearAddress;
    places.rows = this.length - page.first;
    places.mostRows = page.mostRows(Math.min(this.columns.packet.length, this.#limit));
    places.isHeadsOnly = this.wholeFlows !== null;
    places.kept = this.#kept.byteOffset;
    places.keptRows = this.#kept.length;
  }

  /** Index in `open` of a new row for a packet of a flow (`NO_FLOW_IN_ROW` without a flow), or -1 when it is not kept. */
  addRow(flow: number, direction: number): number {
    const page = this.#page;
    if (
      page !== undefined &&
      this.length - page.first >= page.mostRows(Math.min(this.columns.packet.length, this.#limit))
    )
      this.#turnPage();
    if (this.length === this.columns.packet.length) this.#askForRoom();
    if (this.wholeFlows === null && this.length >= this.#limit) this.#keepHeads();
    if (!this.wants(flow, direction)) return -1;
    if (this.length >= this.#limit) {
      this.leftOut++;
      return -1;
    }
    if (this.wholeFlows !== null) this.#count(flow, direction);
    if (this.length === this.columns.packet.length) this.#resize(nextSize(this.length));
    return this.length++ - (page?.first ?? 0);
  }

  /** Counts rows that a core has written. */
  addWritten(rows: number): void {
    this.length += rows;
  }

  /** Moves the rows of the page into the columns, which have room for them. */
  #turnPage(): void {
    this.#page?.turn(this.columns, this.length);
  }

  /** Before the columns grow: without room the limit is reached. */
  #askForRoom(): void {
    const rows = Math.min(this.#limit, nextSize(this.length));
    if (rows <= this.#granted) return;
    if (this.#hasRoom(rows - this.#granted)) this.#granted = rows;
    else [this.#limit, this.#mostHeads] = [this.length, this.length];
  }

  /** Whether another packet of a flow would get a row, if there is space. */
  wants(flow: number, direction: number): boolean {
    return this.wholeFlows === null || this.wholeFlows.has(flow) || this.#isHead(flow, direction);
  }

  #isHead(flow: number, direction: number): boolean {
    return flow < MOST_FLOWS && (this.#kept[2 * flow + direction] ?? 0) < HEAD_ROWS;
  }

  #count(flow: number, direction: number): void {
    if (flow >= MOST_FLOWS) return;
    const at = 2 * flow + direction;
    if (at >= this.#kept.length) this.#growKept(at * 2);
    if (this.#kept[at] < HEAD_ROWS) this.#kept[at]++;
  }

  #growKept(rows: number): void {
    const linear = this.#linear;
    this.#kept = linear === undefined ? grown(this.#kept, rows) : grownIn(linear, this.#kept, rows);
  }

  /** Drops all rows except the first ones of each flow. From now on, the flow of each packet is recorded. */
  #keepHeads(): void {
    this.index = this.#indexOfRows();
    if (this.#linear !== undefined) this.index.moveInto(this.#linear);
    this.keepOnly(new Set());
    this.#page?.turn(this.columns, this.length);
  }

  /** Drops all rows except those of some flows and the first ones of each other flow. */
  keepOnly(wholeFlows: ReadonlySet<number>): void {
    this.wholeFlows = wholeFlows;
    this.#limit = this.#mostHeads;
    this.#kept.fill(0);
    const { flow, direction } = this.columns;
    const kept: number[] = [];
    for (let row = 0; row < this.length; row++) {
      if (!this.wants(flow[row], direction[row])) continue;
      this.#count(flow[row], direction[row]);
      kept.push(row);
    }
    for (const name of COLUMN_NAMES) moveForward(this.columns[name], kept);
    this.length = kept.length;
    this.#resize(2 * kept.length);
  }

  #indexOfRows(): PacketIndex {
    const index = new PacketIndex();
    const { packet, flow, direction, marks, tunnel } = this.columns;
    for (let row = 0; row < this.length; row++) {
      const isCopy = (marks[row] & MARK_COPY) !== 0;
      const isRetransmission = (marks[row] & MARK_RETRANSMISSION) !== 0;
      index.set(packet[row], flow[row], direction[row], isCopy, isRetransmission, tunnel[row]);
    }
    return index;
  }

  /** Clears the rows beyond `length`, because fields that a kind of row lacks must be 0. */
  #resize(rows: number): void {
    const other = new SightingColumns(Math.min(this.#limit, Math.max(FEWEST_ROWS, rows)));
    for (const name of COLUMN_NAMES) other[name].set(this.columns[name].subarray(0, this.length));
    this.columns = other;
  }

  /**
   * Plain data for a worker's message, with columns cut to length. The table must not be used after sending.
   *
   * @param mostSpare the buffer is sent without a copy if it has space for at most this many times the rows
   */
  toTransferable(mostSpare = MOST_SPARE): SightingData {
    const isSpare = this.columns.packet.length > this.length * mostSpare;
    if (isSpare) this.#resize(this.length);
    const columns = {} as Columns;
    for (const name of COLUMN_NAMES) columns[name] = this.columns[name].subarray(0, this.length) as never;
    return {
      columns,
      length: this.length,
      leftOut: this.leftOut,
      wholeFlows: this.wholeFlows,
      index: this.index?.toTransferable() ?? null,
    };
  }

  static from(data: SightingData): SightingTable {
    const table = new SightingTable(data.length, data.wholeFlows);
    for (const name of COLUMN_NAMES) table.columns[name] = data.columns[name] as never;
    table.length = data.length;
    table.leftOut = data.leftOut;
    if (data.index !== null) table.index = new PacketIndex(data.index);
    return table;
  }
}

/** Moves the values of some rows, in ascending order, to the beginning of their column. */
function moveForward(column: SightingColumns[(typeof COLUMN_NAMES)[number]], rows: readonly number[]): void {
  for (let at = 0; at < rows.length; at++) column[at] = column[rows[at]];
}

/** Above this ratio of capacity to contents, the contents are copied into a smaller buffer. */
const MOST_SPARE = 1.25;
const FEWEST_ROWS = 1024; // of the columns
/** Twice the rows; from 4 MB on half as many more, to stay within a byte budget for longer. */
const nextSize = (rows: number): number => (rows < 65_536 ? 2 * rows : rows + (rows >> 1));
