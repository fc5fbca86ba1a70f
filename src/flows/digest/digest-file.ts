import { createHash } from 'node:crypto';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureDigest } from '../capture/capture-digest.ts';
import { DATAGRAM_LAYOUT } from '../compact/datagram-layout.ts';
import { LOOKUP_LAYOUT } from '../compact/lookup-layout.ts';
import { type SightingData, SightingTable } from '../rows/sighting-table.ts';
import { CONNECTION_LAYOUT } from '../tcp/record-layout.ts';
import { type Head, readContainer, writeContainer } from './container.ts';
import { type DigestMessage, digestMessage, digestOfMessage } from './digest-codec.ts';
import { assertDigestMessage, assertRows } from './digest-shape.ts';
import { packPlain, unpackPlain } from './plain-data.ts';

/** What is known of the capture and of how it was taken. */
export interface DigestIdentity {
  /** Base name of the capture, or the name that was given for it. */
  name: string;
  /** SHA-256 of the file, as hexadecimal digits; of the files, one after the other, for a capture in several. */
  capture: string;
  /** Node where it was taken. */
  host?: string;
  /** Interface where it was taken. */
  interface?: string;
  /** The run of captures that it belongs to: one identifier for all nodes. */
  run?: string;
}

export interface DigestHead extends DigestIdentity {
  /** Version of pcapdiag. */
  tool: string;
  /** The packets that were looked at, as the options said; missing for all. */
  selection?: Record<string, unknown>;
}

/** Rows of chosen flows of one capture, beside its digest. */
export interface RowsHead {
  tool: string;
  /** SHA-256 of the capture. */
  capture: string;
  name: string;
}

/** Records are written as they are in memory, so a reader needs the same offsets. */
const LAYOUTS = createHash('sha256')
  .update(
    JSON.stringify(
      [CONNECTION_LAYOUT, DATAGRAM_LAYOUT, LOOKUP_LAYOUT].map(({ bytes, parts }) => [
        bytes,
        parts.map(({ at, fields }) => [at, fields.map(({ name, at, type }) => [name, at, type])]),
      ]),
    ),
  )
  .digest('hex')
  .slice(0, 16);

/** @param digest its buffers are handed on, so it must not be used afterwards */
export function writeDigest(head: DigestHead, digest: CaptureDigest): Uint8Array {
  const { message } = digestMessage(digest);
  const rows = message.rows && { ...message.rows, index: null };
  return writeContainer({ kind: 'digest', layouts: LAYOUTS, ...head }, packPlain({ ...message, rows }));
}

/** @throws PcapdiagError 'unsupported-format', 'corrupt-header' */
export function readDigest(octets: Uint8Array): { head: DigestHead; digest: () => CaptureDigest } {
  const { head, body } = readContainer(octets);
  assertKind(head, 'digest');
  for (const name of ['host', 'interface', 'run']) if (head[name] !== undefined) textOf(head, name);
  const { selection } = head;
  if (selection !== undefined && (typeof selection !== 'object' || selection === null)) throw wrongHead('selection');
  return {
    head: { ...(head as unknown as DigestHead), name: textOf(head, 'name'), capture: textOf(head, 'capture') },
    digest: () => {
      const message = unpackPlain(body());
      assertDigestMessage(message);
      return digestOfMessage(message as DigestMessage);
    },
  };
}

/** @param rows not to be used afterwards */
export function writeRows(head: RowsHead, rows: SightingTable): Uint8Array {
  const data = rows.toTransferable();
  return writeContainer({ kind: 'rows', layouts: LAYOUTS, ...head }, packPlain({ ...data, index: null }));
}

/** @throws PcapdiagError 'unsupported-format', 'corrupt-header' */
export function readRows(octets: Uint8Array): { head: RowsHead; rows: () => SightingTable } {
  const { head, body } = readContainer(octets);
  assertKind(head, 'rows');
  return {
    head: { ...(head as unknown as RowsHead), name: textOf(head, 'name'), capture: textOf(head, 'capture') },
    rows: () => {
      const data = unpackPlain(body());
      assertRows(data);
      return SightingTable.from(data as SightingData);
    },
  };
}

/** What a file of this form holds; undefined for another file. @throws PcapdiagError as the readers do */
export const kindOf = (octets: Uint8Array): unknown => readContainer(octets).head.kind;

function assertKind(head: Head, kind: string): void {
  if (head.kind !== kind) throw new PcapdiagError('corrupt-header', `a file of the kind "${head.kind}", not "${kind}"`);
  if (head.layouts !== LAYOUTS)
    throw new PcapdiagError(
      'unsupported-format',
      `a digest of pcapdiag ${head.tool} whose records lie otherwise than here: make it again, or use that version`,
    );
}

function textOf(head: Head, name: string): string {
  const value = head[name];
  if (typeof value !== 'string' || value === '') throw wrongHead(name);
  return value;
}

const wrongHead = (name: string): PcapdiagError =>
  new PcapdiagError('corrupt-header', `no digest that can be used: "${name}" of its head is wrong`);
