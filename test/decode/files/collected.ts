import type { CaptureInterface, FileProblem, RecordSink } from '../../../src/decode/files/capture-record.ts';
import { type CaptureSource, type ReadResult, readCapture } from '../../../src/decode/files/capture-source.ts';

/** A record that outlives the call of the sink. */
export interface KeptRecord {
  seconds: number;
  nanoseconds: number;
  /** The packet, in hexadecimal. */
  packet: string;
  originalLength: number;
  interfaceIndex: number;
  flags: number;
  dropCount: number;
  offset: number;
}

/** Everything a reader told, in order of each kind. */
export interface Collected {
  interfaces: CaptureInterface[];
  records: KeptRecord[];
  comments: string[];
  problems: FileProblem[];
}

export function collector(): Collected & RecordSink {
  const collected: Collected = { interfaces: [], records: [], comments: [], problems: [] };
  return {
    ...collected,
    onInterface: (described) => void collected.interfaces.push({ ...described }),
    onRecord: ({ bytes, start, end, ...rest }) => {
      collected.records.push({ ...rest, packet: Buffer.from(bytes.subarray(start, end)).toString('hex') });
    },
    onComment: (text) => void collected.comments.push(text),
    onProblem: (problem) => void collected.problems.push(problem),
  };
}

/** Reads a whole source and keeps what it told. */
export async function collect(source: CaptureSource): Promise<Collected & { result: ReadResult }> {
  const { interfaces, records, comments, problems, ...sink } = collector();
  const result = await readCapture(source, sink);
  return { interfaces, records, comments, problems, result };
}

/** A source that gives `bytes` cut at `cuts`, each chunk in memory that is overwritten afterwards. */
export async function* inChunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    const chunk = bytes.slice(from, to);
    from = to;
    yield chunk;
    chunk.fill(0xee);
  }
}
