/** A digest that was changed, or forged with right checksums, is refused and never believed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { WRITTEN_TYPES, writtenTypes } from '../../../build/digest-schema.mjs';
import { correlateDigests } from '../../../src/correlate-digests.ts';
import { readContainer, writeContainer } from '../../../src/flows/digest/container.ts';
import { readDigestFile } from '../../../src/flows/digest/digest-file.ts';
import { type PlainData, packPlain, unpackPlain } from '../../../src/flows/digest/plain-data.ts';
import { type MadeFile, makeDigest } from '../../../src/make-digest.ts';
import { PcapdiagError } from '../../../src/text/pcapdiag-error.ts';

const PCAPS = fileURLToPath(new URL('../../pcaps/', import.meta.url));
const pathsOf = (set: string): string[] =>
  readdirSync(join(PCAPS, set))
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => join(PCAPS, set, name));

let tcp: MadeFile;
let dns: MadeFile;
beforeAll(async () => {
  [tcp] = await Promise.all(pathsOf('case-1').map((path) => makeDigest(path)));
  [dns] = await Promise.all(pathsOf('case-3').map((path) => makeDigest(path)));
});

// biome-ignore lint/suspicious/noExplicitAny: what a forger does to a digest has no type.
type Forge = (message: any) => void;

/** The same digest with other content and right checksums. */
function forged({ octets }: MadeFile, change: Forge): Uint8Array {
  const { head, body } = readContainer(octets);
  const message = unpackPlain(body());
  change(message);
  return writeContainer(head, packPlain(message));
}

/** Why a digest is refused; undefined when a report is made of it. */
async function refusalOf(octets: Uint8Array): Promise<string | undefined> {
  try {
    await correlateDigests([{ name: 'forged', read: () => octets }]);
    return undefined;
  } catch (error) {
    if (error instanceof PcapdiagError) return error.message;
    throw error;
  }
}

test('types of what is written are those of the program (npm run docs)', () => {
  expect(readFileSync(WRITTEN_TYPES, 'utf8')).toBe(writtenTypes());
});

test('a digest that was cut or changed in any octet is refused', async () => {
  for (let at = 0; at < tcp.octets.length; at += 97) {
    const changed = Uint8Array.from(tcp.octets);
    changed[at] ^= 1 << (at % 8);
    await expect(refusalOf(changed), `octet ${at}`).resolves.toMatch(/^forged: /);
    await expect(refusalOf(tcp.octets.slice(0, at)), `cut at ${at}`).resolves.toMatch(/^forged: /);
  }
});

describe('forged with right checksums', () => {
  test.each<[string, string, Forge]>([
    ['a list that is none', 'its content.digest.tunnels', ({ digest }) => void (digest.tunnels = {})],
    [
      'a field that is missing',
      'its content.digest.capture.packets',
      ({ digest }) => void delete digest.capture.packets,
    ],
    ['a field that nobody knows', 'a field of its content.digest', ({ digest }) => void (digest.more = 1)],
    ['a text in place of a number', 'its content.digest.dnsTotal', ({ digest }) => void (digest.dnsTotal = '7')],
    ['a number below 0', 'its content.digest.dnsTotal', ({ digest }) => void (digest.dnsTotal = -7)],
    [
      'a number that is none',
      'its content.digest.capture.duration',
      ({ digest }) => void (digest.capture.duration = NaN),
    ],
    ['a half packet', 'its content.digest.capture.packets', ({ digest }) => void (digest.capture.packets = 0.5)],
    ['a role that is unknown', 'its content.digest.points.role', ({ digest }) => void (digest.points[0].role = 'king')],
    [
      'a date beyond all calendars',
      'the time of the first packet',
      ({ digest }) => void (digest.capture.baseSeconds = 1e300),
    ],
    ['a point that is not there', 'a point of hosts', ({ digest }) => void (digest.hosts[0].point = 9)],
    ['a row at a point that is not there', 'rows', ({ rows }) => void rows.columns.point.fill(9)],
    ['a row at no time', 'rows', ({ rows }) => void (rows.columns.time[0] = NaN)],
    ['a column that is too short', 'rows', ({ rows }) => void (rows.columns.ttl = rows.columns.ttl.slice(1))],
    [
      'a column of another type',
      'its content.rows.columns.ttl',
      ({ rows }) => void (rows.columns.ttl = rows.columns.ipId),
    ],
    ['no records of connections', 'connections', ({ connections }) => void (connections.data.blocks = [])],
    [
      'a piece of a record',
      'connections',
      ({ connections: { data } }) => void (data.blocks = [data.blocks[0].slice(8)]),
    ],
    [
      'a link address that is not there',
      'a link address of connections',
      ({ connections: { data } }) => void (data.linkAddresses = new Float64Array(0)),
    ],
    // A table by number of flow took 16 GB.
    [
      'a flow beyond all packets',
      'a flow of connections',
      ({ connections: { data } }) => void new Uint32Array(data.blocks[0]).fill(0x7fffffff, 4, 5),
    ],
  ])('%s', async (_, what, change) => {
    await expect(refusalOf(forged(tcp, change))).resolves.toBe(
      `forged: no digest that can be used: ${what} is not as it was written`,
    );
  });

  test('texts of lookups that are not there', async () => {
    const change: Forge = ({ lookups }) => void (lookups.compact.texts = []);
    await expect(refusalOf(forged(dns, change))).resolves.toMatch(/a text of lookups is not as it was written$/);
  });

  test('a sample of a datagram flow without its time', async () => {
    const change: Forge = ({ datagrams }) => void (datagrams.samples = new Map([[0, [1]]]));
    await expect(refusalOf(forged(dns, change))).resolves.toMatch(/: datagrams is not as it was written$/);
  });

  test.each([9999, 0.5, -2])('a wrong checksum in tunnel %s, which is not there', async (tunnel) => {
    const [, path] = pathsOf('vxlan-bad-checksum');
    const change: Forge = ({ digest }) => void (digest.checked.find(isWrong).wrong[0].tunnel = tunnel);
    const isWrong = ({ wrong }: { wrong: object[] }): boolean => wrong.length > 0;
    await expect(refusalOf(forged(await makeDigest(path), change))).resolves.toMatch(/: a tunnel of checked is not/);
  });

  test('a column with a name in place of its number', async () => {
    const { head, body } = readContainer(tcp.octets);
    const { text, columns }: PlainData = body();
    const named = { text: text.replace(/\{"\$column":0\}/, '{"$column":"length"}'), columns };
    await expect(refusalOf(writeContainer(head, named))).resolves.toMatch(/names a column that is not there$/);
  });

  test('sizes that lie', async () => {
    const file = Buffer.from(tcp.octets);
    const end = 16 + file.readUInt32LE(12);
    const head = JSON.parse(file.subarray(16, end).toString());
    head.body.columns[0][1] = 2 ** 40;
    const forgedHead = Buffer.from(JSON.stringify(head));
    const fixed = Buffer.from(file.subarray(0, 16));
    fixed.writeUInt32LE(forgedHead.length, 12);
    const all = Buffer.concat([fixed, forgedHead, file.subarray(end, -32)]);
    const signed = Buffer.concat([all, createHash('sha256').update(all).digest()]);
    await expect(refusalOf(signed)).resolves.toMatch(/its columns are longer than its body can be$/);
  });

  test('an exchange without its requests contradicts itself: that is told, and nothing crashes', async () => {
    const [path] = pathsOf('address-probed-taken');
    const change: Forge = ({ digest }) => {
      for (const exchange of digest.arp) exchange.requests = [];
    };
    await expect(refusalOf(forged(await makeDigest(path), change))).resolves.toMatch(/contradicts itself/);
  });
});

test('what is not forged is read', () => {
  expect(readDigestFile(forged(tcp, () => {})).kind).toBe('digest');
});
