import type {
  ApplicationFacts,
  CountedValue,
  Direction,
  PacketRef,
  RepeatedRange,
  ResetEvent,
  SegmentEvent,
  SequenceHole,
  Turn,
  ZeroWindowSpan,
} from '../evidence/evidence.ts';
import type { OtherRoom } from '../tables/capture-room.ts';
import { grown } from '../tables/columns.ts';
import { appended, EMPTY } from './empty-list.ts';
import { type IdleGaps, NO_GAPS } from './idle-gaps.ts';

/**
 * Most connections whose trouble is kept. Half of the places are for grave trouble, so that pauses and resets alone
 * cannot fill them.
 */
export const TROUBLES_KEPT = 50_000;
/** Most events, holes and repeated ranges kept, over all connections: about 60 MB. */
export const ITEMS_KEPT = 400_000;

/** Most objects in one list of a connection; counters count all. A reader follows a few dozen. */
export const EVENTS_KEPT = 200;
export const REPEATS_KEPT = 32;
export const HOLES_KEPT = 64;
/** Most holes of one direction that are open at once. */
export const OPEN_HOLES_KEPT = 256;
export const REFS_KEPT = 16;
export const RESETS_KEPT = 8;
export const SPANS_KEPT = 32;
export const TURNS_KEPT = 8;
/** Most different TTLs, link addresses or tunnels of one direction. */
export const VALUES_KEPT = 16;

/** A hole that is still open, with raw sequence numbers. */
export interface OpenHole {
  start: number;
  end: number;
  hole: SequenceHole;
}

/** A repeated range with raw sequence numbers, and the peer's packet count at its first transmission. */
export interface OpenRepeat extends RepeatedRange {
  rawStart: number;
  rawEnd: number;
  reverseBefore: number;
  /** Its last transmission is one of `resentSegments`. */
  isCounted: boolean;
}

/**
 * State that only directions in trouble have: the remaining counters, and lists for people to read. Lists begin as
 * `EMPTY`, and grow by `appended`.
 */
export interface DirectionTrouble {
  synsAgain: number;
  finsAgain: number;
  resentSegments: number;
  needlessSegments: number;
  resentLate: number;
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
  /** It sent data far below all other data. Then SACKs of the peer that name such octets are correct. */
  strays: boolean;
  foreignSacks: PacketRef[];
  foreignSacksTotal: number;
  /** Ranges sent several times, one for each first octet. */
  repeats: OpenRepeat[];
  repeatsTotal: number;
  holes: SequenceHole[];
  holesTotal: number;
  openHoles: OpenHole[];
  /** Values other than the first one of the direction. */
  ttls: CountedValue<number>[];
  tunnels: number[];
  /** By number in `LinkAddresses`. */
  sourceMacs: CountedValue<number>[];
  destinationMacs: CountedValue<number>[];
  /** Last SACK blocks of this direction: raw left and right edges alternate. */
  sack: number[];
}

export interface ConnectionTrouble {
  /** Whether octets were lost, retransmitted, reordered or stopped by a zero window. */
  grave: boolean;
  directions: [DirectionTrouble | undefined, DirectionTrouble | undefined];
  syn: PacketRef[];
  synAck: PacketRef[];
  events: SegmentEvent[];
  eventsTotal: number;
  resets: ResetEvent[];
  spans: ZeroWindowSpan[];
  idleGaps: IdleGaps;
  slowTurns: Turn[];
  /** What its programs said, where that is notable. */
  application: ApplicationFacts | null;
  /** The turn whose answer came last, if it was slow. */
  latestTurn: Turn | undefined;
}

/** Whether pauses are the only trouble. */
export const hasOnlyPauses = ({
  directions,
  syn,
  synAck,
  eventsTotal,
  resets,
  spans,
  slowTurns,
  application,
}: ConnectionTrouble): boolean =>
  application === null &&
  directions[0] === undefined &&
  directions[1] === undefined &&
  eventsTotal + syn.length + synAck.length + resets.length + spans.length + slowTurns.length === 0;

export const noDirectionTrouble = (): DirectionTrouble => ({
  synsAgain: 0,
  finsAgain: 0,
  resentSegments: 0,
  needlessSegments: 0,
  resentLate: 0,
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
  strays: false,
  foreignSacks: EMPTY,
  foreignSacksTotal: 0,
  repeats: EMPTY,
  repeatsTotal: 0,
  holes: EMPTY,
  holesTotal: 0,
  openHoles: EMPTY,
  ttls: EMPTY,
  tunnels: EMPTY,
  sourceMacs: EMPTY,
  destinationMacs: EMPTY,
  sack: EMPTY,
});

/**
 * Trouble of connections by number; created on first use.
 * Invariant: at most `kept` entries are stored, and at most as many items as `takeItem` granted. Trouble beyond that is
 * discarded, and its connection looks ordinary.
 */
export class Troubles {
  readonly #byConnection = new Map<number, ConnectionTrouble>();
  /** One bit for each connection with trouble. Ordinary packets test it, which is faster than the map. */
  #inTrouble = new Uint32Array(64);
  readonly #room: OtherRoom | undefined;
  readonly #kept: number;
  #items: number;

  constructor(kept = TROUBLES_KEPT, items = ITEMS_KEPT, room?: OtherRoom) {
    this.#room = room;
    this.#kept = kept;
    this.#items = items;
  }

  of(connection: number): ConnectionTrouble | undefined {
    if (((this.#inTrouble[connection >>> 5] >>> (connection & 31)) & 1) === 0) return undefined;
    return this.#byConnection.get(connection);
  }

  make(connection: number, grave = false): ConnectionTrouble {
    const known = this.#byConnection.get(connection);
    if (known !== undefined) {
      known.grave ||= grave;
      return known;
    }
    const trouble: ConnectionTrouble = {
      grave,
      directions: [undefined, undefined],
      syn: EMPTY,
      synAck: EMPTY,
      events: EMPTY,
      eventsTotal: 0,
      resets: EMPTY,
      spans: EMPTY,
      idleGaps: NO_GAPS,
      slowTurns: EMPTY,
      application: null,
      latestTurn: undefined,
    };
    const isRoom = this.#byConnection.size < (grave ? this.#kept : this.#kept / 2);
    if (isRoom && this.#room?.take('trouble') !== false) this.#keep(connection, trouble);
    return trouble;
  }

  #keep(connection: number, trouble: ConnectionTrouble): void {
    this.#byConnection.set(connection, trouble);
    const word = connection >>> 5;
    if (word >= this.#inTrouble.length)
      this.#inTrouble = grown(this.#inTrouble, Math.max(word + 1, this.#inTrouble.length * 2));
    this.#inTrouble[word] |= 1 << (connection & 31);
  }

  makeDirection(connection: number, direction: Direction, grave = false): DirectionTrouble {
    const trouble = this.make(connection, grave);
    let side = trouble.directions[direction];
    if (side === undefined) trouble.directions[direction] = side = noDirectionTrouble();
    return side;
  }

  /**
   * Whether `list` may get another item: it is shorter than `most`, and the budget of all lists is not exhausted. Takes
   * the item from the budget.
   */
  takeItem(list: readonly unknown[], most: number): boolean {
    if (list.length >= most || this.#items <= 0 || this.#room?.take('event') === false) return false;
    this.#items--;
    return true;
  }

  /** Returns removed items to the budget. */
  giveBack(items: number): void {
    this.#items += items;
    this.#room?.giveBack('event', items);
  }
}

/** The list with `item` added if that is one of the `most` largest by `size`; largest first. */
export function keepLargest<T>(list: T[], item: T, most: number, size: (item: T) => number): T[] {
  let at = list.length;
  while (at > 0 && size(list[at - 1]) < size(item)) at--;
  if (at >= most) return list;
  if (at === list.length) return appended(list, item);
  list.splice(at, 0, item);
  if (list.length > most) list.pop();
  return list;
}

/** Adds one `value` to the counts, if it is among the first `VALUES_KEPT` different values. */
export function countValue(counts: CountedValue<number>[], value: number): CountedValue<number>[] {
  const known = counts.find((counted) => counted.value === value);
  if (known !== undefined) known.count++;
  else if (counts.length < VALUES_KEPT) return appended(counts, { value, count: 1 });
  return counts;
}
