import { type Direction, TO_SERVER } from '../evidence/evidence.ts';
import { ConnectionBlock } from './connection-block.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT } from './record-marks.ts';

/**
 * References to the state that a segment affects. One instance is reused; it is valid until the next segment.
 * The time is stored here because passing it as an argument would allocate an object at each call.
 */
export class SegmentContext {
  connection = 0;
  block = new ConnectionBlock(0);
  /** Offsets of the record, and in it of the directions of the sender and of its peer, bytes. */
  at = 0;
  mine = 0;
  peer = 0;
  /** Direction of the segment. */
  direction: Direction = TO_SERVER;
  /** Seconds since the first packet of the capture. */
  time = 0.5;

  set(connection: number, block: ConnectionBlock, at: number, direction: Direction, time: number): void {
    this.connection = connection;
    this.block = block;
    this.at = at;
    this.mine = at + DIRECTIONS_AT + direction * DIRECTION_BYTES;
    this.peer = at + DIRECTIONS_AT + (1 - direction) * DIRECTION_BYTES;
    this.direction = direction;
    this.time = time;
  }
}
