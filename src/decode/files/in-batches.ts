import type { RecordSink } from './capture-record.ts';
import { type CaptureSource, type ReadOptions, readCapture } from './capture-source.ts';

/**
 * What a sink takes from a capture, a chunk of the file at a time: the next chunk is read when the items of this one
 * are taken. The items are copies: nothing of a record is valid later.
 *
 * @param sinkOf makes the sink that gives its items to `give`
 * @throws PcapdiagError as `readCapture` does
 */
export async function* inBatches<T>(
  source: CaptureSource,
  sinkOf: (give: (item: T) => void) => RecordSink,
  options: ReadOptions = {},
): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  let ready: (() => void) | undefined;
  let goOn: (() => void) | undefined;
  let ended: { error?: unknown } | undefined;
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const afterChunk = (): Promise<void> | undefined => {
    if (batch.length === 0) return undefined;
    ready?.();
    return new Promise((resolve) => (goOn = resolve));
  };
  const reading = readCapture(
    source,
    sinkOf((item) => void batch.push(item)),
    { ...options, signal, afterChunk },
  )
    .then(
      () => (ended = {}),
      (error: unknown) => (ended = { error }),
    )
    .finally(() => ready?.());
  try {
    for (;;) {
      if (ended === undefined && goOn === undefined) await new Promise<void>((resolve) => (ready = resolve));
      const taken = batch;
      batch = [];
      if (taken.length > 0) yield taken;
      if (ended !== undefined) break;
      const resume = goOn;
      goOn = undefined;
      (resume as (() => void) | undefined)?.();
    }
  } finally {
    left.abort();
    (goOn as (() => void) | undefined)?.();
    await reading;
  }
  const { error } = ended as { error?: unknown };
  if (error !== undefined) throw error;
}
