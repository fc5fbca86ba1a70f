import type { FlowRoom } from '../tables/capture-room.ts';
import { growColumns } from '../tables/columns.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
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

/** One row for each biflow. */
class FlowColumns {
  client = new Float64Array(FIRST_ROWS);
  server = new Float64Array(FIRST_ROWS);
  /** Client port << 16 | server port. */
  ports = new Uint32Array(FIRST_ROWS);
  /** Protocol << 16 | point. */
  place = new Uint32Array(FIRST_ROWS);
  encapsulation = new Uint32Array(FIRST_ROWS);
  flow = new Uint32Array(FIRST_ROWS);
}

/**
 * Numbers of the biflows other than TCP: both directions of (point, protocol, end points, encapsulation).
 * Stored in columns, because a capture may consist only of UDP.
 */
export class FlowNumbers {
  leftOut = 0;
  readonly #most: number;
  readonly #nextFlow: () => number;
  #length = 0;
  readonly #columns = new FlowColumns();
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
    const place = ((protocol << 16) | point) >>> 0;
    const there = ((sourcePort << 16) | destinationPort) >>> 0;
    const back = ((destinationPort << 16) | sourcePort) >>> 0;
    const columns = this.#columns;
    const byEnds = this.#byEnds;
    const hashed = hashOfEnds(place, encapsulation, source, destination, there ^ back);
    for (let row = byEnds.first(hashed); row !== NO_ROW; row = byEnds.next()) {
      if (columns.place[row] !== place || columns.encapsulation[row] !== encapsulation) continue;
      const client = columns.client[row];
      const server = columns.server[row];
      const ports = columns.ports[row];
      if (client === source && server === destination && ports === there) return columns.flow[row] * 2;
      if (client === destination && server === source && ports === back) return columns.flow[row] * 2 + 1;
    }
    const row = this.#addRow();
    if (row === NO_ROW) return NO_FLOW;
    columns.client[row] = fromClient ? source : destination;
    columns.server[row] = fromClient ? destination : source;
    columns.ports[row] = fromClient ? there : back;
    columns.place[row] = place;
    columns.encapsulation[row] = encapsulation;
    columns.flow[row] = this.#nextFlow();
    byEnds.put(row);
    return columns.flow[row] * 2 + (fromClient ? 0 : 1);
  }

  /** End points of the n-th biflow, with the roles of its first packet. */
  clientOf(row: number): number {
    return this.#columns.client[row];
  }

  serverOf(row: number): number {
    return this.#columns.server[row];
  }

  /** Client port << 16 | server port. */
  portsOf(row: number): number {
    return this.#columns.ports[row];
  }

  pointOf(row: number): number {
    return this.#columns.place[row] & 0xffff;
  }

  encapsulationOf(row: number): number {
    return this.#columns.encapsulation[row];
  }

  #addRow(): number {
    if (this.#length >= this.#most || this.#room?.take('biflow') === false) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    if (row >= this.#columns.flow.length) growColumns(this.#columns, 2 * row);
    return row;
  }

  #hashOf(row: number): number {
    const { place, encapsulation, client, server, ports } = this.#columns;
    const swapped = (ports[row] << 16) | (ports[row] >>> 16);
    return hashOfEnds(place[row], encapsulation[row], client[row], server[row], ports[row] ^ swapped);
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
