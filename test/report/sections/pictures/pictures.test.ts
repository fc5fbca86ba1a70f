/** What pictures show of recorded captures: it fits the schema, agrees with tshark, and nothing else of the report changes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../../src/analyze.ts';
import { formatJson } from '../../../../src/report/formats/json.ts';
import type { Report } from '../../../../src/report/model/report.ts';
import { formatPicture, PICTURE_NAMES } from '../../../../src/report/pictures/gallery.ts';
import { isLong } from '../../../support/long-run.ts';
import { hasProgram, tsharkFields } from '../../../support/shared-captures.ts';

const schema = JSON.parse(readFileSync('schema/report.json', 'utf8'));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

const FIELDS = [
  'frame.time_relative',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.len',
  'tcp.seq_raw',
  'ip.id',
  'tcp.flags.reset',
  'tcp.flags.syn',
  'tcp.flags.fin',
  'icmp.type',
  'icmpv6.type',
];
/** tshark 4.0 writes 1, later ones True. */
const isSet = (flag: string): boolean => flag === '1' || flag === 'True';

const capturesOf = (name: string): string[] =>
  readdirSync(join('test/pcaps', name))
    .filter((file) => /\.pcap(ng)?$/.test(file))
    .sort()
    .map((file) => join('test/pcaps', name, file));

/** Recorded faults, and the pictures that they have beside the map. */
const CASES: readonly (readonly [name: string, pictures: readonly string[]])[] = [
  ['case-1', ['ladder', 'tries']],
  ['case-2', ['ladder', 'sequence', 'throughput', 'sizes']],
  ['case-3', ['ladder', 'tries']],
  ['healthy-dns', []],
  ['source-port-race', ['ladder', 'sequence', 'throughput']],
  ['dns-forward-loop', ['tries']],
  ['ipv6-mtu-sender-only', ['sequence', 'throughput', 'sizes']],
  ['losses-together', ['ladder', 'sequence', 'throughput']],
  ['long-poll', []],
];

describe.each(CASES)('%s', (name, pictures) => {
  it('has its pictures, and everything else as without', async () => {
    const [plain, report] = [await analyze(capturesOf(name)), await analyze(capturesOf(name), { pictures: true })];
    expect(plain.pictures).toBeUndefined();
    validate(JSON.parse(formatJson(report)));
    expect(validate.errors).toBeNull();
    const { pictures: drawn, ...rest } = report;
    expect(drawn).toBeDefined();
    expect(rest).toEqual(plain);
    const names = PICTURE_NAMES.filter((each) => formatPicture(report, each) !== null);
    expect(names.filter((each) => each !== 'map')).toEqual(pictures);
    for (const { finding, packets } of report.pictures?.excerpts ?? []) {
      const { evidence } = report.findings.find(
        ({ fingerprint }) => fingerprint === finding,
      ) as Report['findings'][number];
      for (const { capture, packet } of packets)
        expect(evidence).toContainEqual(expect.objectContaining({ capture, packet }));
    }
  });
});

describe.skipIf(!hasProgram('tshark'))('agrees with tshark (skipped without it)', () => {
  const sets = readdirSync('test/pcaps').filter((name) => !name.endsWith('.md'));
  // CI compares all of them.
  it.each(sets.filter((_, index) => isLong() || index % 3 === 0))('%s', async (name) => {
    const report = await analyze(capturesOf(name), { pictures: true });
    for (const sequence of report.pictures?.sequences ?? []) {
      const point = report.points.find(({ id }) => id === sequence.point);
      const path = report.captures.find(({ id }) => id === point?.capture)?.path ?? '';
      const [fromPort, toPort] = [sequence.from, sequence.to].map((end) => end.slice(end.lastIndexOf(':') + 1));
      const until = sequence.startSeconds + sequence.seconds + 1e-6;
      const segments = tsharkFields(path, FIELDS).flatMap((row) => {
        const [time, source, destination, length, seq, id, ...flags] = row.map(
          (value) => value.split(',').at(-1) ?? '',
        );
        const [isReset, takesNumber] = [isSet(flags[0]), length !== '0' || isSet(flags[1]) || isSet(flags[2])];
        const isOwn = source === fromPort && destination === toPort && Number(time) <= until;
        // An ICMP error quotes a segment that was sent before.
        const isQuoted = flags[3] !== '' || flags[4] !== '';
        return isOwn && !isQuoted && Number(time) >= sequence.startSeconds - 1e-6 && takesNumber && !isReset
          ? [{ seq, id: Number(id), time }]
          : [];
      });
      const ours = sequence.sent
        .filter(([, , from, to, , kind]) => to > from && kind !== 'reset')
        .reduce((sum, [, , , , packets]) => sum + packets, 0);
      // A packet may pass a NIC plain and in a tunnel. Without an IP identification, which a SYN-ACK of Linux has not, all
      // are counted.
      const different = new Set(segments.map(({ seq, id, time }) => (id > 0 ? `${seq} ${id}` : `${seq} at ${time}`)));
      expect(ours, `${path} ${sequence.from} > ${sequence.to}`).toBe(different.size);
    }
  });
});
