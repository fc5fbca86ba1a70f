import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  bytesOf,
  ethernet,
  fragmentExtension,
  icmp,
  ipv4,
  ipv6,
  type LayerOfFrame,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

/** A part of a UDP datagram of 3000 octets: octets `from` to `to` of what the IP header is followed by. */
function part(from: number, to: number, id = 1): LayerOfFrame {
  const whole = bytesOf(udp({ destinationPort: 5000, length: 3000 }, new Uint8Array(2992).fill(7)));
  const octets = whole.subarray(from, to);
  return ethernet({}, ipv4({ id, protocol: 17, fragmentOffset: from, moreFragments: to < 3000 }, octets));
}

const fragmentsOf = async (frames: TimedFrame[]) => {
  const { fragments, fragmentsTotal, fragmentsIncomplete } = await digestOf(frames);
  const seen = fragments.map(({ packets, seenOctets, totalOctets, hasFirst, complete }) => ({
    packets,
    seenOctets,
    totalOctets,
    hasFirst,
    complete,
  }));
  return { seen, total: fragmentsTotal, incomplete: fragmentsIncomplete };
};

describe('fragmented datagrams', () => {
  const whole: TimedFrame[] = [
    [0, part(0, 1480)],
    [0.001, part(1480, 2960)],
    [0.002, part(2960, 3000)],
  ];

  it('are complete when all parts came, in any order', async () => {
    const expected = {
      seen: [{ packets: 3, seenOctets: 3000, totalOctets: 3000, hasFirst: true, complete: true }],
      total: 1,
      incomplete: 0,
    };
    expect(await fragmentsOf(whole)).toEqual(expected);
    expect(await fragmentsOf([whole[2], whole[0], whole[1]].map(([, frame], at) => [at / 1000, frame]))).toEqual(
      expected,
    );
  });

  it('are incomplete when a part in the middle, the first or the last is missing', async () => {
    expect((await fragmentsOf([whole[0], whole[2]])).seen).toEqual([
      { packets: 2, seenOctets: 1520, totalOctets: 3000, hasFirst: true, complete: false },
    ]);
    expect((await fragmentsOf([whole[1], whole[2]])).seen[0]).toMatchObject({ hasFirst: false, complete: false });
    expect(await fragmentsOf([whole[0], whole[1]])).toEqual({
      seen: [{ packets: 2, seenOctets: 2960, totalOctets: null, hasFirst: true, complete: false }],
      total: 1,
      incomplete: 1,
    });
  });

  it('count overlapping parts once', async () => {
    const overlapping: TimedFrame[] = [
      [0, part(0, 1480)],
      [0.1, part(1400, 3000)],
    ];
    expect((await fragmentsOf(overlapping)).seen[0]).toMatchObject({ seenOctets: 3000, complete: true });
  });

  it('with the same IP ID after 30 s are separate', async () => {
    expect(
      await fragmentsOf([
        [0, part(0, 1480)],
        [31, part(1480, 3000)],
      ]),
    ).toMatchObject({ total: 2, incomplete: 2 });
  });

  it('exclude whole packets, also with DF', async () => {
    const plain = ethernet({}, ipv4({ id: 4, dontFragment: true }, udp({}, 'x')));
    expect(await fragmentsOf([[0, plain]])).toEqual({ seen: [], total: 0, incomplete: 0 });
  });

  it('use the id of the IPv6 fragment header', async () => {
    const piece = (offset: number, more: boolean, payload: Uint8Array) =>
      ethernet({}, ipv6({ nextHeader: 58, extensions: [fragmentExtension(offset, more, 0xabcdef01)] }, payload));
    const echo = bytesOf(icmp({ type: 128, id: 1, sequence: 1 }, new Uint8Array(92)));
    const { fragments } = await digestOf([
      [0, piece(0, true, echo.subarray(0, 48))],
      [0.1, piece(48, false, echo.subarray(48))],
    ]);
    expect(fragments).toMatchObject([
      { ipId: 0xabcdef01, protocol: 58, seenOctets: 100, totalOctets: 100, complete: true },
    ]);
  });

  it('include the outer packet of a tunnel in two parts', async () => {
    const inner = ethernet({}, ipv4({ id: 2 }, tcp({}, new Uint8Array(1400))));
    const datagram = bytesOf(udp({ destinationPort: 8472 }, vxlan({}, inner)));
    const outer = (from: number, to: number) =>
      ethernet(
        {},
        ipv4(
          {
            source: '198.51.100.1',
            destination: '198.51.100.2',
            id: 6,
            protocol: 17,
            fragmentOffset: from,
            moreFragments: to < datagram.length,
          },
          datagram.subarray(from, to),
        ),
      );
    const { fragments, tunnels } = await digestOf([
      [0, outer(0, 1200)],
      [0.1, outer(1200, datagram.length)],
    ]);
    expect(fragments).toMatchObject([
      {
        source: '198.51.100.1',
        outer: true,
        complete: true,
        packets: 2,
        totalOctets: datagram.length,
        encapsulation: [],
      },
    ]);
    expect(tunnels).toMatchObject([{ fragments: 1, packets: 1 }]);
  });

  it('beyond the limit drop the oldest one, and count it', async () => {
    const frames = Array.from({ length: 10 }, (_, id): TimedFrame => [id / 100, part(0, 1480, id + 1)]);
    const { fragments, fragmentsTotal, fragmentsIncomplete } = await digestOf(frames, {
      limits: { openFragments: 2, fragments: 4 },
    });
    expect([fragments.length, fragmentsTotal, fragmentsIncomplete]).toEqual([4, 10, 10]);
  });
});

/** Pieces of datagrams in any order, some overlapping or missing: what is seen is a set of octets. */
describe('fragmented datagrams, octet by octet', () => {
  const piece = fc.record({
    id: fc.constantFrom(1, 2, 3),
    from: fc.integer({ min: 0, max: 9 }),
    units: fc.integer({ min: 1, max: 3 }),
    isLast: fc.boolean(),
    pause: fc.constantFrom(0.001, 0.001, 1, 29, 30),
  });
  const END = 12;
  // The same piece twice is a copy of a packet.
  const pieces = fc.uniqueArray(piece, {
    minLength: 1,
    maxLength: 14,
    selector: ({ id, from, units, isLast }) =>
      isLast ? `${id} ${Math.max(1, from)}` : `${id} ${from} ${Math.min(END - 1, from + units)}`,
  });

  it('have what their pieces carried, until half a minute has passed', () =>
    fc.assert(
      fc.asyncProperty(pieces, async (drawn) => {
        interface Known {
          first: { packet: number; time: number };
          last: number;
          octets: Set<number>;
          total: number | null;
          packets: number;
          hasFirst: boolean;
        }
        const open = new Map<number, Known>();
        const all: { id: number; known: Known }[] = [];
        let time = 0;
        const frames = drawn.map(({ id, from, units, isLast, pause }, index): TimedFrame => {
          if (index > 0) time = Math.round((time + pause) * 1000) / 1000;
          // A packet that begins at 0 and is the last one is no fragment.
          const start = 8 * Math.max(from, isLast ? 1 : 0);
          const end = 8 * (isLast ? END : Math.min(END - 1, from + units));
          let known = open.get(id);
          if (known === undefined || time - known.last >= 30) {
            const first = { packet: index + 1, time };
            known = { first, last: time, octets: new Set(), total: null, packets: 0, hasFirst: false };
            open.set(id, known);
            all.push({ id, known });
          }
          known.last = time;
          known.packets++;
          known.hasFirst ||= start === 0;
          if (isLast) known.total = end;
          for (let octet = start; octet < end; octet++) known.octets.add(octet);
          const layer = ipv4(
            { id, protocol: 253, fragmentOffset: start, moreFragments: !isLast },
            new Uint8Array(end - start),
          );
          return [time, ethernet({}, layer)];
        });
        const { fragments, fragmentsTotal, fragmentsIncomplete } = await digestOf(frames);
        const isWhole = ({ octets, total }: Known) => total !== null && octets.size >= total;
        expect(fragments).toEqual(
          all.map(({ id, known }) => ({
            point: 0,
            source: '192.0.2.1',
            destination: '192.0.2.2',
            protocol: 253,
            ipId: id,
            first: known.first,
            packets: known.packets,
            seenOctets: known.octets.size,
            totalOctets: known.total,
            hasFirst: known.hasFirst,
            tcp: null,
            complete: isWhole(known),
            encapsulation: [],
            outer: false,
          })),
        );
        expect(fragmentsTotal).toBe(all.length);
        expect(fragmentsIncomplete).toBe(all.filter(({ known }) => !isWhole(known)).length);
      }),
      { seed: 48, numRuns: Number(process.env.FC_RUNS ?? 150) },
    ));

  it('are kept up to the limits, complete ones apart; the longest waiting gives way', async () => {
    const first = (id: number) => part(0, 1480, id);
    const last = (id: number) => part(1480, 3000, id);
    const frames = [first(1), first(2), last(1), first(3), last(3), first(4), first(5), first(6), last(6)];
    const timed = frames.map((frame, at): TimedFrame => [at / 1000, frame]);
    const kept = async (limits: object) => {
      const { fragments, fragmentsTotal, fragmentsIncomplete } = await digestOf(timed, { limits });
      return [fragments.map(({ ipId }) => ipId), fragmentsTotal, fragmentsIncomplete];
    };
    expect(await kept({})).toEqual([[1, 2, 3, 4, 5, 6], 6, 3]);
    expect(await kept({ fragments: 2 })).toEqual([[1, 2, 3, 4], 6, 3]);
    expect(await kept({ fragments: 1 })).toEqual([[1, 2], 6, 3]);
    // With room for one, each first piece closes the datagram before, and a late piece begins another.
    expect(await kept({ openFragments: 1 })).toEqual([[1, 2, 1, 3, 4, 5, 6], 7, 5]);
  });
});
