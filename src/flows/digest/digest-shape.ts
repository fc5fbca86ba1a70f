/** A digest from a file has the form that the reader of a capture gives: every list, column and number is where it is expected. */
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { CaptureDigest } from '../capture/capture-digest.ts';
import { RECORD_BYTES as DATAGRAM_BYTES } from '../compact/datagram-layout.ts';
import { SightingColumns } from '../rows/sighting-columns.ts';
import { RECORD_BYTES as CONNECTION_BYTES } from '../tcp/record-marks.ts';

type Plain = Record<string, unknown>;
type Lists = {
  [K in keyof CaptureDigest]-?: CaptureDigest[K] extends readonly unknown[] ? K : never;
}[keyof CaptureDigest];
type Counts = { [K in keyof CaptureDigest]-?: CaptureDigest[K] extends number ? K : never }[keyof CaptureDigest];

/** Every list of a digest; an item with a `point` names one of the digest's own. */
const LISTS: Readonly<Record<Lists, true>> = {
  points: true,
  connections: true,
  openedLeftOut: true,
  applications: true,
  dns: true,
  echoes: true,
  arp: true,
  claims: true,
  leases: true,
  datagrams: true,
  icmpErrors: true,
  timeServers: true,
  probes: true,
  tunnels: true,
  hosts: true,
  fragments: true,
  loops: true,
  checked: true,
  checkedSenders: true,
  carriers: true,
};
const COUNTS: Readonly<Record<Counts, true>> = {
  connectionsTotal: true,
  connectionsEvicted: true,
  dnsTotal: true,
  echoesTotal: true,
  datagramsTotal: true,
  icmpErrorsTotal: true,
  probesTotal: true,
  fragmentsTotal: true,
  fragmentsIncomplete: true,
};
const SUMMARY_NUMBERS = ['packets', 'baseSeconds', 'baseNanoseconds', 'duration', 'snaplen', 'problemsTotal'];
const SUMMARY_LISTS = ['filters', 'comments', 'problems'];

/** @throws PcapdiagError 'corrupt-header' */
export function assertDigestMessage(message: unknown): void {
  const { digest, connections, datagrams, lookups, rows } = plain(message, 'its content');
  const { capture, ...rest } = plain(digest, 'digest');
  const summary = plain(capture, 'capture');
  check(typeof summary.path === 'string' && typeof summary.format === 'string', 'capture');
  for (const name of SUMMARY_NUMBERS) check(isCount(summary[name]) || typeof summary[name] === 'number', name);
  for (const name of SUMMARY_LISTS) list(summary[name], name);
  const points = list(rest.points, 'points').length;
  for (const name of Object.keys(COUNTS)) check(isCount(rest[name]), name);
  for (const name of Object.keys(LISTS))
    for (const item of list(rest[name], name)) {
      const { point } = plain(item, name);
      check(point === undefined || (isCount(point) && point < points), `a point of ${name}`);
    }
  if (connections !== null) {
    const { data, indexes } = plain(connections, 'connections');
    check(indexes instanceof Uint32Array, 'connections');
    for (const block of list(plain(data, 'connections').blocks, 'connections'))
      check(block instanceof ArrayBuffer && block.byteLength % CONNECTION_BYTES === 0, 'connections');
  }
  if (datagrams !== null) {
    const { records } = plain(datagrams, 'datagrams');
    check(records instanceof ArrayBuffer && records.byteLength % DATAGRAM_BYTES === 0, 'datagrams');
  }
  list(plain(lookups, 'lookups').exchanges, 'lookups');
  if (rows !== undefined) assertRows(rows, points, list(rest.tunnels, 'tunnels').length);
}

/** @param points, tunnels numbers of the digest that rows may name; any when its digest is not at hand */
export function assertRows(rows: unknown, points = Infinity, tunnels = Infinity): void {
  const { columns, length, leftOut, wholeFlows } = plain(rows, 'rows');
  const given = plain(columns, 'rows');
  check(isCount(length) && isCount(leftOut), 'rows');
  check(wholeFlows === null || wholeFlows instanceof Set, 'rows');
  for (const [name, column] of Object.entries(new SightingColumns(0))) {
    const own = given[name] as Uint8Array;
    check(own?.constructor === (column as Uint8Array).constructor && own.length === length, `column ${name}`);
  }
  const { point, tunnel } = given as unknown as SightingColumns;
  check(point.every((number) => number < points) && tunnel.every((number) => number <= tunnels), 'rows');
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function plain(value: unknown, what: string): Plain {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), what);
  return value as Plain;
}

function list(value: unknown, what: string): unknown[] {
  check(Array.isArray(value), what);
  return value as unknown[];
}

function check(isRight: boolean, what: string): void {
  if (!isRight)
    throw new PcapdiagError('corrupt-header', `no digest that can be used: ${what} is not as it was written`);
}
