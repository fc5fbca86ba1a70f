import { beginsWith } from '../../decode/messages/octet-text.ts';
import { LeafCertificate, readLeafCertificate } from '../../decode/messages/tls-certificate.ts';
import {
  CERTIFICATE,
  CERTIFICATE_REQUEST,
  CLIENT_HELLO,
  HANDSHAKE_HEADER_OCTETS,
  Hello,
  readHello,
  SERVER_HELLO,
  TLS_1_3,
} from '../../decode/messages/tls-handshake.ts';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  CLEAR_ALERT_OCTETS,
  ENCRYPTED_ALERT_OCTETS,
  HANDSHAKE,
  isRecord,
  RECORD_HEADER_OCTETS,
  recordOctets,
  recordType,
} from '../../decode/messages/tls-record.ts';
import { u8, u24 } from '../../decode/octets.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { HEAD_OCTETS } from '../tcp/stream-head.ts';
import * as M from './content-marks.ts';
import { type MessageAt, MORE, WRONG } from './message-at.ts';

/** Reused for all connections. */
const hello = new Hello();
const leaf = new LeafCertificate();

/** Reads one record of TLS. @returns its octets, MORE or WRONG */
export function readTlsRecord(message: MessageAt, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < RECORD_HEADER_OCTETS) return message.isFinal ? WRONG : MORE;
  if (!isRecord(bytes, at, end)) return WRONG;
  const { table, mine } = message;
  const { records } = table;
  const octets = recordOctets(bytes, at);
  const whole = RECORD_HEADER_OCTETS + octets;
  const type = recordType(bytes, at);
  const isClear = records.changed(mine) === 0;
  if (type === HANDSHAKE && isClear) {
    if (end - at < Math.min(whole, HEAD_OCTETS) && !message.isFinal) return MORE;
    if (end - at < whole && message.isFinal) records.setCut(mine, 1);
    readHandshake(message, bytes, at + RECORD_HEADER_OCTETS, Math.min(end, at + whole), octets);
  } else if (type === HANDSHAKE) records.setFinished(mine, Math.min(M.MOST_IN_U8, records.finished(mine) + 1));
  else if (type === CHANGE_CIPHER_SPEC) records.setChanged(mine, 1);
  else if (type === ALERT && octets === CLEAR_ALERT_OCTETS) {
    if (end - at < whole && !message.isFinal) return MORE;
    if (end - at < whole) records.setCut(mine, 1);
    else noteAlert(message, u8(bytes, at + RECORD_HEADER_OCTETS), u8(bytes, at + RECORD_HEADER_OCTETS + 1));
  } else if (type === APPLICATION_DATA) noteSealed(message, octets);
  return whole;
}

/** Reads the handshake messages of one record in the clear, as far as they were captured. */
function readHandshake(message: MessageAt, bytes: Uint8Array, from: number, end: number, octets: number): void {
  const { table, mine } = message;
  const { records } = table;
  const rest = records.rest(mine);
  let at = from + Math.min(rest, octets);
  records.setRest(mine, rest - (at - from));
  while (at + HANDSHAKE_HEADER_OCTETS <= end) {
    readHandshakeMessage(message, bytes, at, end);
    at += HANDSHAKE_HEADER_OCTETS + u24(bytes, at + 1);
  }
  if (at > from + octets) records.setRest(mine, at - (from + octets));
}

function readHandshakeMessage(message: MessageAt, bytes: Uint8Array, at: number, end: number): void {
  const { table, direction } = message;
  const { records } = table;
  switch (u8(bytes, at)) {
    case CLIENT_HELLO:
      if (direction === TO_SERVER) noteClientHello(message, bytes, at, end);
      return;
    case SERVER_HELLO:
      if (direction !== TO_CLIENT) return;
      readHello(bytes, at, end, false, hello);
      records.addMarks(message.at, M.SERVER_HELLO);
      records.setServerVersion(message.at, hello.whole ? hello.version : 0);
      return;
    case CERTIFICATE:
      noteCertificate(message, bytes, at, end);
      return;
    case CERTIFICATE_REQUEST:
      if (direction === TO_CLIENT) records.addMarks(message.at, M.CERTIFICATE_REQUEST);
  }
}

function noteClientHello(message: MessageAt, bytes: Uint8Array, at: number, end: number): void {
  const { table, at: record } = message;
  const { records } = table;
  // A second one answers a HelloRetryRequest.
  const isFirst = !records.hasMarks(record, M.HELLO);
  readHello(bytes, at, end, true, hello);
  records.addMarks(record, M.HELLO | (hello.whole ? M.WHOLE_HELLO : 0) | (hello.postQuantum ? M.POST_QUANTUM : 0));
  records.setHelloOctets(record, hello.octets);
  records.setHelloVersion(record, hello.version);
  records.setSuites(record, Math.min(hello.suites, M.MOST_IN_U16));
  const { protocolAt, protocolOctets } = hello;
  if (protocolOctets > 0) {
    const stop = protocolAt + protocolOctets;
    const isH2 = protocolOctets === 2 && beginsWith(bytes, protocolAt, stop, 'h2');
    const isHttp1 = protocolOctets === 8 && beginsWith(bytes, protocolAt, stop, 'http/1.1');
    records.setNextProtocol(record, isH2 ? 1 : isHttp1 ? 2 : 3);
  }
  if (hello.nameOctets > 0) table.setText(record, bytes, hello.nameAt, hello.nameOctets);
  if (!isFirst) return;
  records.setRequestPacket(record, message.packet);
  records.setRequestTime(record, message.time);
}

function noteCertificate(
  { table, at: record, direction }: MessageAt,
  bytes: Uint8Array,
  at: number,
  end: number,
): void {
  const { records } = table;
  readLeafCertificate(bytes, at, end, leaf);
  if (direction === TO_SERVER) {
    if (leaf.isEmpty) records.addMarks(record, M.NO_CLIENT_CERTIFICATE);
    return;
  }
  if (Number.isNaN(leaf.notBefore) || Number.isNaN(leaf.notAfter)) return;
  records.addMarks(record, M.CERTIFICATE | (leaf.selfSigned ? M.SELF_SIGNED : 0));
  records.setNotBefore(record, leaf.notBefore);
  records.setNotAfter(record, leaf.notAfter);
}

/** Keeps the first alert. */
function noteAlert({ table, at, direction, packet, time }: MessageAt, level: number, description: number): void {
  const { records } = table;
  if (records.alertBy(at) !== 0) return;
  records.setAlertBy(at, direction + 1);
  records.setAlertLevel(at, level);
  records.setAlertDescription(at, description);
  records.setAlertPacket(at, packet);
  records.setAlertTime(at, time);
}

function noteSealed({ table, at, mine, peer, direction, packet, time }: MessageAt, octets: number): void {
  const { records } = table;
  const count = records.sealed(mine);
  if (count === 0) {
    records.setSealedOctets(mine, octets);
    records.setSealedPacket(mine, packet);
    records.setSealedTime(mine, time);
  }
  records.setSealed(mine, Math.min(M.MOST_IN_U16, count + 1));
  records.setLastOctets(mine, octets);
  records.setLastPacket(mine, packet);
  if (direction === TO_SERVER || records.sealed(peer) === 0) return;
  const after = records.afterFinished(at);
  if (after === 0) {
    records.setAfterOctets(at, octets);
    records.setAfterPacket(at, packet);
    records.setAfterTime(at, time);
  }
  records.setAfterFinished(at, Math.min(M.MOST_IN_U8, after + 1));
}

/**
 * Whether both sides finished the handshake. Up to TLS 1.2 each sends an encrypted handshake record. In TLS 1.3 all
 * further records look alike: both have sent more than an alert, and the server something after the client's part.
 */
export function isEstablished({ table, at }: Pick<MessageAt, 'table' | 'at'>): boolean {
  const { records } = table;
  const there = at + M.DIRECTIONS_AT;
  const back = there + M.DIRECTION_BYTES;
  if (records.finished(there) > 0 && records.finished(back) > 0) return true;
  if (records.sealed(there) === 0 || records.sealedOctets(there) === ENCRYPTED_ALERT_OCTETS) return false;
  if (records.afterFinished(at) > 1) return true;
  return records.afterFinished(at) === 1 && records.afterOctets(at) !== ENCRYPTED_ALERT_OCTETS;
}

/** Whether the ServerHello chose TLS 1.3. */
export const isTls13 = ({ table, at }: Pick<MessageAt, 'table' | 'at'>): boolean =>
  table.records.serverVersion(at) === TLS_1_3;
