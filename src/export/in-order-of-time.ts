/** A time as captures have it. */
interface Timed {
  seconds: number;
  nanoseconds: number;
}

interface Cursor<T> {
  from: number;
  batches: AsyncIterator<T[]>;
  batch: T[];
  at: number;
}

/**
 * Items of several sequences as one, by time; of one time the earlier sequence goes first. Each sequence keeps its own
 * order. One batch of each is in memory.
 */
export async function* inOrderOfTime<T extends Timed>(
  sequences: readonly AsyncIterable<T[]>[],
): AsyncGenerator<{ from: number; item: T }, void, undefined> {
  const cursors = sequences.map(
    (batches, from): Cursor<T> => ({ from, batches: batches[Symbol.asyncIterator](), batch: [], at: 0 }),
  );
  const open: Cursor<T>[] = [];
  try {
    for (const cursor of cursors) if (await filled(cursor)) open.push(cursor);
    while (open.length > 0) {
      let first = 0;
      for (let nth = 1; nth < open.length; nth++) if (isBefore(head(open[nth]), head(open[first]))) first = nth;
      const cursor = open[first];
      yield { from: cursor.from, item: head(cursor) };
      cursor.at++;
      if (cursor.at === cursor.batch.length && !(await filled(cursor))) open.splice(first, 1);
    }
  } finally {
    for (const { batches } of cursors) await batches.return?.();
  }
}

const head = <T>({ batch, at }: Cursor<T>): T => batch[at];

const isBefore = (a: Timed, b: Timed): boolean =>
  a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);

/** Whether there is a next batch; empty ones are passed over. */
async function filled<T>(cursor: Cursor<T>): Promise<boolean> {
  cursor.at = 0;
  do {
    const { done, value } = await cursor.batches.next();
    if (done) return false;
    cursor.batch = value;
  } while (cursor.batch.length === 0);
  return true;
}
