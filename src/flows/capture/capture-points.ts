import type { CaptureInterface } from '../../decode/files/capture-record.ts';
import { LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../../decode/link-types.ts';
import type { Packet } from '../../decode/packet.ts';
import type { CapturePoint } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { emptyQuality } from './point-quality.ts';

/**
 * The capture points of one capture: one for each interface of the file, and one for each interface index in SLL2
 * records.
 */
export class CapturePoints {
  readonly points: CapturePoint[] = [];
  readonly interfaces: CaptureInterface[] = [];
  readonly #limits: Limits;
  readonly #captureName: string;
  /** Points by file interface, then by interface of the record. */
  readonly #byInterface = new Map<number, Map<number, CapturePoint>>();
  /** How often each name was requested. */
  readonly #uses = new Map<string, number>();
  /** Descriptions of interfaces beyond the limit, by link type. */
  readonly #shared = new Map<number, CaptureInterface>();
  #latest: CapturePoint | undefined;

  /** @param captureName names points whose interface has no name */
  constructor(limits: Limits, captureName: string) {
    this.#limits = limits;
    this.#captureName = captureName;
  }

  /**
   * Adds an interface of the file, or updates it. It becomes a point even without packets: then nothing was seen there.
   */
  onInterface(described: CaptureInterface): void {
    this.interfaces[described.index] = this.#isBeyond(described) ? this.#nameless(described) : { ...described };
    if (described.linkType !== LINKTYPE_LINUX_SLL2) this.#point(described.index, -1);
  }

  linkTypeOf(fileInterface: number): number {
    return this.interfaces[fileInterface]?.linkType ?? -1;
  }

  /** An interface that shares the last point, and of which nothing but the link type matters. */
  #isBeyond({ index, interfaceDropped = 0, systemDropped = 0 }: CaptureInterface): boolean {
    return index >= this.#limits.points && interfaceDropped + systemDropped === 0;
  }

  /** One description for all of a link type. */
  #nameless(described: CaptureInterface): CaptureInterface {
    const known = this.#shared.get(described.linkType);
    if (known !== undefined) return known;
    const { index, linkType, snaplen } = described;
    const shared = { index, linkType, snaplen };
    this.#shared.set(described.linkType, shared);
    return shared;
  }

  /** The point at which `packet` was seen. */
  pointOf({ interfaceIndex, linkInterface }: Packet): CapturePoint {
    return this.pointAt(interfaceIndex, linkInterface);
  }

  /** @param linkInterface interface index of the record itself (SLL2); -1 without */
  pointAt(fileInterface: number, linkInterface: number): CapturePoint {
    const latest = this.#latest;
    if (latest !== undefined && latest.fileInterface === fileInterface && latest.linkInterface === linkInterface)
      return latest;
    const point = this.#point(fileInterface, linkInterface);
    this.#latest = point;
    return point;
  }

  /** Adds a point for each interface without one: an `any` capture that saw nothing. */
  finish(): CapturePoint[] {
    for (const described of this.interfaces) {
      if (described !== undefined && !this.#byInterface.has(described.index)) this.#point(described.index, -1);
    }
    return this.points;
  }

  #point(fileInterface: number, linkInterface: number): CapturePoint {
    const last = this.points[this.points.length - 1];
    if (this.points.length >= this.#limits.points && !this.#byInterface.has(fileInterface)) return last;
    let byLink = this.#byInterface.get(fileInterface);
    if (byLink === undefined) this.#byInterface.set(fileInterface, (byLink = new Map()));
    const known = byLink.get(linkInterface);
    if (known !== undefined) return known;
    const point = this.points.length < this.#limits.points ? this.#add(fileInterface, linkInterface) : last;
    byLink.set(linkInterface, point);
    return point;
  }

  #add(fileInterface: number, linkInterface: number): CapturePoint {
    const described = this.interfaces[fileInterface];
    const linkType = described?.linkType ?? -1;
    const interfaceName = linkInterface >= 0 ? null : (described?.name ?? null);
    const isAny = linkInterface < 0 && (linkType === LINKTYPE_LINUX_SLL || interfaceName === 'any');
    const point: CapturePoint = {
      index: this.points.length,
      capture: 0,
      fileInterface,
      linkInterface,
      linkType,
      interfaceName,
      name: this.#unique(this.#nameOf(interfaceName, linkInterface)),
      host: null,
      role: isAny ? 'any' : 'unknown',
      namedBy: isAny ? 'traffic' : 'unknown',
      timeShift: 0,
      quality: emptyQuality(),
    };
    this.points.push(point);
    return point;
  }

  #nameOf(interfaceName: string | null, linkInterface: number): string {
    if (linkInterface >= 0) return `${this.#captureName} interface ${linkInterface}`;
    return interfaceName ?? this.#captureName;
  }

  #unique(name: string): string {
    const before = this.#uses.get(name) ?? 0;
    this.#uses.set(name, before + 1);
    return before === 0 ? name : this.#unique(`${name} (${before + 1})`);
  }
}

/** File name without folders and without the extensions of captures and compression. */
export const nameOfCapture = (path: string): string =>
  path.replace(/^.*[/\\]/, '').replace(/(\.(pcap|pcapng|cap|dmp|ntar|gz|zst|xz|bz2))+$/i, '') || path;
