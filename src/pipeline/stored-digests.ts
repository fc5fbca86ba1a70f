import type { CaptureDigest } from '../flows/capture/capture-digest.ts';
import type { GivenPoints } from '../flows/correlate/points/given-points.ts';
import { compareTexts, inContentOrder } from '../flows/digest/content-order.ts';
import { type DigestHead, readDigestFile } from '../flows/digest/digest-file.ts';
import type { Again } from '../flows/digest/read-again.ts';
import type { CorrelationNote } from '../flows/evidence/evidence.ts';
import { ROWS_OF_MANY_CAPTURES, rowsOfFirstPass } from '../flows/limits.ts';
import type { SightingTable } from '../flows/rows/sighting-table.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import type { FurtherRows } from './evidence-of-captures.ts';

/** A digest or a file of rows. */
export interface StoredFile {
  /** What messages call it. */
  name: string;
  /** Its octets; called a second time for rows that had no room. */
  read: () => Uint8Array | Promise<Uint8Array>;
}

export interface StoredDigest {
  head: DigestHead;
  digest: CaptureDigest;
  /** Where its rows come from: the digest, or the file of all rows that answered an earlier `wanted`. */
  file: StoredFile;
  /** `file` has a row for every packet, though only the first rows of each flow are in memory. */
  hasMore: boolean;
}

export interface Stored {
  digests: StoredDigest[];
  /** Rows of chosen flows, by the SHA-256 of their capture. */
  rows: Map<string, SightingTable>;
}

/**
 * Reads digests and rows; two digests of equal capture and identity are read once.
 *
 * @param mostRows rows in memory at the same time; of the largest digests only the first of each flow stay
 * @throws PcapdiagError with the name of the file, unless `onUnreadable` takes it
 */
export async function readStored(
  files: AsyncIterable<StoredFile> | Iterable<StoredFile>,
  mostRows = ROWS_OF_MANY_CAPTURES,
  onUnreadable?: (error: Error) => void,
): Promise<Stored> {
  const digests = new Map<string, StoredDigest>();
  const rows = new Map<string, SightingTable>();
  const allRows = new Map<string, StoredFile>();
  const whole: StoredDigest[] = [];
  for await (const file of files) {
    try {
      const read = readDigestFile(await file.read());
      if (read.kind === 'rows') {
        const table = read.rows();
        if (table.wholeFlows === null) allRows.set(read.head.capture, file);
        else rows.set(read.head.capture, table);
        continue;
      }
      const { head, digest } = read;
      const key = JSON.stringify([head.capture, head.name, head.host, head.interface, head.run]);
      if (digests.has(key)) continue;
      const stored = { head, digest: digest(), file, hasMore: false };
      digests.set(key, stored);
      if (stored.digest.sightings?.wholeFlows === null) whole.push(stored);
      shrinkLargest(whole, mostRows);
    } catch (error) {
      if (!(error instanceof PcapdiagError)) throw error;
      const named = new PcapdiagError(error.code, `${file.name}: ${error.message}`, { path: file.name, cause: error });
      if (onUnreadable === undefined) throw named;
      onUnreadable(named);
    }
  }
  for (const stored of digests.values()) {
    const file = allRows.get(stored.head.capture);
    const isWhole = stored.hasMore || stored.digest.sightings?.wholeFlows === null;
    if (file === undefined || isWhole) continue;
    stored.digest.sightings = await rowsIn(file);
    stored.file = file;
    whole.push(stored);
    shrinkLargest(whole, mostRows);
  }
  return { digests: [...digests.values()], rows };
}

/** The rows of a digest or of a file of rows. */
async function rowsIn(file: StoredFile): Promise<SightingTable | undefined> {
  const read = readDigestFile(await file.read());
  return read.kind === 'digest' ? read.digest().sightings : read.rows();
}

/**
 * Keeps the smallest tables whole, as many as have room. A table that gives way to those read so far would give way to
 * all of them, so the result does not depend on the order of the files.
 */
function shrinkLargest(whole: StoredDigest[], mostRows: number): void {
  const rowsOf = ({ digest }: StoredDigest): number => digest.sightings?.length ?? 0;
  whole.sort((a, b) => rowsOf(a) - rowsOf(b) || compareTexts(a.head.capture, b.head.capture));
  let sum = whole.reduce((rows, stored) => rows + rowsOf(stored), 0);
  while (sum > mostRows && whole.length > 0) {
    const largest = whole.pop() as StoredDigest;
    sum -= rowsOf(largest);
    largest.digest.sightings?.keepOnly(new Set());
    largest.hasMore = true;
  }
}

/** Digests in the order of their content, with what their heads say of host and interface. */
export interface Placed {
  ordered: StoredDigest[];
  points: GivenPoints;
  notes: CorrelationNote[];
}

/**
 * Gives each capture a name of its own, under which points are told apart: captures of one name become HOST/NAME, or
 * RUN/NAME, or begin with the SHA-256 of the capture. Where nothing told the hosts, the report asks for it.
 */
export function placeDigests(digests: readonly StoredDigest[]): Placed {
  const points: GivenPoints = {};
  const notes: CorrelationNote[] = [];
  const byName = new Map<string, StoredDigest[]>();
  for (const stored of digests) byName.set(stored.head.name, [...(byName.get(stored.head.name) ?? []), stored]);
  for (const [name, same] of byName) {
    const untold = same.filter(({ head }) => head.host === undefined && head.run === undefined).length;
    if (same.length > 1 && untold > 0) notes.push({ code: 'same-name', named: name, captures: same.length });
    for (const { head, digest } of same) {
      const label = head.host ?? head.run ?? head.capture.slice(0, 8);
      const path = same.length > 1 ? `${label}/${name}` : name;
      digest.capture.path = path;
      if (head.host !== undefined || head.interface !== undefined)
        points[path] = {
          ...(head.host !== undefined && { host: head.host }),
          ...(head.interface !== undefined && { interface: head.interface }),
        };
    }
  }
  return { ordered: inContentOrder(digests), points, notes };
}

/** Rows of one capture that are needed. */
export interface WantedOfCapture {
  /** SHA-256 of the capture. */
  capture: string;
  /** Name of the capture. */
  name: string;
  /** Numbers of flows, ascending; `all` where the rows of every packet have room, as `analyze` keeps them. */
  flows: number[] | 'all';
  /** The packets that were looked at; missing for all. */
  selection?: Record<string, unknown>;
}

/** Rows from files, and what is still needed. */
export class StoredRows implements FurtherRows {
  readonly #stored: readonly StoredDigest[];
  readonly #heads: readonly (SightingTable | undefined)[];
  readonly #rows: ReadonlyMap<string, SightingTable>;
  /** Flows of each capture that no file has. */
  readonly #missing = new Map<DigestHead, Set<number>>();
  /** Captures of which only the first rows of each flow were ever read, when those of all packets have room. */
  readonly #unread: readonly DigestHead[];

  /** @param mostRows rows in memory at the same time; as many as `analyze` keeps of the captures without it */
  constructor(ordered: readonly StoredDigest[], rows: Stored['rows'], mostRows = rowsOfFirstPass(ordered.length)) {
    this.#stored = ordered;
    this.#heads = ordered.map(({ digest }) => digest.sightings);
    this.#rows = rows;
    const packets = ordered.reduce((sum, { digest }) => sum + digest.capture.packets, 0);
    const isUnread = ({ head, digest, hasMore }: StoredDigest): boolean =>
      !hasMore && (digest.sightings?.wholeFlows ?? null) !== null && !rows.has(head.capture);
    this.#unread = packets > mostRows ? [] : ordered.filter(isUnread).map(({ head }) => head);
  }

  readonly isForAllTrouble = true;

  canRead(): boolean {
    return true;
  }

  async read(wanted: readonly (Again & { capture: number })[]): Promise<(SightingTable | undefined)[]> {
    const tables: (SightingTable | undefined)[] = [];
    for (const { capture, wholeFlows } of wanted) tables.push(await this.#tableOf(capture, wholeFlows));
    return tables;
  }

  async #tableOf(capture: number, flows: ReadonlySet<number>): Promise<SightingTable | undefined> {
    const { head, file, hasMore } = this.#stored[capture];
    if (hasMore && flows.size > 0) {
      const table = await rowsIn(file);
      table?.keepOnly(flows);
      return table;
    }
    const own = this.#rows.get(head.capture);
    const missing = [...flows].filter((flow) => own?.wholeFlows?.has(flow) !== true);
    if (missing.length === 0 && own !== undefined) return own;
    if (missing.length > 0) this.#missing.set(head, new Set([...(this.#missing.get(head) ?? []), ...missing]));
    return own ?? this.#heads[capture];
  }

  /**
   * What is to be read of the captures; empty when nothing is. Any packet that two points saw may be the one that
   * bounds their clocks, and one in the middle of a flow may be the first that another point saw of it. So where the rows
   * of all packets have room, they are asked for, as `analyze` keeps them; else those of trouble.
   */
  get wanted(): WantedOfCapture[] {
    const all = this.#unread.map((head): [DigestHead, WantedOfCapture['flows']] => [head, 'all']);
    const some = Array.from(this.#missing, ([head, flows]): [DigestHead, WantedOfCapture['flows']] => [
      head,
      [...flows, ...(this.#rows.get(head.capture)?.wholeFlows ?? [])].sort((a, b) => a - b),
    ]);
    return Array.from(new Map([...some, ...all]), ([{ capture, name, selection }, flows]) => ({
      capture,
      name,
      flows,
      ...(selection && { selection }),
    }));
  }
}
