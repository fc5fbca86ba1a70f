import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import type { BrokenOff } from '../../../src/flows/evidence/evidence.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { type DialogueOptions, dialogue, type Said } from '../../support/dialogue.ts';
import { type DigestOfObjects, digestOf, recordsOf } from '../../support/digest-of.ts';
import { bytesOf } from '../../support/frames.ts';

const RUNS = Number(process.env.FC_RUNS ?? 60);
const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const x = (octets: number): string => 'x'.repeat(octets);
const sized = (announced: number, octets = announced): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${announced}\r\n\r\n${x(octets)}`;
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = (octets: number, extension = ''): string => `${octets.toString(16)}${extension}\r\n${x(octets)}\r\n`;
const LAST = '0\r\n\r\n';

const brokenOf = async (said: readonly Said[], options: DialogueOptions = {}): Promise<BrokenOff | null> => {
  const { connections } = await digestOf(dialogue(said, { end: 'server-fin', ...options }));
  return connections[0].application?.brokenOff ?? null;
};
const answered = (answer: string, options: DialogueOptions = {}) =>
  brokenOf(
    [
      ['client', GET],
      ['server', answer],
    ],
    options,
  );

describe('an answer that its server broke off', () => {
  it.each<[string, string, BrokenOff]>([
    ['before Content-Length', sized(5000, 3000), { announced: 5000, came: 3000 }],
    ['with one octet missing', sized(5000, 4999), { announced: 5000, came: 4999 }],
    ['right after its header', sized(10, 0), { announced: 10, came: 0 }],
    ['with a field name in other case', 'HTTP/1.1 200 OK\r\ncontent-LENGTH:  9\t\r\n\r\n12', { announced: 9, came: 2 }],
    ['before the last chunk', CHUNKED + chunk(2000) + chunk(700), { announced: null, came: null }],
    ['in the middle of a chunk', `${CHUNKED}${chunk(2000)}400\r\n${x(10)}`, { announced: null, came: null }],
    ['in the size of a chunk', `${CHUNKED}${chunk(20)}4`, { announced: null, came: null }],
    ['in the trailer', `${CHUNKED}${chunk(20)}0\r\nDigest: a`, { announced: null, came: null }],
  ])('%s', async (_, answer, expected) => {
    expect(await answered(answer)).toEqual(expected);
    expect(await answered(answer, { end: 'server-reset' })).toEqual(expected);
    expect(await answered(answer, { mss: 97 })).toEqual(expected);
  });

  it('is not one that came whole, or that its client did not want to the end', async () => {
    for (const whole of [
      sized(5000),
      sized(0),
      CHUNKED + chunk(2000) + chunk(16, ';a="b"') + LAST,
      `${CHUNKED}${chunk(3)}0\r\nDigest: abc\r\nMore: d\r\n\r\n`,
      `HTTP/1.1 200 OK\r\n\r\n${x(100)}`,
      `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${sized(40)}`,
      `HTTP/1.1 200 OK\r\nContent-Length: 9, 9\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n`,
      'HTTP/1.1 204 No Content\r\nContent-Length: 20\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n',
    ]) {
      expect(await answered(whole), whole.slice(0, 60)).toBeNull();
      expect(await answered(whole, { mss: 61, end: 'server-reset' }), whole.slice(0, 60)).toBeNull();
    }
    expect(await answered(sized(5000, 10), { end: 'client-fin' })).toBeNull();
    expect(await answered(sized(5000, 10), { end: 'client-reset' })).toBeNull();
    expect(await answered(sized(5000, 10), { end: null })).toBeNull();
  });

  it('is counted from its own header: 100 Continue, HEAD, and answers one after another', async () => {
    const upload: Said = ['client', 'POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'];
    const goOn: Said = ['server', 'HTTP/1.1 100 Continue\r\n\r\n'];
    expect(await brokenOf([upload, goOn, ['client', 'abc'], ['server', sized(9)]])).toBeNull();
    expect(await brokenOf([upload, goOn, ['client', 'abc'], ['server', sized(9, 4)]])).toMatchObject({ came: 4 });
    const head: Said[] = [
      ['client', 'HEAD /a HTTP/1.1\r\n\r\n'],
      ['server', sized(4000, 0)],
    ];
    expect(await brokenOf(head)).toBeNull();
    expect(await brokenOf([...head, ['client', GET], ['server', sized(4000, 1)]])).toMatchObject({ came: 1 });
    const both = GET + GET;
    expect(
      await brokenOf([
        ['client', both],
        ['server', sized(3000) + sized(50)],
      ]),
    ).toBeNull();
    expect(
      await brokenOf([
        ['client', both],
        ['server', sized(3000) + sized(50, 7)],
      ]),
    ).toMatchObject({ came: 7 });
    expect(
      await brokenOf([
        ['client', both],
        ['server', CHUNKED + chunk(9) + LAST + sized(50, 7)],
      ]),
    ).toMatchObject({
      came: 7,
    });
  });

  it('says nothing of the answer to a request before the capture: that may have been HEAD', async () => {
    const rest: Said[] = [
      ['client', GET],
      ['server', sized(40, 7)],
    ];
    expect(await brokenOf([['server', sized(4000, 0)]], { midStream: true })).toBeNull();
    expect(await brokenOf([['server', sized(4000, 0)], ...rest], { midStream: true })).toMatchObject({ came: 7 });
    expect(await brokenOf(rest, { midStream: true })).toMatchObject({ came: 7 });
  });

  it('says nothing where octets were cut or the header was not whole', async () => {
    const said: Said[] = [
      ['client', GET],
      ['server', CHUNKED + chunk(1000) + chunk(1000)],
    ];
    const frames = dialogue(said, { end: 'server-fin', mss: 3000 });
    const records = recordsOf(frames).map((record) => ({ ...record, snaplen: 140 }));
    const { connections } = (await digestCapture(pcapFile(records, { linkType: 1, nano: true }))) as DigestOfObjects;
    expect(connections[0].application?.brokenOff ?? null).toBeNull();
    expect(await answered(`HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX: ${x(200)}`, { mss: 90 })).toBeNull();
  });

  it('does not depend on how the octets are cut into segments', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 60, max: 900 }), fc.boolean(), async (sizes, mss, isWhole) => {
        const body = sizes.map((octets) => chunk(octets)).join('');
        const broken = await answered(CHUNKED + body + (isWhole ? LAST : ''), { mss });
        expect(broken).toEqual(isWhole ? null : { announced: null, came: null });
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a large answer that the end of the capture cuts off', () => {
  const awaitedOf = async (answer: string, options: DialogueOptions = {}): Promise<number | undefined> => {
    const said: Said[] = [
      ['client', GET],
      ['server', answer],
    ];
    const { connections } = await digestOf(dialogue(said, { end: null, ...options }));
    return connections[0].application?.awaited;
  };

  it('has so many octets to come', async () => expect(await awaitedOf(sized(50_000, 20_000))).toBe(30_000));

  it('is not one that is whole, small or without a length, nor one that somebody ended', async () => {
    expect(await awaitedOf(sized(50_000))).toBeUndefined();
    expect(await awaitedOf(sized(20_000, 10_000))).toBeUndefined();
    expect(await awaitedOf(CHUNKED + chunk(50_000))).toBeUndefined();
    expect(await awaitedOf(sized(50_000, 20_000), { end: 'server-fin' })).toBeUndefined();
  });
});

describe('a request that expects 100 (Continue)', () => {
  const HEAD = 'POST /a HTTP/1.1\r\nHost: a\r\nexpect: 100-continue\r\nContent-Length: 9\r\n\r\n';
  const BODY = '123456789';
  const expected = async (said: readonly Said[], pause: number) => {
    const frames = dialogue(said);
    const body = frames.findIndex(([, bytes]) => new TextDecoder().decode(bytesOf(bytes)).endsWith(BODY));
    const later = frames.map(([time, bytes], at): (typeof frames)[number] => [at < body ? time : time + pause, bytes]);
    return (await digestOf(later)).connections[0].application?.expectations;
  };

  it('is noted when the body comes late and nothing before it', async () =>
    expect(
      await expected(
        [
          ['client', HEAD],
          ['client', BODY],
          ['server', sized(5)],
        ],
        1,
      ),
    ).toMatchObject({
      requests: 1,
      seconds: expect.closeTo(1, 1),
    }));

  it('is not known where the head was cut: then the pause counts as cut', async () => {
    const frames = dialogue([
      ['client', HEAD],
      ['client', BODY],
      ['server', sized(5)],
    ]).map(([time, bytes], at): Parameters<typeof digestOf>[0][number] => [at < 5 ? time : time + 1, bytes]);
    const cutAt = async (snaplen: number) =>
      (await digestCapture(pcapFile(recordsOf(frames).map((one) => ({ ...one, snaplen }))))).applications[0].cut;
    expect(await cutAt(100)).toBe(1);
    expect(await cutAt(65_535)).toBe(0);
  });

  it('is not a head in two segments, of which the second comes late', async () => {
    const frames = dialogue([
      ['client', HEAD.slice(0, 20)],
      ['client', HEAD.slice(20) + BODY],
      ['server', sized(5)],
    ]).map(([time, bytes], at): Parameters<typeof digestOf>[0][number] => [at < 5 ? time : time + 1, bytes]);
    expect((await digestOf(frames)).connections[0].application?.expectations).toBeUndefined();
    expect((await digestCapture(pcapFile(recordsOf(frames)))).applications[0].cut).toBe(0);
  });

  it('is not when the body comes at once, or after an answer', async () => {
    expect(
      await expected(
        [
          ['client', HEAD],
          ['client', BODY],
          ['server', sized(5)],
        ],
        0,
      ),
    ).toBeUndefined();
    const answered: Said[] = [
      ['client', HEAD],
      ['server', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['client', BODY],
      ['server', sized(5)],
    ];
    expect(await expected(answered, 1)).toBeUndefined();
  });
});
