import { PcapdiagError } from '../text/pcapdiag-error.ts';
import type { MtrReport } from './mtr-report.ts';

/** Largest TTL (RFC 791, 3.1). */
const MOST_HOPS = 255;
/** Characters of a report. 255 hops with the longest host names take less than a tenth of it. */
const LONGEST_TEXT = 2 ** 20;
/** Milliseconds of an hour. A larger round trip in a report is an error: no probe waits that long. */
const LONGEST_DELAY = 3_600_000;
/** Probes of one hop. A larger count in a report is an error. */
const MOST_PROBES = 1e9;

/**
 * Reads the output of `mtr --report` or `mtr --json`: one report, or several in a row.
 *
 * @throws PcapdiagError 'unsupported-format' for text that is not a report of mtr, or has impossible numbers;
 * 'limit-exceeded' for text longer than any report of mtr
 */
export function readMtr(text: string): MtrReport[] {
  if (text.length > LONGEST_TEXT) throw new PcapdiagError('limit-exceeded', 'longer than a report of mtr can be');
  const reports = /^\s*[{[]/.test(text) ? readJson(text) : readText(text);
  if (reports.length === 0 || reports.some(({ hops }) => hops.length === 0))
    throw new PcapdiagError('unsupported-format', 'no report of mtr: write one with mtr --report or mtr --json');
  return reports;
}

// ---------------------------------------------------------------------------------------------- text

/** "HOST: node1   Loss%   Snt   Last   Avg  Best  Wrst StDev". Older versions write "HOST: node1" only once. */
const HEAD = /^(?:HOST:|Host)\s+(.*?)\s+((?:Loss%|Drop|Rcv|Snt)\s.*)$/;
/** "  3.|-- 10.0.0.1   0.0%  10 …". Further hosts of a hop have no number and are skipped. */
const HOP = /^\s*(\d{1,4})\.(?:\|--|\s)\s*(.*)$/;

function readText(text: string): MtrReport[] {
  const reports: MtrReport[] = [];
  let columns: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const head = HEAD.exec(line);
    if (head !== null) {
      columns = head[2].trim().split(/\s+/);
      reports.push({ source: head[1], destination: null, hops: [] });
      continue;
    }
    const row = HOP.exec(line);
    const report = reports.at(-1);
    if (row === null || report === undefined) continue;
    const words = row[2].trim().split(/\s+/);
    if (words.length <= columns.length) wrong(`hop ${row[1]} has fewer columns than the head of the report`);
    const values = words.slice(-columns.length);
    addHop(report, row[1], words.slice(0, -columns.length).join(' '), (name) => values[columns.indexOf(name)]);
  }
  return reports;
}

// ---------------------------------------------------------------------------------------------- JSON

function readJson(text: string): MtrReport[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    wrong(`no JSON: ${error instanceof Error ? error.message : error}`);
  }
  return [parsed].flat().map((one) => {
    const { mtr, hubs } = object(object(one, 'the document').report, 'report');
    if (!Array.isArray(hubs)) return wrong('report.hubs is no list');
    const about = object(mtr ?? {}, 'report.mtr');
    const report: MtrReport = { source: word(about.src), destination: word(about.dst), hops: [] };
    for (const hub of hubs) {
      const row = object(hub, 'an entry of report.hubs');
      addHop(report, row.count, word(row.host) ?? '???', (name) => row[name]);
    }
    return report;
  });
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(`${what} is no object`);
  return value as Record<string, unknown>;
}

const word = (value: unknown): string | null => (typeof value === 'string' ? value : null);

// ---------------------------------------------------------------------------------------------- hops

function addHop(report: MtrReport, count: unknown, host: string, column: (name: string) => unknown): void {
  const hop = number(count, 'the number of a hop', MOST_HOPS) ?? 0;
  // Several hosts of one hop: the first line has the numbers of the hop.
  if (report.hops.some((other) => other.hop === hop)) return;
  if (hop < 1 || hop < (report.hops.at(-1)?.hop ?? 0)) wrong(`hop ${hop} is out of order`);
  const delay = (name: string) => number(column(name), `${name} of hop ${hop}`, LONGEST_DELAY);
  const sent = number(column('Snt'), `Snt of hop ${hop}`, MOST_PROBES);
  const loss = number(column('Loss%'), `Loss% of hop ${hop}`, 100);
  if (loss === null) wrong('the report has no column Loss%');
  report.hops.push({
    hop,
    host: host === '???' || host === '' ? null : host,
    loss: loss / 100,
    sent,
    last: delay('Last'),
    average: delay('Avg'),
    best: delay('Best'),
    worst: delay('Wrst'),
    deviation: delay('StDev'),
  });
}

/** Null when the column is absent. */
function number(value: unknown, what: string, most: number): number | null {
  if (value === undefined) return null;
  const digits = typeof value === 'string' ? value.replace(/%$/, '') : value;
  const read = typeof digits === 'string' && /^\d+(\.\d+)?$/.test(digits) ? Number(digits) : digits;
  if (typeof read !== 'number' || !(read >= 0 && read <= most)) return wrong(`${what} is impossible`);
  return read;
}

function wrong(message: string): never {
  throw new PcapdiagError('unsupported-format', `no report of mtr: ${message}`);
}
