import { createHash } from 'node:crypto';
import type { RecordSink } from './decode/files/capture-record.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import { isInParts, sourceName } from './decode/files/capture-source.ts';
import { packetSelection, type Selection } from './filter/selection.ts';
import { fileName } from './flows/correlate/points/given-points.ts';
import { digestCapture, NAMELESS, readSightings } from './flows/digest/digest-capture.ts';
import { type DigestIdentity, writeDigest, writeRows } from './flows/digest/digest-file.ts';
import { DEFAULT_LIMITS, ROWS_OF_MANY_CAPTURES, ROWS_OF_ONE_CONVERSATION } from './flows/limits.ts';
import { hashed } from './pipeline/capture-hash.ts';
import type { WantedOfCapture } from './pipeline/stored-digests.ts';
import { RedactedSink } from './redact/redacted-sink.ts';
import type { Redaction } from './redact/redaction.ts';
import { assertOptionKeys } from './text/option-keys.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';
import { TOOL_VERSION } from './tool-version.ts';

/** Rows of one digest: a million take 29 MB in its file (measured), and 59 MB in memory. */
const ROWS_OF_ONE_DIGEST = 1_000_000;

/** What `makeDigest` may be told. */
export interface DigestOptions extends Partial<Pick<DigestIdentity, 'name' | 'host' | 'interface' | 'run'>> {
  /** The packets that are looked at; all without it. */
  selection?: Selection;
  /**
   * Rows kept, one for each packet, 59 bytes in memory; 1,000,000 without it. Beyond it the first 8 of each direction of a
   * flow stay, and `correlateDigests` asks for further ones where it needs them.
   */
  rows?: number;
  /**
   * Replaces addresses, names and payload by pseudonyms before anything is kept. Digests that are to be joined need one
   * key. It cannot go with a selection, which would ask for pseudonyms.
   */
  redaction?: Redaction;
  /** Bytes that a compressed capture may give at most. */
  inflateLimit?: number;
  /** Called while reading with the octets read so far and the octets in all, undefined if these are not known. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  /** Aborts: the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Ends reading where it is; the digest is marked as partial. */
  stop?: AbortSignal;
}

const READING = ['redaction', 'inflateLimit', 'onProgress', 'signal'] as const satisfies (keyof DigestOptions)[];
const OPTIONS: readonly (keyof DigestOptions)[] = [
  ...READING,
  ...(['name', 'host', 'interface', 'run', 'selection', 'rows', 'stop'] as const),
];

/** A file to write. */
export interface MadeFile {
  /** By the content before compression: making it again gives the same name. */
  name: string;
  /** What is to be written into it. */
  octets: Uint8Array;
}

/**
 * Everything that the analysis needs of one capture, as a file. It holds addresses, names and sizes, and no payload but
 * what applications said in their openings: treat it as a flow log.
 *
 * @throws PcapdiagError when the capture cannot be read
 */
export async function makeDigest(source: CaptureSource, options: DigestOptions = {}): Promise<MadeFile> {
  assertOptionKeys(options, OPTIONS, 'makeDigest');
  const { run, rows, selection = {}, redaction, name: _name, host: _host, interface: _device, ...reading } = options;
  const { name = baseName(source), host, interface: device } = identityOf(source, options);
  const { source: input, sha256 } = hashed(source);
  const chosen = packetSelection(selection);
  if (chosen !== undefined && redaction !== undefined)
    throw new PcapdiagError('bad-option', 'a digest is either of a selection or redacted, not both');
  const digest = await digestCapture(named(input, name), {
    alone: false,
    compact: true,
    limits: {
      ...DEFAULT_LIMITS,
      sightings: rows ?? ROWS_OF_ONE_DIGEST,
      sightingHeads: DEFAULT_LIMITS.sightings,
    },
    ...reading,
    ...(chosen && { selection: chosen }),
    ...through(redaction),
  });
  const head = {
    tool: TOOL_VERSION,
    name,
    capture: await sha256(),
    ...(host !== undefined && { host }),
    ...(device !== undefined && { interface: device }),
    ...(run !== undefined && { run }),
    ...(chosen && { selection: { ...selection } }),
  };
  return madeFile(writeDigest(head, digest), [host, name], 'digest');
}

/**
 * The rows that `correlateDigests` wants of a capture; null when it wants none of this one.
 *
 * @throws PcapdiagError when the capture cannot be read
 */
export async function makeRows(
  source: CaptureSource,
  wanted: readonly WantedOfCapture[],
  options: Pick<DigestOptions, 'inflateLimit' | 'onProgress' | 'signal' | 'redaction'> = {},
): Promise<MadeFile | null> {
  assertOptionKeys(options, READING, 'makeRows');
  const { redaction, ...reading } = options;
  if (sourceName(source) === 'standard input')
    throw new PcapdiagError('bad-option', 'rows are read from files, because the capture is hashed before it is read');
  const capture = await hashed(source).sha256();
  const own = wanted.find((each) => each.capture === capture);
  if (own === undefined) return null;
  const selection = packetSelection((own.selection ?? {}) as Selection);
  const rows = await readSightings(named(source, own.name), {
    alone: false,
    compact: true,
    ...(own.flows !== 'all' && { wholeFlows: new Set(own.flows) }),
    limits: { ...DEFAULT_LIMITS, sightings: own.flows === 'all' ? ROWS_OF_MANY_CAPTURES : ROWS_OF_ONE_CONVERSATION },
    ...reading,
    ...(selection && { selection }),
    ...through(redaction),
  });
  if (rows === undefined) return null;
  return madeFile(writeRows({ tool: TOOL_VERSION, capture, name: own.name }, rows), [own.name], 'rows');
}

/** Who and where, as it may be told. */
function identityOf(
  source: CaptureSource,
  { name = baseName(source), host, interface: device, redaction }: DigestOptions,
): Partial<DigestIdentity> {
  return {
    name: redaction?.fileName(name) ?? name,
    ...(host !== undefined && { host: redaction?.name(host) ?? host }),
    ...(device !== undefined && { interface: redaction?.device(device) ?? device }),
  };
}

const through = (redaction: Redaction | undefined) =>
  redaction === undefined ? {} : { through: (sink: RecordSink) => new RedactedSink(sink, redaction) };

/** Digits of the SHA-256 that a file name carries. */
const NAME_DIGITS = 16;

function madeFile(octets: Uint8Array, parts: readonly (string | undefined)[], kind: string): MadeFile {
  const digits = createHash('sha256').update(octets).digest('hex').slice(0, NAME_DIGITS);
  const stem = parts.filter((part) => part !== undefined).join('__');
  return { name: `${stem.replace(/[^\w.@-]+/g, '_').slice(0, 120)}.${digits}.pcapdiag-${kind}`, octets };
}

/** The path of this machine is nobody's business: a digest knows the base name. */
function named(source: CaptureSource, name: string): CaptureSource {
  if (typeof source === 'string' && source !== '-') return { name, file: Buffer.from(source) };
  if (isInParts(source)) return { name, parts: source.parts.map((part) => named(part, baseName(part)) as typeof part) };
  if (source instanceof Uint8Array) return { name, data: source };
  return typeof source === 'object' && 'name' in source ? ({ ...source, name } as CaptureSource) : source;
}

const baseName = (source: CaptureSource): string => fileName(sourceName(source) ?? NAMELESS) || NAMELESS;
