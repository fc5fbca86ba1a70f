import { createHash } from 'node:crypto';
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureDigest } from '../capture/capture-digest.ts';
import { DATAGRAM_LAYOUT } from '../compact/datagram-layout.ts';
import { LOOKUP_LAYOUT } from '../compact/lookup-layout.ts';
import { type SightingData, SightingTable } from '../rows/sighting-table.ts';
import { CONNECTION_LAYOUT } from '../tcp/record-layout.ts';
import { type Head, readContainer, writeContainer } from './container.ts';
import { type DigestMessage, digestMessage, digestOfMessage } from './digest-codec.ts';
import { checkReferences, checkRows } from './digest-references.ts';
import { type PlainData, packPlain, unpackPlain } from './plain-data.ts';
import { assertWritten } from './written-data.ts';

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

/** @param rows not to be used afterwards */
export function writeRows(head: RowsHead, rows: SightingTable): Uint8Array {
  const data = rows.toTransferable();
  return writeContainer({ kind: 'rows', layouts: LAYOUTS, ...head }, packPlain({ ...data, index: null }));
}

/** A file as it was written; its body is unpacked and checked when it is asked for. */
export type DigestFile =
  | { kind: 'digest'; head: DigestHead; digest: () => CaptureDigest }
  | { kind: 'rows'; head: RowsHead; rows: () => SightingTable };

/** @throws PcapdiagError 'unsupported-format', 'corrupt-header' */
export function readDigestFile(octets: Uint8Array): DigestFile {
  const { head, body } = readContainer(octets);
  const { kind } = head;
  if (kind !== 'digest' && kind !== 'rows') throw wrongHead('kind');
  if (head.layouts !== LAYOUTS)
    throw new PcapdiagError(
      'unsupported-format',
      `a digest of pcapdiag ${head.tool} whose records lie otherwise than here: make it again, or use that version`,
    );
  const named = { name: textOf(head, 'name'), capture: textOf(head, 'capture') };
  if (kind === 'rows')
    return { kind, head: { ...(head as unknown as RowsHead), ...named }, rows: () => rowsIn(body()) };
  for (const name of ['host', 'interface', 'run']) if (head[name] !== undefined) textOf(head, name);
  const { selection } = head;
  if (selection !== undefined && (typeof selection !== 'object' || selection === null)) throw wrongHead('selection');
  return { kind, head: { ...(head as unknown as DigestHead), ...named }, digest: () => digestIn(body()) };
}

function digestIn(body: PlainData): CaptureDigest {
  const message: unknown = unpackPlain(body);
  assertWritten(message, 'DigestMessage', 'its content');
  checkReferences(message as DigestMessage);
  return digestOfMessage(message as DigestMessage);
}

function rowsIn(body: PlainData): SightingTable {
  const data: unknown = unpackPlain(body);
  assertWritten(data, 'SightingData', 'its content');
  checkRows(data as SightingData);
  return SightingTable.from(data as SightingData);
}

function textOf(head: Head, name: string): string {
  const value = head[name];
  if (typeof value !== 'string' || value === '') throw wrongHead(name);
  return value;
}

const wrongHead = (name: string): PcapdiagError =>
  new PcapdiagError('corrupt-header', `no digest that can be used: "${name}" of its head is wrong`);
