import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/decode/packet.ts';
import { DnsStream } from '../../../src/flows/trackers/dns-stream.ts';

/** A query for "a", with its length in front; `more` octets behind it. 19 + 2 octets without more. */
function message(id: number, more = 0): number[] {
  const body = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1, ...Array(more).fill(0)];
  return [body.length >> 8, body.length & 255, ...body];
}
const WHOLE = message(0).length;

interface Segment {
  seq: number;
  octets: readonly number[];
  owner?: number;
  /** Octets of the payload that were captured; all unless told. */
  captured?: number;
}
/** Messages that are found, as "id:octets". */
function found(...segments: Segment[]): string[] {
  const stream = new DnsStream();
  const told: string[] = [];
  for (const { seq, octets, owner = 1, captured = octets.length } of segments) {
    const bytes = Uint8Array.from([7, ...octets]);
    const packet = {
      tcpSeq: seq,
      bytes,
      payloadAt: 1,
      payloadEnd: 1 + captured,
      payloadLength: octets.length,
    } as unknown as Packet;
    stream.onSegment(owner, packet, (all, at, end) => told.push(`${(all[at] << 8) | all[at + 1]}:${end - at}`));
  }
  return told;
}
/** The octets from `seq` on in parts that end before these places. */
const parts = (octets: readonly number[], ...ends: number[]): Segment[] =>
  [0, ...ends].map((from, nth) => ({ seq: 100 + from, octets: octets.slice(from, ends[nth] ?? octets.length) }));

describe('messages of DNS in a stream', () => {
  const three = [...message(1), ...message(2), ...message(3)];

  test('in one segment, in any two, and one by one', () => {
    const all = ['1:19', '2:19', '3:19'];
    expect(found({ seq: 100, octets: three })).toEqual(all);
    // The first part has to be the length alone, or a length and a header of 12 octets.
    for (let cut = 1; cut < three.length; cut++)
      expect(found(...parts(three, cut))).toEqual(cut === 2 || cut >= 14 ? all : []);
    expect(found(...parts(three, 2, WHOLE, WHOLE + 2, 2 * WHOLE))).toEqual(all);
    expect(found(...parts(three, 20, 22, 30, 50))).toEqual(all);
  });

  test('begin with a length and a header that DNS has; what does not is passed over', () => {
    expect(found({ seq: 100, octets: [0, 11, ...message(1).slice(2)] })).toEqual([]);
    expect(found({ seq: 100, octets: [0, 12] }, { seq: 102, octets: message(1).slice(2, 14) })).toEqual(['1:12']);
    expect(found({ seq: 100, octets: [0, 11] }, { seq: 102, octets: message(1).slice(2, 13) })).toEqual([]);
    expect(found({ seq: 100, octets: [0] })).toEqual([]);
    expect(found({ seq: 100, octets: Array(40).fill(255) }, { seq: 140, octets: message(2) })).toEqual(['2:19']);
  });

  test('that come again are told once', () => {
    expect(found({ seq: 100, octets: message(1) }, { seq: 100, octets: message(1) })).toEqual(['1:19']);
    expect(found({ seq: 100, octets: message(1) }, { seq: 100, octets: [...message(1), ...message(2)] })).toEqual([
      '1:19',
      '2:19',
    ]);
    const [first, second] = parts(message(1), 15);
    expect(found(first, first, second, second)).toEqual(['1:19']);
  });

  test('whose segments come out of order', () => {
    const [first, second, third] = parts(three, 15, 30);
    expect(found(first, third, second)).toEqual(['1:19', '2:19', '3:19']);
  });

  test('behind a gap begin anew with a segment that begins with one', () => {
    expect(found({ seq: 100, octets: message(1) }, { seq: 500, octets: message(2) })).toEqual(['1:19', '2:19']);
    expect(
      found(
        { seq: 100, octets: message(1) },
        { seq: 500, octets: message(2).slice(5) },
        { seq: 600, octets: message(3) },
      ),
    ).toEqual(['1:19', '3:19']);
    // What lies before is old.
    expect(found({ seq: 500, octets: message(1) }, { seq: 100, octets: message(2) })).toEqual(['1:19']);
    // A head that waits is left where it lies more than 4,096 octets behind.
    const [begun] = parts(message(1), 15);
    expect(found(begun, { seq: 100 + 4096, octets: message(2) })).toEqual([]);
    expect(found(begun, { seq: 101 + 4096 + 15, octets: message(2) })).toEqual(['2:19']);
  });

  test('each direction for itself', () => {
    const [a, b] = parts(message(1), 15);
    const [c, d] = parts(message(2), 15).map((one) => ({ ...one, owner: 2 }));
    expect(found(a, c, d, b)).toEqual(['2:19', '1:19']);
  });

  test('that were cut, or are larger than 4,096 octets, are told by their beginning', () => {
    expect(found({ seq: 100, octets: message(1, 100), captured: 50 })).toEqual(['1:48']);
    expect(found({ seq: 100, octets: message(1, 100), captured: 14 })).toEqual(['1:12']);
    expect(found({ seq: 100, octets: message(1, 100), captured: 13 })).toEqual([]);
    // The next one follows where the cut one ends.
    expect(found({ seq: 100, octets: message(1, 100), captured: 50 }, { seq: 221, octets: message(2) })).toEqual([
      '1:48',
      '2:19',
    ]);
    const large = message(1, 6000);
    expect(found(...parts(large, 5000), { seq: 100 + large.length, octets: message(2) })).toEqual(['1:4998', '2:19']);
    // Collected up to 4,096 octets, of which two are the length.
    expect(found(...parts(large, 3000, 5000), { seq: 100 + large.length, octets: message(2) })).toEqual([
      '1:4094',
      '2:19',
    ]);
    // One of 4,096 octets in all is whole.
    const most = message(1, 4096 - WHOLE);
    expect(most).toHaveLength(4096);
    expect(found(...parts(most, 3000))).toEqual(['1:4094']);
    expect(found(...parts([...message(7), ...message(1, 3000), ...message(2)], 100, 2000))).toEqual([
      '7:19',
      '1:3019',
      '2:19',
    ]);
  });

  test('of 1,024 directions at once, and 64 that wait for the rest of a message', () => {
    const [first, second] = parts(message(1), 15);
    const waiting = (count: number) => {
      const begun = Array.from({ length: count }, (_, owner) => ({ ...first, owner }));
      return found(...begun, { ...second, owner: 0 }).length;
    };
    expect([waiting(64), waiting(65)]).toEqual([1, 0]);
    // Of a direction that gave way, a segment that does not begin a message is passed over.
    const followed = (count: number) => {
      const begun = Array.from({ length: count }, (_, owner) => ({ seq: 100, octets: message(1), owner }));
      const later = [...message(2)];
      return (
        found(
          ...begun,
          { seq: 100 + WHOLE, octets: later.slice(0, 3), owner: 0 },
          { seq: 103 + WHOLE, octets: later.slice(3), owner: 0 },
        ).length - count
      );
    };
    expect([followed(1024), followed(1025)]).toEqual([1, 0]);
  });
});
