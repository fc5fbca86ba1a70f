import type {
  Direction,
  IdleGap,
  PacketRef,
  RepeatedRange,
  ResetEvent,
  SegmentEvent,
  SequenceHole,
  Turn,
  ZeroWindowSpan,
} from '../evidence.ts';

/** Most objects kept in one list of a connection; counters go on beyond it. A reader follows a few dozen. */
export const EVENTS_KEPT = 200;
export const REPEATS_KEPT = 32;
export const HOLES_KEPT = 64;
/** Holes of one direction that are open at once. */
export const OPEN_HOLES_KEPT = 256;
export const REFS_KEPT = 16;
export const RESETS_KEPT = 8;
export const SPANS_KEPT = 32;
export const GAPS_KEPT = 8;
export const TURNS_KEPT = 8;
/** Different TTLs, link addresses or tunnels of one direction. */
export const VALUES_KEPT = 16;

/** A hole that is still open, with raw sequence numbers. */
export interface OpenHole {
  start: number;
  end: number;
  hole: SequenceHole;
}

/** What only directions in trouble have: the rest of the counters, and things a person reads. */
export interface DirectionTrouble {
  retransmissions: number;
  retransmittedOctets: number;
  fastRetransmissions: number;
  spuriousRetransmissions: number;
  timeoutRetransmissions: number;
  outOfOrder: number;
  previousSegmentNotCaptured: number;
  ackedUnseen: number;
  gapOctets: number;
  dupAcks: number;
  zeroWindows: number;
  keepAlives: number;
  zeroWindowProbes: number;
  duplicateSacks: number;
  /** Ranges sent several times, by raw sequence number of their first octet. */
  repeats: Map<number, RepeatedRange & { rawEnd: number; reverseBefore: number }>;
  repeatsTotal: number;
  holes: SequenceHole[];
  holesTotal: number;
  openHoles: OpenHole[];
  /** Values other than the first one of the direction. */
  ttls: Map<number, number>;
  tunnels: Set<number>;
  /** Source and destination, by number of `LinkAddresses`. */
  macs: [Map<number, number>, Map<number, number>];
  /** Last SACK blocks of this direction, raw edges in turn. */
  sack: number[];
}

export interface ConnectionTrouble {
  directions: [DirectionTrouble | undefined, DirectionTrouble | undefined];
  syn: PacketRef[];
  synAck: PacketRef[];
  events: SegmentEvent[];
  eventsTotal: number;
  resets: ResetEvent[];
  spans: ZeroWindowSpan[];
  idleGaps: IdleGap[];
  slowTurns: Turn[];
}

export const noDirectionTrouble = (): DirectionTrouble => ({
  retransmissions: 0,
  retransmittedOctets: 0,
  fastRetransmissions: 0,
  spuriousRetransmissions: 0,
  timeoutRetransmissions: 0,
  outOfOrder: 0,
  previousSegmentNotCaptured: 0,
  ackedUnseen: 0,
  gapOctets: 0,
  dupAcks: 0,
  zeroWindows: 0,
  keepAlives: 0,
  zeroWindowProbes: 0,
  duplicateSacks: 0,
  repeats: new Map(),
  repeatsTotal: 0,
  holes: [],
  holesTotal: 0,
  openHoles: [],
  ttls: new Map(),
  tunnels: new Set(),
  macs: [new Map(), new Map()],
  sack: [],
});

/** Trouble of connections by number; made on first need. */
export class Troubles {
  readonly #byConnection = new Map<number, ConnectionTrouble>();

  of(connection: number): ConnectionTrouble | undefined {
    return this.#byConnection.get(connection);
  }

  make(connection: number): ConnectionTrouble {
    let trouble = this.#byConnection.get(connection);
    if (trouble === undefined) {
      trouble = {
        directions: [undefined, undefined],
        syn: [],
        synAck: [],
        events: [],
        eventsTotal: 0,
        resets: [],
        spans: [],
        idleGaps: [],
        slowTurns: [],
      };
      this.#byConnection.set(connection, trouble);
    }
    return trouble;
  }

  makeDirection(connection: number, direction: Direction): DirectionTrouble {
    const trouble = this.make(connection);
    let side = trouble.directions[direction];
    if (side === undefined) trouble.directions[direction] = side = noDirectionTrouble();
    return side;
  }
}

/** Puts `item` into a list that keeps the `most` largest by `size`, largest first. */
export function keepLargest<T>(list: T[], item: T, most: number, size: (item: T) => number): void {
  let at = list.length;
  while (at > 0 && size(list[at - 1]) < size(item)) at--;
  if (at >= most) return;
  list.splice(at, 0, item);
  if (list.length > most) list.pop();
}

/** Counts one more of `value`, among the first `VALUES_KEPT` different ones. */
export function countValue(counts: Map<number, number>, value: number): void {
  const count = counts.get(value);
  if (count !== undefined || counts.size < VALUES_KEPT) counts.set(value, (count ?? 0) + 1);
}
