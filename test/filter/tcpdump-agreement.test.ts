/** The packets that a filter selects are those that tcpdump selects from the same file. Needs tcpdump. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import { LINKTYPE_ETHERNET } from '../../src/decode/link-types.ts';
import { packetFilter } from '../../src/filter/packet-filter.ts';
import { capturesOfOneLink, chosen, filesBelow, type OneLink } from '../support/captures-of-one-link.ts';
import { isLong } from '../support/long-run.ts';
import { randomExpression, randomOf, type Values } from './random-expression.ts';

const CORPUS = '../shared/corpus';
const FIELD = ['../shared/lab/public', '../shared/field/cni'];
/** Every how many-th file of the corpus and of the captures with known faults is read. */
const EVERY_OF_CORPUS = 9;
const EVERY_OF_FIELD = 20;
/** Every how many-th expression a link type other than Ethernet is asked, each link type others; CI asks all. */
const EVERY_OF_EXPRESSIONS = isLong() ? 1 : 3;
const RANDOM_COMPARISONS = Number(process.env.FILTER_RUNS ?? (isLong() ? 400 : 150));
const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;
/** Link types whose link layer tcpdump filters, and the decoder reads. */
const LINKS = new Set([0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 228, 229, 276]);

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-filter-'));
afterAll(() => rmSync(folder, { recursive: true }));
let captures: OneLink[];

/** Numbers of the records that tcpdump selects; undefined when it refuses the expression for this link type. */
function chosenByTcpdump(
  expression: string,
  { path, records }: OneLink,
  options: readonly string[],
): number[] | undefined {
  const argv = ['-n', ...options, '-r', path, '-w', '-', '--', expression];
  const { status, stdout, stderr } = spawnSync('tcpdump', argv, {
    maxBuffer: 2 ** 28,
  });
  // A filter that can select nothing is refused; that is no mistake of the user.
  if (String(stderr).includes('expression rejects all packets')) return [];
  if (status !== 0) return undefined;
  const numbers: number[] = [];
  // Each record has its number in place of the time.
  for (let at = 24; at < stdout.length; at += 16 + stdout.readUInt32LE(at + 8)) numbers.push(stdout.readUInt32LE(at));
  expect(numbers.every((number) => number < records.length)).toBe(true);
  return numbers;
}

interface Tally {
  compared: number;
  selecting: number;
  refused: number;
  different: string[];
}

function compare(expression: string, capture: OneLink, tally: Tally, options: readonly string[] = []): void {
  const theirs = chosenByTcpdump(expression, capture, options);
  if (theirs === undefined) {
    tally.refused++;
    return;
  }
  const ours = chosen(capture, packetFilter(expression));
  tally.compared++;
  if (theirs.length > 0 && theirs.length < capture.records.length) tally.selecting++;
  if (ours.join() === theirs.join()) return;
  tally.different.push(`link ${capture.linkType}: ${expression}: ours ${ours.length}, tcpdump ${theirs.length}`);
}

const newTally = (): Tally => ({ compared: 0, selecting: 0, refused: 0, different: [] });

describe.runIf(hasTcpdump)('tcpdump', () => {
  beforeAll(async () => {
    const some = (files: string[], every: number) => files.filter((_, index) => index % every === 0);
    const shared = existsSync(CORPUS) ? some(filesBelow(CORPUS), EVERY_OF_CORPUS) : [];
    const field = FIELD.filter((path) => existsSync(path)).flatMap((path) => some(filesBelow(path), EVERY_OF_FIELD));
    const own = filesBelow('test/pcaps').filter((path) => path.endsWith('.pcap'));
    captures = (await capturesOfOneLink([...own, ...field, ...shared], folder)).filter(({ linkType }) =>
      LINKS.has(linkType),
    );
  });

  test('every expression of the list selects the same packets of every link type', () => {
    const expressions = readFileSync('test/filter/expressions.txt', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(expressions.length).toBeGreaterThan(240);
    const tally = newTally();
    for (const [link, capture] of captures.entries()) {
      for (const [index, expression] of expressions.entries()) {
        if (capture.linkType !== LINKTYPE_ETHERNET && (index + link) % EVERY_OF_EXPRESSIONS > 0) continue;
        if (isMistake(expression)) expect(() => packetFilter(expression)).toThrow();
        else compare(expression, capture, tally);
      }
    }
    expect(tally.different).toEqual([]);
    // The captures of the repository alone hold fewer kinds of packets.
    expect(tally.selecting).toBeGreaterThan(existsSync(CORPUS) ? 200 : 150);
  });

  /**
   * Without the optimizer of libpcap, which leaves out reads whose result does not matter: it selects packets that are cut
   * before such a read.
   */
  const UNOPTIMIZED = ['-O'];

  test('random expressions select the same packets', () => {
    const values = valuesOf(captures.find(({ linkType }) => linkType === LINKTYPE_ETHERNET)!);
    const random = randomOf(20261129);
    const tally = newTally();
    // Half of them on Ethernet.
    for (let run = 0; tally.compared < RANDOM_COMPARISONS; run++) {
      const capture =
        run % 2 === 0
          ? captures.find(({ linkType }) => linkType === LINKTYPE_ETHERNET)!
          : captures[random(captures.length)];
      compare(randomExpression(random, values), capture, tally, UNOPTIMIZED);
    }
    expect(tally.different).toEqual([]);
    expect(tally.selecting).toBeGreaterThan(RANDOM_COMPARISONS / 4);
  });
});

/** Examples of articles that are no expressions: tcpdump refuses them too. */
const isMistake = (expression: string): boolean => /^src mars|src net and/.test(expression);

test.runIf(hasTcpdump)('mistakes are mistakes to tcpdump too', () => {
  const capture = 'test/pcaps/case-1/node1__enp26s0f0.pcap';
  for (const expression of MISTAKES) {
    expect(() => packetFilter(expression), expression).toThrow();
    expect(spawnSync('tcpdump', ['-r', capture, '-w', '-', '--', expression]).status, expression).not.toBe(0);
  }
});

const MISTAKES = [
  '1.2.3.4',
  '80',
  '<= 128',
  'host',
  'host 10.0.0.1 and',
  'host 10.0.0.1 10.0.0.2',
  'host 10.0.0.1 and (port 80 or 10.0.0.2)',
  'tcp and 80',
  'port 70000',
  'port http-',
  'net 10.0.0.1/8',
  'host 10.0.0.0/8',
  'net 10.0.0.0/33',
  'net fe80::1/10',
  'host 1.2.3.256',
  'tcp host 10.0.0.1',
  'arp port 80',
  'ip host ::1',
  'tcp[13',
  'tcp[13:3] = 1',
  'tcp[13]',
  'tcp[13] =',
  'tcp[0] = 1/0',
  'len',
  '(tcp',
  'tcp)',
  'tcp or or udp',
  'not',
  'ether host 10.0.0.1',
  'host 11:22:33:44:55:66',
  'vlan 5000',
  'ip proto tcp',
  'src mars',
  'dst 192.168.0.2 and src net and not icmp',
  'tcp[13] & 4 != 0 }',
  '',
].filter((expression) => expression !== '');

/** Addresses and ports that occur. */
function valuesOf({ records, linkType }: OneLink): Values {
  const book = new AddressBook();
  const decoder = new PacketDecoder(book);
  const found = { ipv4: new Set<string>(), ipv6: new Set<string>(), ports: new Set<number>(), macs: new Set<string>() };
  for (const record of records) {
    const packet = decoder.decode(record, linkType);
    const outer = packet.depth > 0 ? packet.tunnels[0] : packet;
    if (packet.ipVersion !== 0) {
      const address = book.format(outer.source);
      found[address.includes(':') ? 'ipv6' : 'ipv4'].add(address);
    }
    if (outer.destinationPort > 0) found.ports.add(outer.destinationPort);
    const mac = Buffer.from(record.bytes.subarray(0, 6))
      .toString('hex')
      .replace(/(..)(?=.)/g, '$1:');
    if (mac.length === 17) found.macs.add(mac);
  }
  return { ipv4: [...found.ipv4], ipv6: [...found.ipv6], ports: [...found.ports], macs: [...found.macs] };
}
