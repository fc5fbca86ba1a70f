import { describe, expect, test } from 'vitest';
import type { Conversation, Direction, Evidence } from '../../../src/flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../src/flows/evidence/evidence.ts';
import { columnLetters } from '../../../src/report/formats/ladder-text.ts';
import { formatText } from '../../../src/report/formats/text.ts';
import { ladderOf } from '../../../src/report/sections/ladder.ts';
import { capture, connection, evidence, hop, point } from '../../support/evidence.ts';
import { judged, reportOf } from '../sample.ts';

const CLIENT = '10.1.0.9:4000';
const SERVER = '10.2.0.7:80';
const NAMES = ['node1 veth1', 'node1 eth0', 'node2 eth0', 'node2 veth2'];
/** The clocks of the points, seconds to add. */
const SHIFTS = [0, 0, -7.5, -7.5];

const ref = (packet: number, time: number) => ({ packet, time });
/** A SYN at 0, 1 and 3 s; each point sees it 100 µs after the one before it. */
const synsAt = (at: number, count: number) =>
  [0, 1, 3].slice(0, count).map((time, nth) => ref(10 * (at + 1) + nth, time + at * 1e-4 - SHIFTS[at]));

function brokenAt(last: number, some: Partial<Conversation> = {}): Evidence {
  const connections = NAMES.slice(0, last + 1).map((_, at) =>
    connection({ index: at, point: at, client: CLIENT, server: SERVER, syn: synsAt(at, 3) }),
  );
  const lost = hop({ from: last, to: last + 1, direction: TO_SERVER, lost: 3, lostPackets: synsAt(last, 3) });
  const legs = connections.map(({ client, server }, at) => ({
    point: at,
    flow: 0,
    kind: 'tcp' as const,
    index: at,
    client,
    server,
    encapsulation: [],
  }));
  const { client, server } = connections[0];
  const whole = evidence({
    captures: NAMES.map((name) => capture({ path: `${name}.pcap` })),
    points: NAMES.map((name, at) => point({ name, capture: at, timeShift: SHIFTS[at] })),
    connections,
  });
  const conversation: Conversation = {
    index: 0,
    protocol: 'tcp',
    legs,
    hops: [lost],
    client,
    server,
    serverBeforeNat: null,
    clientAfterNat: null,
    ...some,
  };
  return { ...whole, conversations: [conversation] };
}

const finding = (between: [number, number] | null) =>
  judged({ occurrence: { conversations: [0], between, packets: [], packetsTotal: 0 } });
const ladder = (of: Evidence, between: [number, number] | null = [2, 3]) =>
  ladderOf(of, { findings: [finding(between)] });

describe('ladder', () => {
  test('shows every transmission across all points on one clock, up to where it is missing', () => {
    const found = ladder(brokenAt(2));
    expect(found).toMatchObject({ client: CLIENT, server: SERVER, points: [0, 1, 2, 3], rowsTotal: 3 });
    expect(found?.rows.map(({ packets }) => packets)).toEqual([
      [10, 20, 30, null],
      [11, 21, 31, null],
      [12, 22, 32, null],
    ]);
    expect(found?.rows.map(({ relativeSeconds }) => relativeSeconds)).toEqual([0, 1, 3]);
    expect(found?.rows.map(({ missing, note }) => [missing, note])).toEqual(Array(3).fill([3, 'SYN']));
  });

  test('does not mark as lost what must not be called lost', () => {
    const of = brokenAt(2);
    const [conversation] = of.conversations;
    const hops = conversation.hops.map((each) => ({ ...each, unknown: { code: 'no-common-time' as const } }));
    const packets = [{ point: 0, packet: 10, time: 0, note: 'first' }];
    const shown = judged({ occurrence: { conversations: [0], between: null, packets, packetsTotal: 1 } });
    const found = ladderOf({ ...of, conversations: [{ ...conversation, hops }] }, { findings: [shown] });
    expect(found?.rows).toHaveLength(1);
    expect(found?.rows[0]).toMatchObject({ packets: [10, 20, 30], missing: null });
  });

  test('needs a fault, not a note, and more than one point', () => {
    expect(ladderOf(brokenAt(2), { findings: [{ ...finding([2, 3]), level: 'note' }] })).toBeNull();
    expect(ladder(evidence({ points: [point({})] }), null)).toBeNull();
    expect(ladderOf(brokenAt(2), { findings: [] })).toBeNull();
  });

  test('has at most 20 rows, and its total counts all', () => {
    const many = Array.from({ length: 30 }, (_, at) => ref(100 + at, at));
    const of = brokenAt(2, { hops: [hop({ from: 2, to: 3, direction: TO_SERVER, lost: 30, lostPackets: many })] });
    expect(ladder(of)?.rows).toHaveLength(20);
    expect(ladder(of)?.rowsTotal).toBe(30);
  });

  test('has two columns for a point that packets pass twice', () => {
    const of = brokenAt(1);
    const [conversation] = of.conversations;
    const legs = [...conversation.legs, { ...conversation.legs[1], index: 99, encapsulation: ['vxlan' as const] }];
    const hops = [hop({ from: 1, to: 1, direction: TO_SERVER, lost: 3, lostPackets: synsAt(1, 3) })];
    const found = ladder({ ...of, conversations: [{ ...conversation, legs, hops }] }, [1, 1]);
    expect(found?.points).toEqual([0, 1, 1]);
    expect(found?.rows[0]).toMatchObject({ packets: [10, 20, null], missing: 2 });
  });

  const textOf = (of: Evidence, width: number) =>
    formatText(reportOf(of, { findings: [finding([2, 3])] }), { width, verbose: true })
      .split('\n\n')
      .find((section) => section.startsWith('Packets of the verdict')) ?? '';

  test('columns have names of letters, however many there are', () => {
    expect([0, 25, 26, 27, 51, 52, 701, 702].map(columnLetters)).toEqual([
      'A',
      'Z',
      'AA',
      'AB',
      'AZ',
      'BA',
      'ZZ',
      'AAA',
    ]);
    const points = Array.from({ length: 100 }, (_, at) => ({
      ...reportOf(brokenAt(2), { findings: [] }).points[0],
      id: `p${at + 1}`,
      name: `point ${at + 1}`,
    }));
    const ladder = {
      client: CLIENT,
      server: SERVER,
      points: points.map(({ id }) => id),
      rows: [
        {
          relativeSeconds: 0,
          direction: '>' as const,
          packets: points.map((_, at) => at + 1),
          missing: null,
          note: 'SYN',
        },
      ],
      rowsTotal: 1,
    };
    const text = formatText(
      { ...reportOf(brokenAt(2), { findings: [] }), points, ladder },
      { width: 100, verbose: true },
    );
    expect(text).toMatch(/^ {4}AA {2}point 27$/m);
    expect(text).toMatch(/^ {4}A {3}point 1$/m);
    expect(text).toMatch(/^ {4}CV {2}point 100$/m);
    expect(text).not.toMatch(/[^\n\x20-\x7e→✗─·↳←…’]/u);
  });

  test('text', () => expect(textOf(brokenAt(2), 100)).toMatchFileSnapshot('goldens/packet-ladder.txt'));
  test('uses letters when there is no space for names', () =>
    expect(textOf(brokenAt(2), 80)).toMatchFileSnapshot('goldens/packet-ladder-narrow.txt'));

  test.each<[Direction, number]>([
    [TO_SERVER, 1],
    [TO_CLIENT, 1],
    [TO_SERVER, 10_000_000],
    [TO_CLIENT, 10_000_000],
  ])('keeps the columns aligned with long packet numbers (%i, %i)', (direction, first) => {
    const of = brokenAt(2);
    const [from, to] = direction === TO_SERVER ? [2, 3] : [2, 1];
    const lostPackets = [ref(first, 0), ref(7, 2)];
    const hops = [hop({ from, to, direction, lost: 2, lostPackets })];
    const report = reportOf(
      { ...of, connections: [], conversations: [{ ...of.conversations[0], hops }] },
      { findings: [finding([from, to])] },
    );
    const rows = formatText(report, { verbose: true })
      .split('\n')
      .filter((line) => /^ +\d+\.\d{6} {2}[<>]/.test(line));
    expect(rows).toHaveLength(2);
    expect(rows[0].indexOf('✗')).toBe(rows[1].indexOf('✗'));
    expect(rows[0].indexOf('✗')).toBeGreaterThan(0);
  });
});
