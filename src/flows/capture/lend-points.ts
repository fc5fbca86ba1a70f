import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../../decode/link-types.ts';
import type { CapturePoint } from '../evidence/evidence.ts';
import { PointAccess } from '../ordinary/point-access.ts';
import { POINT_BYTES } from '../ordinary/point-layout.ts';
import { ETHERNET_HEADER, SLL_HEADER, SLL2_HEADER } from '../ordinary/read-link.ts';
import type { StateAccess } from '../ordinary/state-access.ts';
import type { LinearMemory } from '../tables/linear-memory.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';

/** Packets to verify of one run, where all are. */
const MOST_TO_VERIFY = 0x7fff_ffff;
/** Most points of one capture whose packets the core takes: it searches them one by one. */
const MOST_LENT = 64;

/** Headers of frames that the core reads, by link type. */
const LINK_HEADERS: ReadonlyMap<number, number> = new Map([
  [LINKTYPE_ETHERNET, ETHERNET_HEADER],
  [LINKTYPE_LINUX_SLL, SLL_HEADER],
  [LINKTYPE_LINUX_SLL2, SLL2_HEADER],
]);

/** Whether it may take packets of a capture that has these points so far: one, or interfaces that SLL2 tells of. */
export function areLendable(points: readonly CapturePoint[]): boolean {
  const [first] = points;
  if (first === undefined || !LINK_HEADERS.has(first.linkType)) return false;
  return points.length === 1 ? first.linkInterface < 0 || isTold(first) : points.every(isTold);
}

/** Whether SLL2 tells of the point, in records of the first interface of the file: the core takes no others. */
const isTold = ({ linkType, fileInterface }: CapturePoint): boolean =>
  linkType === LINKTYPE_LINUX_SLL2 && fileInterface === 0;

/** Lends points to a core: what was counted at each, and takes back what a run has added. */
export class LentPoints {
  readonly #records: PointAccess;
  readonly #all: readonly CapturePoint[];
  readonly #lent: CapturePoint[] = [];
  #seen = 0;
  readonly #firstPackets: number;

  /**
   * @param all grows as interfaces appear
   * @param firstPackets packets of each whose checksums are verified
   */
  constructor(linear: LinearMemory, state: StateAccess, all: readonly CapturePoint[], firstPackets: number) {
    this.#records = new PointAccess(MOST_LENT * POINT_BYTES, linear);
    this.#all = all;
    this.#firstPackets = firstPackets;
    state.setPoints(0, this.#records.linearAddress);
    state.setLinkHeader(0, LINK_HEADERS.get(all[0].linkType) ?? ETHERNET_HEADER);
  }

  lend(state: StateAccess): void {
    const records = this.#records;
    if (this.#seen < this.#all.length) this.#takeNew(state);
    for (let nth = 0; nth < this.#lent.length; nth++) {
      const { quality } = this.#lent[nth];
      const at = nth * POINT_BYTES;
      // Nothing was seen at a point without packets: there is no latest time.
      records.setLastTime(at, quality.packets === 0 ? Number.POSITIVE_INFINITY : quality.lastTime);
      records.setToVerify(at, Math.min(MOST_TO_VERIFY, this.#firstPackets - quality.packets));
      records.setPackets(at, 0);
      records.setCut(at, 0);
      records.setSuperSegments(at, 0);
    }
  }

  /** @param previousTimes time of the previous packet, by point */
  takeBack(previousTimes: number[], tcp: TcpTracker): void {
    const records = this.#records;
    for (let nth = 0; nth < this.#lent.length; nth++) {
      const { index, quality } = this.#lent[nth];
      const at = nth * POINT_BYTES;
      if (records.packets(at) === 0) continue;
      quality.packets += records.packets(at);
      quality.cut += records.cut(at);
      quality.lastTime = records.lastTime(at);
      previousTimes[index] = quality.lastTime;
      tcp.countSuperSegments(index, records.superSegments(at));
    }
  }

  /** The first point, and those that appeared since the last run if SLL2 tells of them. */
  #takeNew(state: StateAccess): void {
    for (const point of this.#all.slice(this.#seen)) {
      const nth = this.#lent.length;
      if (nth < MOST_LENT && (nth === 0 || isTold(point))) {
        this.#records.setLinkInterface(nth * POINT_BYTES, point.linkInterface);
        this.#records.setIndex(nth * POINT_BYTES, point.index);
        this.#lent.push(point);
      }
    }
    this.#seen = this.#all.length;
    state.setPointsLength(0, this.#lent.length);
  }
}
