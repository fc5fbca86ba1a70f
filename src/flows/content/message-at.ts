import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';

/** The message begins here, and more octets are needed to read it. */
export const MORE = 0;
/** No message begins here. */
export const WRONG = -1;

/**
 * The octets at hand, and where they belong. One instance is reused, because a message that is read must not make an
 * object.
 */
export class MessageAt {
  readonly table: ContentTable;
  /** Offsets of the record and of the direction in it, bytes. */
  at = 0;
  mine = 0;
  peer = 0;
  /** TO_SERVER or TO_CLIENT. */
  direction: 0 | 1 = 0;
  /** Packet that completes the message, and its time in seconds since the first packet of the capture. */
  packet = 0;
  time = 0.5;
  /** No further octets of this message will come: they were cut, or the head is full. */
  isFinal = false;

  constructor(table: ContentTable) {
    this.table = table;
  }

  /** @param at offset of the record @param time seconds since the first packet of the capture */
  set(at: number, direction: 0 | 1, packet: number, time: number): void {
    this.at = at;
    this.mine = at + M.DIRECTIONS_AT + direction * M.DIRECTION_BYTES;
    this.peer = at + M.DIRECTIONS_AT + (1 - direction) * M.DIRECTION_BYTES;
    this.direction = direction;
    this.packet = packet;
    this.time = time;
  }
}
