import type { FlowRoom } from '../tables/capture-room.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import { BiflowAccess } from './biflow-access.ts';
import { BIFLOW_BYTES } from './biflow-layout.ts';
import type { Seen } from './observation.ts';

/** Returned when the biflow budget is exhausted. Sightings store 2³²-1 then. */
export const NO_FLOW = -1;
/** `NO_FLOW` as stored in the sightings. */
export const NO_FLOW_IN_ROW = 0xffff_ffff;

const FIRST_ROWS = 256;

/**
 * Protocol numbers are below 256. ARP, neighbour discovery and echoes get numbers above, so that they do not collide.
 */
export const ARP_FLOW = 256;
export const ECHO_FLOW = 257;

/** Where a core finds the biflows. */
type BiflowPlaces = Readonly<Record<'biflows' | 'biflowSlots' | 'biflowMask', number>>;

/**
 * Numbers of the biflows other than TCP: both directions of (point, protocol, end points, encapsulation).
 * Stored in records, because a capture may consist only of UDP.
 */
export class FlowNumbers {
  leftOut = 0;
  readonly #most: number;
  readonly #nextFlow: () => number;
  #length = 0;
  readonly #records = new BiflowAccess(FIRST_ROWS * BIFLOW_BYTES);
  readonly #byEnds = new RowTable((row) => this.#hashOf(row));
  readonly #room: FlowRoom | undefined;

  /** @param nextFlow returns the next number; TCP connections use the same sequence */
  constructor(most: number, nextFlow: () => number, room?: FlowRoom) {
    this.#room = room;
    this.#most = most;
    this.#nextFlow = nextFlow;
  }

  /**
   * Twice the biflow of a packet, plus its direction (TO_SERVER or TO_CLIENT); `NO_FLOW` when the table is full.
   * @param fromClient whether the sender is the client, for a new biflow
   */
  lookup(
    point: number,
    protocol: number,
    source: number,
    sourcePort: number,
    destination: number,
    destinationPort: number,
    encapsulation: number,
    fromClient: boolean,
  ): number {
    const place = (protocol << 16) | point;
    const there = (sourcePort << 16) | destinationPort;
    const back = (destinationPort << 16) | sourcePort;
    const records = this.#records;
    const byEnds = this.#byEnds;
    const hashed = hashOfEnds(place, encapsulation, source, destination, there ^ back);
    for (let row = byEnds.first(hashed); row !== NO_ROW; row = byEnds.next()) {
      const at = row * BIFLOW_BYTES;
      if (records.place(at) !== place || records.encapsulation(at) !== encapsulation) continue;
      const client = records.client(at);
      const server = records.server(at);
      const ports = records.ports(at);
      if (client === source && server === destination && ports === there) return records.flow(at) * 2;
      if (client === destination && server === source && ports === back) return records.flow(at) * 2 + 1;
    }
    const row = this.#addRow();
    if (row === NO_ROW) return NO_FLOW;
    const at = row * BIFLOW_BYTES;
    records.setClient(at, fromClient ? source : destination);
    records.setServer(at, fromClient ? destination : source);
    records.setPorts(at, fromClient ? there : back);
    records.setPlace(at, place);
    records.setEncapsulation(at, encapsulation);
    records.setFlow(at, this.#nextFlow());
    byEnds.put(row);
    return records.flow(at) * 2 + (fromClient ? 0 : 1);
  }

  /** End points of the n-th biflow, with the roles of its first packet. */
  clientOf(row: number): number {
    return this.#records.client(row * BIFLOW_BYTES);
  }

  serverOf(row: number): number {
    return this.#records.server(row * BIFLOW_BYTES);
  }

  /** Client port << 16 | server port. */
  portsOf(row: number): number {
    return this.#records.ports(row * BIFLOW_BYTES) >>> 0;
  }

  pointOf(row: number): number {
    return this.#records.place(row * BIFLOW_BYTES) & 0xffff;
  }

  encapsulationOf(row: number): number {
    return this.#records.encapsulation(row * BIFLOW_BYTES);
  }

  /** Moves all biflows into linear memory, where they stay. */
  moveInto(linear: LinearMemory): void {
    this.#records.moveInto(linear);
    this.#byEnds.moveInto(linear);
  }

  get places(): BiflowPlaces {
    const { linearAddress: biflowSlots, mask: biflowMask } = this.#byEnds;
    return { biflows: this.#records.linearAddress, biflowSlots, biflowMask };
  }

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Biflows that a core may add before a table has to grow. */
  get newBiflows(): number {
    const length = this.#length;
    const inRecords = this.#records.capacity / BIFLOW_BYTES - length;
    const room = Math.min(this.#most - length, inRecords, this.#byEnds.room(length));
    return Math.min(room, this.#room?.left('biflow') ?? room);
  }

  /** Takes over the biflows that a core has added. */
  countAdded(biflows: number): void {
    if (biflows === 0) return;
    this.#length += biflows;
    this.#byEnds.countPut(biflows);
    this.#room?.take('biflow', biflows);
  }

  #addRow(): number {
    if (this.#length >= this.#most || this.#room?.take('biflow') === false) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    if (row * BIFLOW_BYTES === this.#records.capacity) this.#records.resize(2 * row * BIFLOW_BYTES);
    return row;
  }

  #hashOf(row: number): number {
    const at = row * BIFLOW_BYTES;
    const records = this.#records;
    const ports = records.ports(at);
    const swapped = (ports << 16) | (ports >>> 16);
    return hashOfEnds(
      records.place(at),
      records.encapsulation(at),
      records.client(at),
      records.server(at),
      ports ^ swapped,
    );
  }
}

/** The same hash for both directions, because it combines the end points symmetrically. */
function hashOfEnds(place: number, encapsulation: number, one: number, other: number, ports: number): number {
  const hash = mix(mix(mix(SEED, place), encapsulation), (one | 0) ^ (other | 0));
  return finish(mix(mix(hash, ports), ((one | 0) + (other | 0)) | 0));
}

/** Sets flow and direction of a packet from what `lookup` found. */
export function setFlow(seen: Seen, found: number): void {
  if (found === NO_FLOW) {
    seen.flow = NO_FLOW_IN_ROW;
    seen.direction = 0;
  } else {
    seen.flow = Math.floor(found / 2);
    seen.direction = found % 2;
  }
}
