import type { Joined } from '../../capture/capture-digest.ts';
import type { Endpoint, Hop } from '../../evidence/evidence.ts';

/** ICMP "fragmentation needed" (RFC 792, type 3 code 4) and "packet too big" (RFC 4443, type 2). */
const FRAGMENTATION_NEEDED = { type: 3, code: 4 };
const PACKET_TOO_BIG = 2;

/**
 * Packets that a router refused with an ICMP error because of their size, where path MTU discovery works: smaller ones
 * passed afterwards. They were refused and sent again as told; a path does not count them as lost.
 */
export class RefusedSizes {
  /** Largest packet that the errors about each pair of end points ask for, octets. */
  readonly #largest = new Map<string, number>();

  constructor({ icmpErrors }: Joined) {
    for (const { version, type, code, mtu, quoted } of icmpErrors) {
      if (quoted === null || mtu === 0) continue;
      const isSize =
        version === 4
          ? type === FRAGMENTATION_NEEDED.type && code === FRAGMENTATION_NEEDED.code
          : type === PACKET_TOO_BIG;
      if (!isSize) continue;
      const key = keyOf(quoted.source, quoted.destination);
      this.#largest.set(key, Math.max(this.#largest.get(key) ?? 0, mtu));
    }
  }

  /** Whether all that a hop lost was refused so. @param ends sender and receiver of its direction, as seen on the way */
  has({ smallestLost, lostSinceMatch, matchedData }: Hop, ends: readonly (readonly [Endpoint, Endpoint])[]): boolean {
    if (this.#largest.size === 0 || lostSinceMatch > 0 || matchedData === 0) return false;
    return ends.some(([source, destination]) => {
      const largest = this.#largest.get(keyOf(source, destination));
      return largest !== undefined && smallestLost > largest;
    });
  }
}

const keyOf = (source: Endpoint, destination: Endpoint): string =>
  `${source.address} ${source.port} ${destination.address} ${destination.port}`;
