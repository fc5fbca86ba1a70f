import { AddressTexts, type Ipv6Texts, Ipv6TextsOf } from '../compact/address-texts.ts';
import { formatMac } from '../compact/link-address.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { ConnectionBlock } from './connection-block.ts';
import { type ConnectionSource, sourceOf, type Wording } from './connection-evidence.ts';
import { ConnectionTable } from './connection-table.ts';
import { hasOnlyPauses } from './connection-trouble.ts';
import { pendingOctets, unackedSince } from './direction-evidence.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { NO_GAPS } from './idle-gaps.ts';
import { NO_LINK_ADDRESS } from './link-addresses.ts';
import { MeasuredTransfers } from './measured-transfer.ts';
import { hasLongTransfer } from './note-transfer.ts';
import * as R from './record-marks.ts';
import { NONE } from './unacked-marks.ts';

/** The table as plain data for a worker's message. The buffers are transferred without a copy. */
export interface CompactConnectionsData {
  blocks: ArrayBuffer[];
  /** Link addresses by their number in the records. */
  linkAddresses: Float64Array<ArrayBuffer>;
  ipv6: Ipv6Texts;
  /** By position in the list. */
  lateSynAcks: ReadonlyMap<number, PacketRef>;
  /** Pauses of all connections, one after the other, and the index where those of each position begin. */
  idleGaps: Float64Array<ArrayBuffer>;
  firstGaps: Uint32Array<ArrayBuffer>;
}

/** Measurements of transfers are not handed on with records. */
const NO_TRANSFERS = new MeasuredTransfers();

const NOTHING_UNACKED: ConnectionSource['unacked'] = {
  packet: () => 0,
  time: () => 0,
  first: () => NONE,
};

/**
 * Ordinary connections of a capture, kept in the records that followed them. An object for each takes ten times the
 * memory, and most are only needed to find the same connection in another capture.
 */
export class CompactConnectionTable {
  readonly wording: Wording;
  readonly #data: CompactConnectionsData;
  readonly #blocks: readonly ConnectionBlock[];
  readonly #linkAddresses: ConnectionSource['linkAddresses'];

  constructor(data: CompactConnectionsData) {
    const texts = new AddressTexts(data.ipv6);
    this.#data = data;
    this.#blocks = data.blocks.map((buffer) => new ConnectionBlock(buffer));
    this.#linkAddresses = { addressOf: (number) => data.linkAddresses[number] };
    this.wording = { formatAddress: (address) => texts.of(address), formatMac };
  }

  /** Copies the records of the given connections, for each of which `isOrdinaryRecord` is true. */
  static of(
    tracker: FollowedConnections,
    numbers: readonly number[],
    { formatAddress }: Wording,
  ): CompactConnectionTable {
    const { records, troubles, linkAddresses } = tracker;
    const blocks: ConnectionBlock[] = [];
    const ipv6 = new Ipv6TextsOf(formatAddress);
    const lateSynAcks = new Map<number, PacketRef>();
    const idleGaps: number[] = [];
    const firstGaps = new Uint32Array(numbers.length + 1);
    for (const [place, number] of numbers.entries()) {
      const left = numbers.length - place;
      if ((place & (R.BLOCK_RECORDS - 1)) === 0) blocks.push(new ConnectionBlock(Math.min(R.BLOCK_RECORDS, left)));
      const block = records.blockOf(number);
      const at = ConnectionTable.placeOf(number);
      blocks[place >>> R.BLOCK_BITS].copyFrom(ConnectionTable.placeOf(place), block, at, R.RECORD_BYTES);
      if (block.hasMarksAndLetters(at, R.IS_IPV6)) {
        ipv6.add(block.client(at));
        ipv6.add(block.server(at));
      }
      const late = records.lateSynAcks.get(number);
      if (late !== undefined) lateSynAcks.set(place, late);
      idleGaps.push(...(troubles.of(number)?.idleGaps ?? NO_GAPS));
      firstGaps[place + 1] = idleGaps.length;
    }
    const buffers = blocks.map(({ buffer }) => buffer);
    return new CompactConnectionTable({
      blocks: buffers,
      linkAddresses: linkAddresses.all(),
      ipv6: ipv6.texts,
      lateSynAcks,
      idleGaps: Float64Array.from(idleGaps),
      firstGaps,
    });
  }

  toTransferable(): CompactConnectionsData {
    return this.#data;
  }

  /** @param place position in the list of copied connections */
  blockOf(place: number): ConnectionBlock {
    return this.#blocks[place >>> R.BLOCK_BITS];
  }

  /** @param number of a link address in the records; the result is null when there is none */
  linkAddress(number: number): string | null {
    return number === NO_LINK_ADDRESS ? null : formatMac(this.#data.linkAddresses[number]);
  }

  source(place: number): ConnectionSource {
    return {
      block: this.blockOf(place),
      at: ConnectionTable.placeOf(place),
      trouble: undefined,
      idleGaps: this.#data.idleGaps.subarray(this.#data.firstGaps[place], this.#data.firstGaps[place + 1]),
      transfers: NO_TRANSFERS,
      lateSynAck: this.#data.lateSynAcks.get(place),
      unacked: NOTHING_UNACKED,
      linkAddresses: this.#linkAddresses,
    };
  }
}

/**
 * Whether a connection is ordinary: seen in both directions, nothing unusual except pauses, nothing pending, and either
 * open or closed by both ends.
 */
export function isOrdinaryRecord(tracker: FollowedConnections, number: number): boolean {
  const { block, at, trouble, unacked, transfers } = sourceOf(tracker, number);

  if (trouble !== undefined && !hasOnlyPauses(trouble)) return false;
  if (block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER)) return false;
  if (hasLongTransfer(transfers, block, at)) return false;
  if (block.stallsToServer(at) + block.stallsToClient(at) > 0) return false;
  if (block.hasEndMarks(at, R.END_OPEN_REQUEST | R.END_CROSSED)) return false;
  const there = at + R.DIRECTIONS_AT;
  const back = there + R.DIRECTION_BYTES;
  if (block.packets(there) === 0 || block.packets(back) === 0) return false;
  const finsThere = block.fins(there);
  const finsBack = block.fins(back);
  const isOpen = block.handshakeAckPacket(at) > 0 || block.dataSegments(there) + block.dataSegments(back) > 0;
  const isSound = finsThere + finsBack === 0 ? isOpen : finsThere > 0 && finsBack > 0;
  return (
    isSound &&
    block.resets(there) + block.resets(back) === 0 &&
    pendingOctets(block, there, back) === 0 &&
    pendingOctets(block, back, there) === 0 &&
    unackedSince(unacked, block, there, back) === null &&
    unackedSince(unacked, block, back, there) === null
  );
}
