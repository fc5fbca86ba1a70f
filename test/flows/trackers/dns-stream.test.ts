import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { bytesOf } from '../../support/frames.ts';

const RUNS = Number(process.env.FC_RUNS ?? 60);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const sized = (message: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(message.length >> 8, message.length & 255), message);
interface Dns {
  id: number;
  name: string;
  response?: boolean;
  rcode?: number;
}
/** A message with one question for an A record and no records. */
function dnsMessage({ id, name, response = false, rcode = 0 }: Dns): Uint8Array {
  const flags = (response ? 0x8180 : 0x0100) | rcode;
  const labels = name.split('.').flatMap((label) => [label.length, ...bytesOf(label)]);
  return Uint8Array.from([
    id >> 8,
    id & 255,
    flags >> 8,
    flags & 255,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...labels,
    0,
    0,
    1,
    0,
    1,
  ]);
}
const query = (id: number, name = `n${id}.shop.test`) => sized(dnsMessage({ id, name }));
const answer = (id: number, some: object = {}) =>
  sized(dnsMessage({ id, name: `n${id}.shop.test`, response: true, ...some }));
/** Records up to a size: an answer of several segments. */
const large = (id: number, octets: number) => {
  const message = dnsMessage({ id, name: `n${id}.shop.test`, response: true });
  return sized(joined(message, new Uint8Array(octets)));
};

const lookups = async (frames: readonly TimedFrame[]) =>
  (await digestOf(frames)).dns.map(({ id, responses, queriesTotal }) => [id, queriesTotal, responses.length]);
const said = (words: readonly Said[], mss = 1_400) => dialogue(words, { port: 53, mss });

describe('DNS over TCP', () => {
  it('finds one message in several segments, and its length in a segment of its own', async () => {
    const apart: Said[] = [
      ['client', query(1).subarray(0, 2)],
      ['client', query(1).subarray(2)],
      ['server', answer(1)],
    ];
    expect(await lookups(said(apart))).toEqual([[1, 1, 1]]);
    for (const octets of [3_000, 9_000, 60_000])
      expect(
        await lookups(
          said([
            ['client', query(1)],
            ['server', large(1, octets)],
            ['client', query(2)],
            ['server', answer(2)],
          ]),
        ),
      ).toEqual([
        [1, 1, 1],
        [2, 1, 1],
      ]);
  });

  it('finds several messages in one segment, with the codes of their answers', async () => {
    const { dns } = await digestOf(
      said([
        ['client', joined(query(1), query(2), query(3))],
        ['server', joined(answer(2, { rcode: 3 }), answer(1, { rcode: 2 }), answer(3))],
      ]),
    );
    expect(dns.map(({ id, transport, responses }) => [id, transport, responses.map(({ rcode }) => rcode)])).toEqual([
      [1, 'tcp', [2]],
      [2, 'tcp', [3]],
      [3, 'tcp', [0]],
    ]);
  });

  it('reads the beginning of a message that was cut, and nothing that is no message', async () => {
    expect(
      await lookups(
        said([
          ['client', query(1)],
          ['server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
        ]),
      ),
    ).toEqual([[1, 1, 0]]);
    expect(await lookups(said([['client', 'GET / HTTP/1.1\r\n\r\n']]))).toEqual([]);
  });

  it('does not depend on how the octets are cut into segments', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 20, max: 1_400 }), async (octets, mss) => {
        const questions = joined(...octets.map((_, id) => query(id)));
        const answers = joined(...octets.map((some, id) => large(id, some)));
        expect(
          await lookups(
            said(
              [
                ['client', questions],
                ['server', answers],
              ],
              mss,
            ),
          ),
        ).toEqual(octets.map((_, id) => [id, 1, 1]));
      }),
      { numRuns: RUNS },
    );
  });

  it('does not mind any octets', async () => {
    const pieces = fc.array(
      fc.tuple(fc.constantFrom('client' as const, 'server' as const), fc.uint8Array({ minLength: 1, maxLength: 600 })),
      {
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(pieces, async (words) => {
        const { dns } = await digestOf(said(words));
        expect(dns.length).toBeLessThanOrEqual(400);
      }),
      { numRuns: RUNS },
    );
  });
});
