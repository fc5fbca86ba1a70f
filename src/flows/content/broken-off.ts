import { HTTP1 } from '../../decode/messages/opening.ts';
import type { BrokenOff } from '../evidence/evidence.ts';
import { TO_CLIENT } from '../evidence/evidence.ts';
import { LEAST_TRANSFER } from '../evidence/turns.ts';
import { advance, distance } from '../sequence-number.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import * as R from '../tcp/record-marks.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { bodyOctetsLeft } from './read-http1.ts';

/** The HTTP/1 answer that the server broke off when it ended the connection; null when there is none. */
export function brokenOffOf(table: ContentTable, at: number, block: ConnectionBlock, place: number): BrokenOff | null {
  const { records } = table;
  if (records.protocol(at) !== HTTP1) return null;
  if (!block.hasEndMarks(place, R.HAS_END) || !block.hasEndMarks(place, R.END_TO_CLIENT)) return null;
  const mine = at + M.DIRECTIONS_AT + TO_CLIENT * M.DIRECTION_BYTES;
  const side = place + R.DIRECTIONS_AT + TO_CLIENT * R.DIRECTION_BYTES;
  // A FIN takes a sequence number, a reset takes none.
  const end = advance(block.nextSeq(side), block.hasEndMarks(place, R.END_BY_RESET) ? 0 : -1);
  const left = bodyOctetsLeft({ table, mine }, end);
  if (left === 0) return null;
  const announced = records.body(mine) === M.BY_LENGTH ? records.bodyOctets(mine) : null;
  return { announced, came: announced === null ? null : announced - left };
}

/**
 * Octets of the body of a large HTTP/1 answer that are still to come on a connection that nobody has ended, by its
 * Content-Length: the answer has an end, although the capture does not show it. 0 where there is none.
 */
export function awaitedOf({ records }: ContentTable, at: number, block: ConnectionBlock, place: number): number {
  const mine = at + M.DIRECTIONS_AT + TO_CLIENT * M.DIRECTION_BYTES;
  if (records.body(mine) !== M.BY_LENGTH || records.bodyOctets(mine) < LEAST_TRANSFER.octets) return 0;
  if (block.hasEndMarks(place, R.HAS_END)) return 0;
  const next = block.nextSeq(place + R.DIRECTIONS_AT + TO_CLIENT * R.DIRECTION_BYTES);
  return Math.max(0, distance(next, records.bodyNext(mine)));
}
