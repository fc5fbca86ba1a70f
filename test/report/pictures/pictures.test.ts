import { describe, expect, it } from 'vitest';
import type { ReportPictures, ReportSequence } from '../../../src/report/model/pictures.ts';
import type { Report } from '../../../src/report/model/report.ts';
import { formatPicture, PICTURE_NAMES } from '../../../src/report/pictures/gallery.ts';
import { linearScale, secondsText, shortNumber } from '../../../src/report/pictures/scale.ts';
import { hostileReport } from '../html/hostile-report.ts';
import { emptyReport, sampleReport } from '../sample.ts';

const sequence = (some: Partial<ReportSequence> = {}): ReportSequence => ({
  point: 'p1',
  from: '10.0.0.1:40000',
  to: '10.0.0.2:80',
  startSeconds: 1.5,
  seconds: 2,
  packets: 9,
  sent: [
    [0, 0, 0, 1000, 1, 'new'],
    [0.1, 0.1, 1000, 2000, 1, 'new'],
    [1.5, 1.5, 1000, 2000, 1, 'again'],
  ],
  acks: [
    [0.05, 1000, 5000, 0],
    [0.2, 1000, 1000, 0],
    [1.6, 2000, 6000, 0],
  ],
  sacks: [[0.3, 1500, 2000]],
  roundTrips: [
    [0.05, 0.05],
    [0.2, 0.06],
  ],
  rate: { binSeconds: 1, fresh: [2000, 0], again: [0, 1000] },
  leftOut: 0,
  ...some,
});

const pictures = (some: Partial<ReportPictures> = {}): ReportPictures => ({
  sequences: [sequence()],
  sizes: {
    from: '10.0.0.1',
    to: '10.0.0.2',
    knownBy: 'acknowledged',
    rows: [
      { octets: 600, sent: 4, delivered: 4 },
      { octets: 1500, sent: 6, delivered: 0 },
    ],
    largestPassed: 600,
    smallestLost: 1500,
    toldMtu: 1400,
  },
  tries: {
    kind: 'dns',
    point: 'p1',
    lanes: [
      { what: 'a.example A', of: '10.96.0.10', tries: [0, 5], answers: [] },
      {
        what: 'b.example A',
        of: '10.96.0.10',
        tries: [1],
        answers: [{ seconds: 1.2, word: 'SERVFAIL', isGood: false }],
      },
    ],
    lanesLeftOut: 3,
  },
  waits: [
    { client: '10.0.0.1', server: '10.0.0.2:80', seconds: 2.5 },
    { client: '10.0.0.2', server: '10.0.0.3:5432', seconds: 2.4 },
  ],
  excerpts: [],
  notes: [],
  ...some,
});

const withPictures = (some: Partial<ReportPictures> = {}): Report => ({ ...sampleReport(), pictures: pictures(some) });
const described = (svg: string | null): string => /<desc[^>]*>([^<]*)</.exec(svg ?? '')?.[1] ?? '';

describe('pictures as files', () => {
  it('say in words what they show', () => {
    const words = Object.fromEntries(
      PICTURE_NAMES.map((name) => [name, described(formatPicture(withPictures(), name))]),
    );
    expect(words.map).toMatch(/node1 eth0 saw 9 packets to the server and 0 back, then 9 lost →/);
    expect(words.sequence).toBe(
      '10.0.0.1:40000 to 10.0.0.2:80 at node1 eth0: 2,000 octets in 2.00 s; 1 segment sent again; 1 SACK block; window shut 1 time, 1.40 s in all.',
    );
    expect(words.throughput).toContain('1,000 of 3,000 octets were sent again. Round trips: 50.0 ms at least');
    expect(words.sizes).toBe(
      '10.0.0.1 to 10.0.0.2: packets of up to 600 octets acknowledged; never acknowledged: 1,500 octets sent 6 times.',
    );
    expect(words.tries).toContain(
      '2 attempts at node1 eth0, 1 times tried again, 1 without any answer. a.example A of 10.96.0.10: 2 tries, no answer.',
    );
    expect(words.waits).toBe(
      '10.0.0.1 waits 2.50 s for 10.0.0.2:80; 10.0.0.2 waits 2.40 s for 10.0.0.3:5432. 10.0.0.3:5432 waits for nobody that was captured.',
    );
  });

  it('are none where there is nothing to draw', () => {
    expect(PICTURE_NAMES.filter((name) => formatPicture(emptyReport(), name) !== null)).toEqual([]);
    expect(formatPicture(sampleReport(), 'sequence')).toBeNull();
    expect(formatPicture(withPictures({ waits: pictures().waits.slice(0, 1) }), 'waits')).toBeNull();
  });

  it('draw marks where they belong', () => {
    const svg = formatPicture(withPictures(), 'sequence') ?? '';
    // Time 1.5 of 2 s, octets 1,000 to 2,000: right of and above the first segment.
    const [, x, low, high] = /class="again" d="M([\d.]+) ([\d.]+)V([\d.]+)"/.exec(svg) ?? [];
    const [, first] = /class="sent" d="M([\d.]+)/.exec(svg) ?? [];
    expect(Number(x)).toBeCloseTo(66 + (794 * 1.5) / 2, 0);
    expect(Number(first)).toBe(66);
    expect(Number(low)).toBeGreaterThan(Number(high));
    expect(formatPicture(withPictures(), 'map')).toContain('class="broken"');
  });

  it('hold names of captures as text only', () => {
    const report = hostileReport(withPictures());
    for (const name of PICTURE_NAMES) {
      const svg = formatPicture(report, name) ?? '';
      if (svg === '') continue;
      for (const part of ['<img', '<script', '</style><script', '\u001b', '\u202e', '\0', '\u2028', '\ud800'])
        expect(svg.split(part).length - 1, `${name} ${part}`).toBe(0);
      expect(svg).not.toMatch(/<[^>]*\s(on\w+|href)=/);
    }
  });

  it.each([1, 7, 1e3, 1e6])('have finite coordinates, also of a connection of %d octets in no time', (octets) => {
    const report = withPictures({
      sequences: [
        sequence({
          seconds: 0,
          sent: [[0, 0, 0, octets, 1, 'new']],
          acks: [[0, octets, null, 0]],
          sacks: [],
          roundTrips: [],
        }),
      ],
    });
    const svg = PICTURE_NAMES.map((name) => formatPicture(report, name)).join('');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('scales', () => {
  it('have round ticks inside their domain', () => {
    expect(linearScale([0, 10], [0, 100], 5).ticks).toEqual([0, 2, 4, 6, 8, 10]);
    expect(linearScale([0, 0.0034], [0, 1], 4).ticks.map((tick) => tick * 1000)).toEqual([0, 1, 2, 3]);
    expect(linearScale([5, 5], [0, 1]).ticks).toEqual([5]);
    expect(linearScale([0, 10], [100, 0])(2.5)).toBe(75);
  });

  it('are told in a unit that fits', () => {
    expect([
      secondsText(2, 1),
      secondsText(0.2, 0.1),
      secondsText(0.02, 0.01),
      secondsText(0.0005, 0.0001),
      secondsText(2e-5, 1e-5),
    ]).toEqual(['2 s', '0.2 s', '20 ms', '0.5 ms', '20 µs']);
    expect([0, 9500, 12_500, 3.2e6, 5e9].map(shortNumber)).toEqual(['0', '9,500', '12.5 k', '3.2 M', '5 G']);
  });
});
