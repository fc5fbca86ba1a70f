import { queryObjects } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureRecord } from '../../../src/decode/files/capture-record.ts';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { CaptureTracker } from '../../../src/flows/capture/capture-tracker.ts';
import { type DigestOptions, digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import {
  MARK_COPY,
  MARK_CUT,
  MARK_DF,
  MARK_LATER_FRAGMENT,
  MARK_OUTBOUND,
  MARK_RETRANSMISSION,
  SIGHTING_ARP,
  SIGHTING_ICMP,
  SIGHTING_OTHER,
  SIGHTING_TCP,
  SIGHTING_UDP,
} from '../../../src/flows/rows/row-marks.ts';
import { PcapdiagError } from '../../../src/text/pcapdiag-error.ts';
import { pcapFile, pcapngFile, recordOf } from '../../support/capture-bytes.ts';
import { digestOf, recordsOf, type TimedFrame } from '../../support/digest-of.ts';
import { arp, bytesOf, ethernet, icmp, ipv4, ipv6, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const ip = (id: number, inner: LayerOfFrame, options = {}) => ethernet({}, ipv4({ id, ...options }, inner));
const overlay = (inner: LayerOfFrame) => ip(0, udp({ destinationPort: 8472 }, vxlan({}, inner)));

/** A little of everything, with a copy, a retransmission and a fragment. */
const FRAMES: TimedFrame[] = [
  [0, ethernet({}, arp({}))],
  [0.1, ip(1, tcp({ flags: 'S', seq: 100, mss: 1460 }))],
  [0.2, ip(1, tcp({ flags: 'S', seq: 100, mss: 1460 }), { ttl: 63 })],
  [1.2, ip(2, tcp({ flags: 'S', seq: 100, mss: 1460 }))],
  [1.3, ip(3, icmp({ type: 8, id: 9, sequence: 4 }, 'ping'))],
  [1.4, ip(4, udp({ destinationPort: 53 }, [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]))],
  [1.5, ip(5, udp({}, new Uint8Array(64)), { fragmentOffset: 1480, protocol: 17 })],
  [1.6, overlay(ip(6, tcp({ seq: 5 }, 'inside')))],
  [1.7, ethernet({}, ipv6({}, tcp({ flags: 'R' })))],
];
FRAMES[2][0] = 0.101;

/** A digest as plain data, comparable and clonable. */
const plain = ({ sightings, ...digest }: CaptureDigest) => ({ ...digest, sightings: sightings?.toTransferable() });

async function* inChunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (let index = 1; index < places.length; index++) yield bytes.slice(places[index - 1], places[index]);
}

/** A digest, or the code of the refusal. */
async function outcome(source: Parameters<typeof digestCapture>[0], options?: DigestOptions): Promise<unknown> {
  try {
    return plain(await digestCapture(source, options));
  } catch (error) {
    if (error instanceof PcapdiagError) return error.code;
    throw error;
  }
}

describe('digest of a capture', () => {
  it('is the same for any chunking', async () => {
    const bytes = pcapFile(recordsOf(FRAMES), { nano: true });
    const whole = await outcome(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
        expect(await outcome(inChunks(bytes, cuts))).toEqual(whole);
      }),
    );
  });

  it('is the same in one piece and in several for any changed bytes, without a crash', async () => {
    const files = [pcapFile(recordsOf(FRAMES)), pcapngFile(recordsOf(FRAMES))];
    const change = fc.tuple(fc.nat(), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { maxLength: 20 }),
        fc.array(fc.nat()),
        async (file, changes, cuts) => {
          const bytes = Uint8Array.from(file);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          expect(await outcome(inChunks(bytes, cuts))).toEqual(await outcome(bytes));
        },
      ),
    );
  });

  it('is plain data', async () => {
    const digest = plain(await digestOf(FRAMES));
    expect(structuredClone(digest)).toEqual(digest);
  });

  it('has times in seconds since the first packet, exact to the nanosecond', async () => {
    const records = [
      { frame: FRAMES[0][1], seconds: 1_700_000_000, nanoseconds: 999_999_999 },
      { frame: FRAMES[1][1], seconds: 1_700_000_001, nanoseconds: 2 },
    ];
    const { capture, sightings } = await digestCapture(pcapFile(records, { nano: true }));
    expect(capture).toMatchObject({
      baseSeconds: 1_700_000_000,
      baseNanoseconds: 999_999_999,
      duration: 3e-9,
      packets: 2,
    });
    expect([...sightings!.columns.time.slice(0, 2)]).toEqual([0, 3e-9]);
  });

  it('has a row for every packet with addresses', async () => {
    const { sightings } = await digestOf(FRAMES);
    const column = (name: keyof NonNullable<typeof sightings>['columns']) => [
      ...sightings!.columns[name].slice(0, sightings!.length),
    ];
    expect(column('packet')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(column('kind')).toEqual([
      SIGHTING_ARP,
      SIGHTING_TCP,
      SIGHTING_TCP,
      SIGHTING_TCP,
      SIGHTING_ICMP,
      SIGHTING_UDP,
      SIGHTING_OTHER,
      SIGHTING_TCP,
      SIGHTING_TCP,
    ]);
    expect(column('marks')).toEqual([0, 0, 1, MARK_RETRANSMISSION, 0, 0, MARK_LATER_FRAGMENT, 0, 0]);
    expect(column('seq')).toEqual([0, 100, 100, 100, 4, 0x1234, 1480, 5, 1]);
    expect(column('flags')).toEqual([1, 2, 2, 2, 0x0800, 0, 0, 0x10, 4]);
    expect(column('tunnel')).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0]);
    const flows = column('flow');
    expect([flows[2], flows[3]]).toEqual([flows[1], flows[1]]);
    expect(new Set(flows).size).toBe(7);
    const hashes = column('payloadHash').map((hash) => hash !== 0);
    expect(hashes).toEqual([false, false, false, false, true, true, true, true, false]);
  });

  describe('a capture that is analysed alone', () => {
    const SLL2 = 276;
    const alone = (source: Uint8Array) => digestCapture(source, { alone: true });

    it('counts the packets of flows in place of rows, as the rows would, where its file has one point', async () => {
      const { sightings, counts } = await alone(pcapFile(recordsOf(FRAMES)));
      expect(sightings).toBeUndefined();
      const { columns, length } = (await digestOf(FRAMES)).sightings!;
      const inRows = new Map<string, number>();
      for (let row = 0; row < length; row++) {
        const key = `${columns.flow[row]} ${columns.direction[row]}`;
        const isCopy = (columns.marks[row] & MARK_COPY) !== 0;
        inRows.set(key, (inRows.get(key) ?? 0) + (isCopy ? 0 : 1));
      }
      const counted = [...inRows.keys()].map((key) => {
        const [flow, direction] = key.split(' ').map(Number);
        return [key, counts!.packets(flow, direction)] as const;
      });
      expect(new Map(counted)).toEqual(inRows);
    });

    it('has rows where another point may come: SLL2 tells one in each packet, pcapng in any place', async () => {
      expect((await alone(pcapFile([], { linkType: SLL2 }))).sightings).toBeDefined();
      expect((await alone(pcapngFile([{ frame: FRAMES[1][1] }]))).sightings?.length).toBe(1);
    });

    it('has fewer rows where other things need its memory; with others, rows have a budget of their own', async () => {
      const many = pcapngFile(Array.from({ length: 3000 }, (_, at) => ({ frame: ip(at, tcp({ seq: at })) })));
      const limits = { otherBytes: 1 };
      const lone = (await digestCapture(many, { alone: true, limits })).sightings!;
      expect([lone.length, lone.leftOut, lone.wholeFlows?.size]).toEqual([8, 0, 0]);
      expect((await digestCapture(many, { limits })).sightings?.length).toBe(3000);
    });

    it('has rows when it is compared with others', async () => {
      expect((await digestOf(FRAMES)).sightings?.length).toBe(FRAMES.length);
      expect((await digestOf(FRAMES)).counts).toBeUndefined();
    });
  });

  it('marks DF, truncation and direction in rows', async () => {
    const frame = ip(1, tcp({}, 'data'), { dontFragment: true });
    const { sightings } = await digestCapture(pcapngFile([{ frame, flags: 2, snaplen: 56 }]));
    expect(sightings!.columns.marks[0]).toBe(MARK_DF | MARK_CUT | MARK_OUTBOUND);
  });

  it('counts rows beyond the limit, and works without rows', async () => {
    const { sightings } = await digestOf(FRAMES, { limits: { sightings: 3 } });
    expect([sightings!.length, sightings!.leftOut]).toEqual([3, 6]);
    expect((await digestOf(FRAMES, { keepSightings: false })).sightings).toBeUndefined();
    const all = (await digestOf(FRAMES)).sightings!;
    const ping = all.columns.flow[4];
    const some = (await digestOf(FRAMES, { wholeFlows: new Set([ping]), limits: { sightings: 5 } })).sightings!;
    expect([some.length, some.leftOut, some.wholeFlows?.has(ping)]).toEqual([5, 4, true]);
  });

  it('reports a file with a cut tail and keeps its complete records', async () => {
    const bytes = pcapFile(recordsOf(FRAMES));
    const { capture } = await digestCapture(bytes.subarray(0, bytes.length - 5));
    expect(capture).toMatchObject({ packets: FRAMES.length - 1, problemsTotal: 1, problems: [{ kind: 'truncated' }] });
  });

  it('refuses input that is not a capture', async () => {
    await expect(digestCapture(Uint8Array.from(bytesOf('no capture at all')))).rejects.toThrow(PcapdiagError);
  });
});

describe('has the metadata of the file', () => {
  const record = (dropCount: number): CaptureRecord => ({ ...recordOf(FRAMES[1][1]), dropCount });
  const tracker = (limits = {}) => {
    const made = new CaptureTracker({ path: 'a', limits });
    made.onInterface({ index: 0, linkType: 1, snaplen: 96, filter: 'tcp port 80' });
    return made;
  };

  it('takes drops from counters or records, or leaves them unknown', () => {
    const bare = new CaptureTracker({ path: 'a', limits: {} }).finish('pcapng').capture;
    expect(bare).toMatchObject({ dropped: null, snaplen: 0, filters: [] });
    expect(tracker().finish('pcap').capture).toMatchObject({ dropped: null, snaplen: 96, filters: ['tcp port 80'] });
    const counted = tracker();
    counted.onInterface({ index: 0, linkType: 1, snaplen: 96, interfaceDropped: 3 });
    counted.onInterface({ index: 0, linkType: 1, snaplen: 96, interfaceDropped: 5, systemDropped: 2 });
    counted.onRecord(record(4), 1);
    expect(counted.finish('pcapng').capture.dropped).toBe(7);
    const byRecord = tracker();
    byRecord.onRecord(record(4), 1);
    byRecord.onRecord(record(1), 2);
    expect(byRecord.finish('pcapng').capture.dropped).toBe(5);
    const none = tracker();
    none.onInterface({ index: 0, linkType: 1, snaplen: 96, interfaceDropped: 0 });
    expect(none.finish('pcapng').capture.dropped).toBe(0);
  });

  it('caps comments and problems', () => {
    const made = tracker({ comments: 1, commentLength: 3, problems: 1 });
    made.onComment('first');
    made.onComment('second');
    for (const offset of [1, 2]) made.onProblem({ kind: 'corrupt', offset, message: 'm' });
    expect(made.finish('pcap').capture).toMatchObject({
      comments: ['fir'],
      problems: [{ offset: 1 }],
      problemsTotal: 2,
    });
  });
});

it.each([true, false])('a digest that is kept lets the tables of its tracker go (alone: %j)', async (alone) => {
  const trackers = (): number => queryObjects(CaptureTracker, { format: 'count' }) as number;
  const before = trackers();
  const kept = await digestOf(FRAMES, { alone, compact: !alone });
  expect(trackers()).toBeLessThanOrEqual(before);
  expect(kept.capture.packets).toBe(FRAMES.length);
});

it('says that a capture was read in part, and only then', async () => {
  const file = pcapFile(recordsOf(FRAMES), { nano: true });
  const inHalves = async (stopAfter: number) => {
    const stop = new AbortController();
    async function* chunks() {
      for (let at = 0; at < file.length; at += 200) {
        if (at / 200 === stopAfter) stop.abort();
        yield file.subarray(at, at + 200);
      }
    }
    const { capture } = await digestCapture(chunks(), { stop: stop.signal });
    return { packets: capture.packets, isPartial: capture.isPartial };
  };
  expect(await inHalves(9999)).toEqual({ packets: FRAMES.length, isPartial: undefined });
  const { packets, isPartial } = await inHalves(2);
  expect(isPartial).toBe(true);
  expect(packets).toBeGreaterThan(0);
  expect(packets).toBeLessThan(FRAMES.length);
});
