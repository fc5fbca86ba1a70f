import type { CaptureDigest } from '../../src/flows/capture/capture-digest.ts';
import { type DigestOptions, digestCapture } from '../../src/flows/digest/digest-capture.ts';
import type { Connection, DatagramFlow, DnsExchange } from '../../src/flows/evidence/evidence.ts';
import { pcapFile, type RecordToWrite } from './capture-bytes.ts';
import type { Payload } from './frames.ts';

/** A frame and its time, seconds since the first packet. */
export type TimedFrame = [seconds: number, frame: Payload];

const FIRST_SECOND = 1_700_000_000;

/** Records of a capture file from frames with times, exact to the nanosecond. */
export const recordsOf = (frames: readonly TimedFrame[]): RecordToWrite[] =>
  frames.map(([seconds, frame]) => {
    const nanoseconds = Math.round((seconds % 1) * 1e9);
    return { frame, seconds: FIRST_SECOND + Math.floor(seconds), nanoseconds };
  });

/** A digest made without `compact`. */
export interface DigestOfObjects extends CaptureDigest {
  connections: Connection[];
  datagrams: DatagramFlow[];
  dns: DnsExchange[];
}

/** Digest of a capture of these frames: one Ethernet point unless another link type is given. */
export const digestOf = (
  frames: readonly TimedFrame[],
  { linkType = 1, ...options }: DigestOptions & { linkType?: number } = {},
): Promise<DigestOfObjects> =>
  digestCapture(pcapFile(recordsOf(frames), { linkType, nano: true }), options) as Promise<DigestOfObjects>;
