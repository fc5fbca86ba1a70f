import {
  HEAD_ROWS,
  INDEX_FLOW_SHIFT,
  INDEX_TO_CLIENT,
  MARK_CUT,
  MARK_DF,
  MARK_INBOUND,
  MARK_OUTBOUND,
  SIGHTING_TCP,
  SIGHTING_UDP,
} from '../rows/row-marks.ts';
import * as R from '../rows/row-places.ts';
import { isBelow } from '../tables/words.ts';
import { tunnel } from './count-path.ts';
import { direction, flow, TO_SERVER } from './find-connection.ts';
import { payloadHash } from './find-copy.ts';
import { f64At, i32At, setF64, setI32, setU8, setU16, u8At } from './memory.ts';
import * as P from './read-headers.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import { isCut } from './read-record.ts';
import { ALL_ROWS, COUNTED, HEAD_ROWS_ONLY } from './row-modes.ts';
import * as S from './state-offsets.ts';

/** Whether what is kept of the packet has room without anything growing. */
export function isRoomForRow(): boolean {
  const mode = i32At(S.ROW_MODE);
  if (mode === ALL_ROWS) return i32At(S.PAGE_ROWS) < i32At(S.MOST_ROWS);
  const row = 2 * flow + direction;
  if (mode === COUNTED) return isBelow(row, i32At(S.COUNT_ROWS));
  if (mode !== HEAD_ROWS_ONLY) return true;
  if (!isBelow(row, i32At(S.KEPT_ROWS)) || u8At(i32At(S.KEPT) + row) < HEAD_ROWS) return false;
  return isBelow(i32At(S.NUMBER) + 1 - i32At(S.FIRST_INDEXED), i32At(S.MOST_INDEXED));
}

/** Keeps it. The number of the packet is in the state. */
export function keepRow(): void {
  const mode = i32At(S.ROW_MODE);
  if (mode === COUNTED) countInFlow();
  else if (mode === ALL_ROWS) writeRow();
  else if (mode === HEAD_ROWS_ONLY) indexPacket();
}

/** Counts the packet in its biflow, in place of a row. */
function countInFlow(): void {
  const at = i32At(S.COUNTS) + ((2 * flow + direction) << 2);
  setI32(at, i32At(at) + 1);
}

/** Notes to which biflow the packet belongs, see `PacketIndex`. */
function indexPacket(): void {
  const nth = i32At(S.NUMBER) - i32At(S.FIRST_INDEXED);
  const at = i32At(S.INDEX) + (nth << 2);
  if (tunnel >= 0) setU16(i32At(S.INDEX_TUNNELS) + (nth << 1), (tunnel + 1) << 1);
  setI32(at, (flow << INDEX_FLOW_SHIFT) | (direction === TO_SERVER ? 0 : INDEX_TO_CLIENT));
}

/** Writes the row of the packet, as `addSighting` does. Columns without a value are 0; a message of DNS has its ID as `seq`. */
function writeRow(): void {
  const row = i32At(S.PAGE_ROWS);
  const page = i32At(S.PAGE);
  setI32(S.PAGE_ROWS, row + 1);
  setF64(page + R.PAGE_ROWS * R.TIME + (row << 3), f64At(S.TIME));
  const word = page + (row << 2);
  setI32(word + R.PAGE_ROWS * R.PACKET, i32At(S.NUMBER));
  setI32(word + R.PAGE_ROWS * R.FLOW, flow);
  setI32(word + R.PAGE_ROWS * R.L3_LENGTH, N.l3Length);
  setI32(word + R.PAGE_ROWS * R.PAYLOAD_LENGTH, P.payloadLength);
  setI32(word + R.PAGE_ROWS * R.SEQ, P.seq);
  setI32(word + R.PAGE_ROWS * R.ACK, P.ack);
  if (P.hasTimestamps) {
    setI32(word + R.PAGE_ROWS * R.TS_VALUE, P.tsValue);
    setI32(word + R.PAGE_ROWS * R.TS_ECHO, P.tsEcho);
  }
  setI32(word + R.PAGE_ROWS * R.PAYLOAD_HASH, payloadHash);
  const half = page + (row << 1);
  setU16(half + R.PAGE_ROWS * R.POINT, i32At(S.POINT));
  setU16(half + R.PAGE_ROWS * R.IP_ID, N.ipId);
  setU16(half + R.PAGE_ROWS * R.FLAGS, P.flags);
  setU16(half + R.PAGE_ROWS * R.WINDOW, P.window);
  setU16(half + R.PAGE_ROWS * R.TUNNEL, tunnel + 1);
  const octet = page + row;
  setU8(octet + R.PAGE_ROWS * R.KIND, P.isDatagram ? SIGHTING_UDP : SIGHTING_TCP);
  setU8(octet + R.PAGE_ROWS * R.DIRECTION, direction);
  setU8(octet + R.PAGE_ROWS * R.TTL, N.ttl);
  setU8(octet + R.PAGE_ROWS * R.DSCP, N.dscp);
  setU8(octet + R.PAGE_ROWS * R.MARKS, (N.dontFragment ? MARK_DF : 0) | (isCut ? MARK_CUT : 0) | wayMark());
}

/** The direction that the link header tells. */
function wayMark(): i32 {
  if (L.way === 0) return 0;
  return L.way === L.OUTBOUND ? MARK_OUTBOUND : MARK_INBOUND;
}
