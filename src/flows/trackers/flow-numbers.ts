/** Returned when the budget of biflows is used up. Sightings keep 2³²-1 then. */
export const NO_FLOW = -1;
/** `NO_FLOW` in the sightings. */
export const NO_FLOW_IN_ROW = 0xffff_ffff;

const NO_ROW = -1;
const FIRST_ROWS = 256;

/** Protocol numbers are below 256; ARP, neighbour discovery and echoes have none of their own, and must not meet them. */
export const ARP_FLOW = 256;
export const ECHO_FLOW = 257;

/**
 * Numbers of the biflows other than TCP: both directions of (point, protocol, end points, encapsulation).
 * Columns and open addressing, as UDP may be all of a capture.
 */
export class FlowNumbers {
  leftOut = 0;
  readonly #most: number;
  readonly #nextFlow: () => number;
  #length = 0;
  #slots = new Int32Array(FIRST_ROWS * 2).fill(NO_ROW);
  #client = new Float64Array(FIRST_ROWS);
  #server = new Float64Array(FIRST_ROWS);
  /** Client port << 16 | server port. */
  #ports = new Uint32Array(FIRST_ROWS);
  /** Protocol << 16 | point, and the encapsulation. */
  #place = new Uint32Array(FIRST_ROWS);
  #encapsulation = new Uint32Array(FIRST_ROWS);
  #flow = new Uint32Array(FIRST_ROWS);

  /** @param nextFlow gives the next number; TCP connections draw from the same */
  constructor(most: number, nextFlow: () => number) {
    this.#most = most;
    this.#nextFlow = nextFlow;
  }

  /**
   * Twice the biflow of a packet, plus its direction (TO_SERVER or TO_CLIENT); `NO_FLOW` when there is no room.
   * @param fromClient whether the sender is the client, for a biflow that is new
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
    const mask = this.#slots.length - 1;
    let slot = hash(place, encapsulation, source, destination, there ^ back) & mask;
    for (;;) {
      const row = this.#slots[slot];
      if (row === NO_ROW) break;
      if (this.#place[row] === place && this.#encapsulation[row] === encapsulation) {
        const client = this.#client[row];
        const server = this.#server[row];
        const ports = this.#ports[row];
        if (client === source && server === destination && ports === there) return this.#flow[row] * 2;
        if (client === destination && server === source && ports === back) return this.#flow[row] * 2 + 1;
      }
      slot = (slot + 1) & mask;
    }
    const row = this.#add(slot);
    if (row === NO_ROW) return NO_FLOW;
    this.#client[row] = fromClient ? source : destination;
    this.#server[row] = fromClient ? destination : source;
    this.#ports[row] = fromClient ? there : back;
    this.#place[row] = place;
    this.#encapsulation[row] = encapsulation;
    this.#flow[row] = this.#nextFlow();
    if (this.#length * 2 > this.#slots.length) this.#rehash();
    return this.#flow[row] * 2 + (fromClient ? 0 : 1);
  }

  /** End points of the n-th biflow, as its first packet gave the roles. */
  clientOf(row: number): number {
    return this.#client[row];
  }

  serverOf(row: number): number {
    return this.#server[row];
  }

  /** Client port << 16 | server port. */
  portsOf(row: number): number {
    return this.#ports[row];
  }

  pointOf(row: number): number {
    return this.#place[row] & 0xffff;
  }

  encapsulationOf(row: number): number {
    return this.#encapsulation[row];
  }

  #add(slot: number): number {
    if (this.#length >= this.#most) {
      this.leftOut++;
      return NO_ROW;
    }
    const row = this.#length++;
    if (row >= this.#flow.length) this.#grow();
    this.#slots[slot] = row;
    return row;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(NO_ROW);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#length; row++) {
      const ports = this.#ports[row];
      const swapped = ((ports << 16) | (ports >>> 16)) >>> 0;
      const hashed = hash(
        this.#place[row],
        this.#encapsulation[row],
        this.#client[row],
        this.#server[row],
        ports ^ swapped,
      );
      let slot = hashed & mask;
      while (slots[slot] !== NO_ROW) slot = (slot + 1) & mask;
      slots[slot] = row;
    }
    this.#slots = slots;
  }

  #grow(): void {
    const rows = this.#flow.length * 2;
    this.#client = grown(this.#client, new Float64Array(rows));
    this.#server = grown(this.#server, new Float64Array(rows));
    this.#ports = grown(this.#ports, new Uint32Array(rows));
    this.#place = grown(this.#place, new Uint32Array(rows));
    this.#encapsulation = grown(this.#encapsulation, new Uint32Array(rows));
    this.#flow = grown(this.#flow, new Uint32Array(rows));
  }
}

/** The same for both directions: only symmetric combinations of the end points go in. */
function hash(place: number, encapsulation: number, one: number, other: number, ports: number): number {
  let h = Math.imul(place ^ Math.imul(encapsulation, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ ((one | 0) ^ (other | 0)), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ ports, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 15) ^ (((one | 0) + (other | 0)) | 0), 0x165667b1);
  return (h ^ (h >>> 14)) >>> 0;
}

function grown<T extends Float64Array | Uint32Array>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}
