import { AddressTexts, type Ipv6Texts, Ipv6TextsOf } from '../compact/address-texts.ts';
import { formatMac } from '../compact/link-address.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { type ConnectionSource, sourceOf, type Wording } from './connection-evidence.ts';
import { BLOCK_BITS, BLOCK_RECORDS, ConnectionRecords } from './connection-table.ts';
import { hasOnlyPauses } from './connection-trouble.ts';
import { pendingOctets, unackedSince } from './direction-evidence.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { NO_GAPS } from './idle-gaps.ts';
import { NO_LINK_ADDRESS } from './link-addresses.ts';
import * as R from './record-layout.ts';
import { NONE } from './unacked-segments.ts';

/** As plain data for a worker's message: the buffers go over without a copy. */
export interface RecordedConnectionsData {
  blocks: ArrayBuffer[];
  /** Addresses by their number in the records. */
  linkAddresses: Float64Array<ArrayBuffer>;
  ipv6: Ipv6Texts;
  /** By place in the list. */
  lateSynAcks: ReadonlyMap<number, PacketRef>;
  /** Pauses of all, one after the other, and where those of each place begin. */
  idleGaps: Float64Array<ArrayBuffer>;
  firstGaps: Uint32Array<ArrayBuffer>;
}

const NOTHING_UNACKED: ConnectionSource['unacked'] = {
  words: new Uint32Array(0),
  doubles: new Float64Array(0),
  first: () => NONE,
};

/**
 * Ordinary connections of a capture, left as the records by which they were followed: an object of each takes ten times
 * the room, and most of them are looked at only to find the same connection in another capture.
 */
export class RecordedConnections {
  readonly wording: Wording;
  readonly #data: RecordedConnectionsData;
  readonly #blocks: readonly R.ConnectionBlock[];
  readonly #linkAddresses: ConnectionSource['linkAddresses'];

  constructor(data: RecordedConnectionsData) {
    const texts = new AddressTexts(data.ipv6);
    this.#data = data;
    this.#blocks = data.blocks.map((buffer) => new R.ConnectionBlock(buffer));
    this.#linkAddresses = { addressOf: (number) => data.linkAddresses[number] };
    this.wording = { formatAddress: (address) => texts.of(address), formatMac };
  }

  /** Copies the records of some connections, each of which `isOrdinaryRecord`. */
  static of(tracker: FollowedConnections, numbers: readonly number[], { formatAddress }: Wording): RecordedConnections {
    const { records, troubles, linkAddresses } = tracker;
    const blocks: R.ConnectionBlock[] = [];
    const ipv6 = new Ipv6TextsOf(formatAddress);
    const lateSynAcks = new Map<number, PacketRef>();
    const idleGaps: number[] = [];
    const firstGaps = new Uint32Array(numbers.length + 1);
    for (const [place, number] of numbers.entries()) {
      const left = numbers.length - place;
      if ((place & (BLOCK_RECORDS - 1)) === 0) blocks.push(new R.ConnectionBlock(Math.min(BLOCK_RECORDS, left)));
      const { words } = records.blockOf(number);
      const at = ConnectionRecords.placeOf(number);
      blocks[place >>> BLOCK_BITS].words.set(words.subarray(at, at + R.RECORD_WORDS), ConnectionRecords.placeOf(place));
      if ((words[at + R.MARKS_AND_LETTERS] & R.IS_IPV6) !== 0) {
        ipv6.add(words[at + R.CLIENT]);
        ipv6.add(words[at + R.SERVER]);
      }
      const late = records.lateSynAcks.get(number);
      if (late !== undefined) lateSynAcks.set(place, late);
      idleGaps.push(...(troubles.of(number)?.idleGaps ?? NO_GAPS));
      firstGaps[place + 1] = idleGaps.length;
    }
    const buffers = blocks.map(({ words }) => words.buffer);
    return new RecordedConnections({
      blocks: buffers,
      linkAddresses: linkAddresses.all(),
      ipv6: ipv6.texts,
      lateSynAcks,
      idleGaps: Float64Array.from(idleGaps),
      firstGaps,
    });
  }

  toTransferable(): RecordedConnectionsData {
    return this.#data;
  }

  /** @param place in the list of those that were copied */
  blockOf(place: number): R.ConnectionBlock {
    return this.#blocks[place >>> BLOCK_BITS];
  }

  /** @param number of a link address in the records; null of none */
  linkAddress(number: number): string | null {
    return number === NO_LINK_ADDRESS ? null : formatMac(this.#data.linkAddresses[number]);
  }

  source(place: number): ConnectionSource {
    return {
      block: this.blockOf(place),
      at: ConnectionRecords.placeOf(place),
      trouble: undefined,
      idleGaps: this.#data.idleGaps.subarray(this.#data.firstGaps[place], this.#data.firstGaps[place + 1]),
      lateSynAck: this.#data.lateSynAcks.get(place),
      unacked: NOTHING_UNACKED,
      linkAddresses: this.#linkAddresses,
    };
  }
}

/** Seen in both directions, nothing out of the ordinary but pauses, nothing pending: open, or closed by both ends. */
export function isOrdinaryRecord(tracker: FollowedConnections, number: number): boolean {
  const { block, at, trouble, unacked } = sourceOf(tracker, number);
  const { words, halves } = block;
  if (trouble !== undefined && !hasOnlyPauses(trouble)) return false;
  if ((words[at + R.MARKS_AND_LETTERS] & R.WAITS_FOR_ANSWER) !== 0) return false;
  const there = at + R.DIRECTIONS_AT;
  const back = there + R.DIRECTION_WORDS;
  if (words[there + R.PACKETS] === 0 || words[back + R.PACKETS] === 0) return false;
  const finsThere = halves[(there << 1) + R.FINS];
  const finsBack = halves[(back << 1) + R.FINS];
  const isOpen =
    words[at + R.HANDSHAKE_ACK_PACKET] > 0 || words[there + R.DATA_SEGMENTS] + words[back + R.DATA_SEGMENTS] > 0;
  const isSound = finsThere + finsBack === 0 ? isOpen : finsThere > 0 && finsBack > 0;
  return (
    isSound &&
    halves[(there << 1) + R.RESETS] + halves[(back << 1) + R.RESETS] === 0 &&
    pendingOctets(block, there, back) === 0 &&
    pendingOctets(block, back, there) === 0 &&
    unackedSince(unacked, block, there, back) === null &&
    unackedSince(unacked, block, back, there) === null
  );
}
