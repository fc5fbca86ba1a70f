import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type CaptureParts, type CaptureSource, isInParts, sourceName } from '../decode/files/capture-source.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

/** A source to read in place of the given one, and the SHA-256 of its octets once it was read to its end. */
export interface Hashed {
  source: CaptureSource;
  sha256: () => Promise<string>;
}

type Part = CaptureParts['parts'][number];

/**
 * SHA-256 of a capture as stored: of its files one after the other, when there are several. A stream is hashed while it
 * is read.
 *
 * @throws PcapdiagError for a source that gives packets and no octets
 */
export function hashed(source: CaptureSource): Hashed {
  if (isInParts(source)) return { source, sha256: () => hashOf(source.parts) };
  if (source instanceof Uint8Array || (typeof source === 'string' && source !== '-') || isFile(source))
    return { source, sha256: () => hashOf([source as Part]) };
  const chunks = chunksOf(source);
  const hash = createHash('sha256');
  async function* passing(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return {
    source: { name: sourceName(source) ?? 'capture', data: passing() },
    sha256: async () => hash.digest('hex'),
  };
}

const isFile = (source: CaptureSource): boolean => typeof source === 'object' && source !== null && 'file' in source;

async function hashOf(parts: readonly Part[]): Promise<string> {
  const hash = createHash('sha256');
  for (const part of parts) {
    if (part instanceof Uint8Array) hash.update(part);
    else for await (const chunk of chunksOf(part)) hash.update(chunk);
  }
  return hash.digest('hex');
}

function chunksOf(source: CaptureSource): AsyncIterable<Uint8Array> {
  if (source === '-') return process.stdin;
  if (typeof source === 'string') return createReadStream(source);
  if (typeof source === 'object' && source !== null) {
    if ('file' in source) return createReadStream(Buffer.from(source.file));
    if ('data' in source) return source.data instanceof Uint8Array ? once(source.data) : source.data;
    if (Symbol.asyncIterator in source) return source as AsyncIterable<Uint8Array>;
  }
  throw new PcapdiagError('bad-option', 'a digest is made of files, octets and streams of octets only');
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets;
}
