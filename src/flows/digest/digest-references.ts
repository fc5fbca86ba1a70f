/** Numbers of a digest from a file that name another part of it name one that is there. */
import { DatagramAccess } from '../compact/datagram-access.ts';
import { RECORD_BYTES as DATAGRAM_BYTES, DATAGRAM_LAYOUT } from '../compact/datagram-layout.ts';
import { LookupAccess } from '../compact/lookup-access.ts';
import { RECORD_BYTES as LOOKUP_BYTES, LOOKUP_LAYOUT } from '../compact/lookup-layout.ts';
import type { SightingData } from '../rows/sighting-table.ts';
import type { RecordLayout } from '../tables/record-layout.ts';
import type { CompactConnections } from '../tcp/compact-connection.ts';
import { ConnectionBlock } from '../tcp/connection-block.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import { CONNECTION_LAYOUT } from '../tcp/record-layout.ts';
import {
  BLOCK_BITS,
  BLOCK_RECORDS,
  RECORD_BYTES as CONNECTION_BYTES,
  DIRECTION_BYTES,
  DIRECTIONS_AT,
} from '../tcp/record-marks.ts';
import type { DigestMessage } from './digest-codec.ts';
import { notAsWritten } from './written-data.ts';

/** How many there are of what a digest names by number. */
interface Named {
  points: number;
  tunnels: number;
  /** Flows are numbered from 0 as they begin, so there are not more of them than packets. */
  flows: number;
}

/** @throws PcapdiagError 'corrupt-header' */
export function checkReferences({ digest, connections, datagrams, lookups, rows }: DigestMessage): void {
  const { baseSeconds, baseNanoseconds } = digest.capture;
  check(Number.isSafeInteger(baseSeconds), 'the time of the first packet');
  check(
    Number.isInteger(baseNanoseconds) && baseNanoseconds >= 0 && baseNanoseconds < 1e9,
    'the time of the first packet',
  );
  const named = { points: digest.points.length, tunnels: digest.tunnels.length, flows: digest.capture.packets };
  for (const [name, items] of Object.entries(digest))
    for (const item of Array.isArray(items) ? items : []) checkItem(item, named, name);
  for (const { wrong } of digest.checked)
    for (const { tunnel } of wrong) check(tunnel === -1 || isIndex(tunnel, named.tunnels), 'a tunnel of checked');
  for (const exchange of lookups.exchanges) checkItem(exchange, named, 'lookups');
  if (connections !== null) checkConnections(connections, digest.connections.length, named);
  if (datagrams !== null) checkDatagrams(datagrams, named);
  if (lookups.compact !== null) checkLookups(lookups.compact, named);
  if (rows !== undefined) checkRows(rows, named);
}

/** Rows of a capture whose digest is not at hand. @throws PcapdiagError 'corrupt-header' */
export function checkRows({ columns, length, leftOut, index }: SightingData, named?: Named): void {
  const all = Object.values(columns).every((column) => column.length === length);
  check(all && leftOut >= 0 && index === null && columns.time.every(Number.isFinite), 'rows');
  if (named === undefined) return;
  const { point, tunnel } = columns;
  check(point.every((number) => number < named.points) && tunnel.every((number) => number <= named.tunnels), 'rows');
}

interface Item {
  point?: number;
  flow?: number;
  tunnels?: readonly number[];
  directions?: readonly Item[];
  innerFlows?: readonly Item[];
}

function checkItem({ point = 0, flow = 0, ...inner }: Item, named: Named, what: string): void {
  // A digest without packets may have no point.
  check(point >= 0 && point < Math.max(1, named.points), `a point of ${what}`);
  check(flow >= 0 && flow <= named.flows, `a flow of ${what}`);
  for (const tunnel of inner.tunnels ?? []) check(isIndex(tunnel, named.tunnels), `a tunnel of ${what}`);
  for (const part of [...(inner.directions ?? []), ...(inner.innerFlows ?? [])]) checkItem(part, named, what);
}

function checkConnections({ data, indexes }: CompactConnections, others: number, named: Named): void {
  const { blocks, linkAddresses, firstGaps, idleGaps } = data;
  const { length } = indexes;
  check(blocks.length === Math.ceil(length / BLOCK_RECORDS) && firstGaps.length === length + 1, 'connections');
  check(
    blocks.every(({ byteLength }, nth) => byteLength % CONNECTION_BYTES === 0 && byteLength >= blockBytes(length, nth)),
    'connections',
  );
  check(
    firstGaps.every((first, at) => first <= (firstGaps[at + 1] ?? idleGaps.length)),
    'pauses of connections',
  );
  check(
    indexes.every((index, place) => index < length + others && (place === 0 || index > indexes[place - 1])),
    'connections',
  );
  check(
    blocks.every((block) => hasFiniteNumbers(block, CONNECTION_LAYOUT)),
    'a number of connections',
  );
  const views = blocks.map((block) => new ConnectionBlock(block));
  for (let place = 0; place < length; place++) {
    const block = views[place >>> BLOCK_BITS];
    const at = ConnectionTable.placeOf(place);
    const flow = block.flow(at);
    checkItem({ point: block.place(at) >>> 16, flow }, named, 'connections');
    for (const side of [at + DIRECTIONS_AT, at + DIRECTIONS_AT + DIRECTION_BYTES]) {
      check(block.tunnel(side) <= named.tunnels, 'a tunnel of connections');
      const macs = [block.sourceMac(side), block.destinationMac(side)];
      check(
        macs.every((mac) => mac < Math.max(1, linkAddresses.length)),
        'a link address of connections',
      );
    }
  }
}

/** Octets that a block of the records of `length` connections has at least. */
const blockBytes = (length: number, nth: number): number =>
  Math.min(BLOCK_RECORDS, length - nth * BLOCK_RECORDS) * CONNECTION_BYTES;

function checkDatagrams(data: NonNullable<DigestMessage['datagrams']>, named: Named): void {
  const { records, samples, tunnels, unanswered } = data;
  check(records.byteLength % DATAGRAM_BYTES === 0, 'datagrams');
  check(hasFiniteNumbers(records, DATAGRAM_LAYOUT), 'a number of datagrams');
  const access = new DatagramAccess(records);
  for (let at = 0; at < records.byteLength; at += DATAGRAM_BYTES) {
    checkItem({ point: access.place(at) >>> 16, flow: access.flow(at) }, named, 'datagrams');
    const first = [access.tunnel(at), access.otherTunnel(at)];
    check(
      first.every((tunnel) => tunnel <= named.tunnels),
      'a tunnel of datagrams',
    );
  }
  // Packet and time alternate.
  for (const sampled of [...samples.values(), ...unanswered.values()])
    check(
      sampled.length % 2 === 0 && sampled.every((one, at) => at % 2 === 1 || (Number.isSafeInteger(one) && one >= 0)),
      'datagrams',
    );
  for (const others of tunnels.values())
    check(
      others.every((tunnel) => isIndex(tunnel, named.tunnels + 1)),
      'a tunnel of datagrams',
    );
}

function checkLookups({ records, texts }: NonNullable<DigestMessage['lookups']['compact']>, named: Named): void {
  check(records.byteLength % LOOKUP_BYTES === 0, 'lookups');
  check(hasFiniteNumbers(records, LOOKUP_LAYOUT), 'a number of lookups');
  const access = new LookupAccess(records);
  for (let at = 0; at < records.byteLength; at += LOOKUP_BYTES) {
    checkItem({ point: access.point(at), flow: access.flow(at) }, named, 'lookups');
    const numbers = [access.client(at), access.server(at), access.name(at), access.addresses(at)];
    check(
      numbers.every((text) => text < texts.length),
      'a text of lookups',
    );
  }
}

/** Of a connection without turns. */
const MAY_BE_INFINITE = 'fastestTurn';

/** Times and octets in records. The end of a buffer may have room for records that are not there, with 0 in all fields. */
function hasFiniteNumbers(records: ArrayBuffer, { bytes, parts }: RecordLayout): boolean {
  const view = new DataView(records);
  const places = parts.flatMap(({ at, fields }) =>
    at.flatMap((partAt) =>
      fields
        .filter(({ name }) => name !== MAY_BE_INFINITE)
        .map((field) => ({ at: partAt + field.at, type: field.type })),
    ),
  );
  const [double, single] = (['f64', 'f32'] as const).map((kind) => places.filter(({ type }) => type === kind));
  for (let record = 0; record < records.byteLength; record += bytes) {
    for (const { at } of double) if (!Number.isFinite(view.getFloat64(record + at, true))) return false;
    for (const { at } of single) if (!Number.isFinite(view.getFloat32(record + at, true))) return false;
  }
  return true;
}

const isIndex = (value: number, count: number): boolean => Number.isInteger(value) && value >= 0 && value < count;

function check(isRight: boolean, what: string): void {
  if (!isRight) throw notAsWritten(what);
}
