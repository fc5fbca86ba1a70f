import { u8, u16, u32 } from './octets.ts';
import type { Packet } from './packet.ts';

/**
 * TCP options (RFC 9293, 3.2; RFC 7323 for window scale and timestamps; RFC 2018 for SACK; RFC 2385
 * and 5925 for signatures).
 *
 *  |  kind  | length |  length - 2 octets  |      kinds 0 and 1 stand alone
 */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
/** MD5 signature (RFC 2385): 18 octets. Authentication option (RFC 5925, 2.2): 4 octets and a code. */
export const MD5_SIGNATURE = 19;
export const TCP_AO = 29;

/** Two no-operations and a timestamps option, the layout of every common stack (RFC 7323, appendix A). */
const ALIGNED_TIMESTAMPS = 0x0101080a;
const ALIGNED_TIMESTAMPS_LENGTH = 12;

/** Whether the options are the timestamps alone, as every common stack sends them. */
export const hasOnlyTimestamps = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at === ALIGNED_TIMESTAMPS_LENGTH && u32(bytes, at) === ALIGNED_TIMESTAMPS;

/**
 * Reads the options in `bytes[at … end)` into `packet`. `wholeCaptured` is false when snaplen truncated them. Reading
 * stops at a malformed option; the options before it are kept (RFC 9293, MUST-7 only requires not to crash).
 */
export function readTcpOptions(packet: Packet, at: number, end: number, wholeCaptured: boolean): void {
  const { bytes } = packet;
  if (hasOnlyTimestamps(bytes, at, end)) {
    setTimestamps(packet, at + 4);
    return;
  }
  packet.tcpOptionsIncomplete = !wholeCaptured;
  while (at < end) {
    const kind = u8(bytes, at);
    if (kind === END_OF_OPTIONS) {
      packet.tcpOptionsIncomplete = false;
      return;
    }
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? u8(bytes, at + 1) : 0;
    if (length < 2 || at + length > end) {
      packet.tcpOptionsIncomplete = true;
      return;
    }
    readOption(packet, kind, length, at);
    at += length;
  }
}

/** Reads one option whose octets are all present. A known kind with a wrong length is skipped. */
function readOption(packet: Packet, kind: number, length: number, at: number): void {
  const { bytes } = packet;
  if (kind === TIMESTAMPS && length === 10) setTimestamps(packet, at + 2);
  else if (kind === SACK) setSack(packet, length, at + 2);
  else if (kind === MSS && length === 4) packet.tcpMss = u16(bytes, at + 2);
  else if (kind === WINDOW_SCALE && length === 3) packet.tcpWindowScale = u8(bytes, at + 2);
  else if (kind === SACK_PERMITTED && length === 2) packet.tcpSackPermitted = true;
  else if ((kind === MD5_SIGNATURE && length === 18) || (kind === TCP_AO && length >= 4)) packet.tcpSignature = kind;
}

/** The two values at `at`. */
export function setTimestamps(packet: Packet, at: number): void {
  packet.tcpHasTimestamps = true;
  packet.tcpTsValue = u32(packet.bytes, at);
  packet.tcpTsEcho = u32(packet.bytes, at + 4);
}

export function clearTimestamps(packet: Packet): void {
  packet.tcpHasTimestamps = false;
  packet.tcpTsValue = 0;
  packet.tcpTsEcho = 0;
}

/** At most 4 blocks fit in 40 octets of options. */
function setSack(packet: Packet, length: number, at: number): void {
  const octets = length - 2;
  if (octets % 8 !== 0) return;
  const edges = packet.tcpSack;
  const count = octets / 8;
  for (let edge = 0; edge < count * 2; edge++) edges[edge] = u32(packet.bytes, at + edge * 4);
  packet.tcpSackCount = count;
}
