import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  ApplicationError,
  ApplicationFacts,
  ApplicationUse,
  PacketRef,
} from '../../../src/flows/evidence/evidence.ts';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf } from '../../support/digest-of.ts';
import { bytesOf } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';
import { frame, joined } from '../../support/messages.ts';

/** Conversations that are built, in segments of any size, and what they have to be read as: every field. */

const runs = { seed: 46, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 200 : 80)) };
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** The packet with octet `octet` of what is said as number `nth`: three of the handshake, and an ACK after each. */
function packetOf(said: readonly Said[], nth: number, octet: number, mss: number): PacketRef {
  const before = said.slice(0, nth).reduce((sum, [, what]) => sum + Math.ceil(bytesOf(what).length / mss) + 1, 3);
  const packet = before + 1 + Math.floor(octet / mss);
  return { packet, time: expect.closeTo((packet - 1) / 1000, 6) as unknown as number };
}

async function expectRead(
  said: readonly Said[],
  mss: number,
  protocol: ApplicationUse['protocol'],
  answers: number,
  messages: ApplicationError[],
): Promise<void> {
  const { connections, applications } = await digestOf(dialogue(said, { mss }));
  const errors = messages.length;
  const facts: ApplicationFacts = {
    openings: [protocol, protocol],
    protocol,
    proxied: false,
    tls: null,
    answers,
    errors,
    messages: messages.slice(0, 8),
    brokenOff: null,
    tlsWanted: false,
    tlsRefused: false,
    errorCut: false,
    cut: [false, false],
  };
  expect(connections[0].application).toEqual(errors === 0 ? null : facts);
  expect(applications).toEqual([
    {
      point: 0,
      client: '10.244.1.10',
      server: { address: '10.244.2.20', port: 443 },
      protocol,
      connections: 1,
      answered: answers > 0 ? 1 : 0,
      cut: 0,
      answers,
      errors,
    },
  ]);
}

describe('HTTP/1', () => {
  const exchange = fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD'),
    path: fc.constantFrom('/', '/a/b', `/${'long'.repeat(30)}`),
    query: fc.constantFrom('', '?secret=1'),
    status: fc.constantFrom(200, 204, 299, 304, 400, 404, 503),
    body: fc.constantFrom('none', 'length', 'chunked'),
    size: fc.constantFrom(1, 90, 700),
    interim: fc.constantFrom('', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n'),
  });
  type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;

  function answerOf({ method, status, body, size, interim }: Exchange): string {
    const line = `HTTP/1.1 ${status} Words\r\n`;
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    const content = hasBody ? 'x'.repeat(size) : '';
    if (body === 'none') return `${interim}${line}Content-Length: 0\r\n\r\n`;
    if (body === 'length') return `${interim}${line}content-length: ${size}\r\n\r\n${content}`;
    const chunks = hasBody ? `${size.toString(16)};a=b\r\n${content}\r\n1\r\ny\r\n0\r\nDigest: z\r\n\r\n` : '';
    return `${interim}${line}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
  }

  test('requests, answers and errors', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(exchange, { minLength: 1, maxLength: 11 }),
        fc.constantFrom(250, 600, 1400),
        async (all, mss) => {
          const said = all.flatMap((one): Said[] => [
            ['client', text(`${one.method} ${one.path}${one.query} HTTP/1.1\r\nHost: shop\r\n\r\n`)],
            ['server', text(answerOf(one))],
          ]);
          const errors = all.flatMap(({ method, path, status, interim }, nth): ApplicationError[] =>
            status < 400
              ? []
              : [
                  {
                    ...packetOf(said, 2 * nth + 1, interim.length, mss),
                    direction: 1,
                    kind: 'status',
                    code: `${status}`,
                    text: '',
                    fatal: false,
                    request: `${method} ${path}`.slice(0, 64),
                    requested: packetOf(said, 2 * nth, 0, mss),
                  },
                ],
          );
          await expectRead(said, mss, 'http1', all.length, errors);
        },
      ),
      runs,
    ));
});

describe('HTTP/2', () => {
  const sent = fc.record({
    kind: fc.constantFrom('status', 'literal', 'data', 'ping', 'reset', 'goaway', 'settings'),
    at: fc.nat(6),
    code: fc.constantFrom(0, 1, 7, 8, 11),
    octets: fc.constantFrom(0, 1, 40, 300),
    padded: fc.boolean(),
  });
  type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never;
  const STATIC = [200, 204, 206, 304, 400, 404, 500];
  const LITERAL = [100, 103, 199, 200, 399, 400, 503];
  const code32 = (code: number) => [0, 0, 0, code];

  function frameOf({ kind, at, code, octets, padded }: Sent): Uint8Array {
    const more = Array<number>(octets).fill(0x61);
    const padding = (body: number[]) => (padded ? [3, ...body, 0, 0, 0] : body);
    const literal = [[0x08, 0x18, 0x48][at % 3], 3, ...text(`${LITERAL[at]}`)];
    if (kind === 'status') return frame(1, padded ? 12 : 4, 1, padding([0x88 + at, ...more]));
    if (kind === 'literal') return frame(1, padded ? 12 : 4, 1, padding([...literal, ...more]));
    if (kind === 'data') return frame(0, 0, 1, more);
    if (kind === 'ping') return frame(6, 0, 0, Array(8).fill(1));
    if (kind === 'reset') return frame(3, 0, 1, code32(code));
    if (kind === 'goaway') return frame(7, 0, 0, [...code32(1), ...code32(code), ...more]);
    return frame(4, 0, 0);
  }

  /** Octets of a frame that tell what it says. */
  function wanted({ kind }: Sent, octets: number): number {
    const most = { status: 12, literal: 12, goaway: 88, reset: 4 }[kind as string] ?? 0;
    return 9 + Math.min(octets - 9, most);
  }

  test('statuses, resets and farewells, with frames cut anywhere', () =>
    fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 14 }), fc.constantFrom(23, 60, 700, 1400), async (all, mss) => {
        const preface = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
        const frames = all.map(frameOf);
        const said: Said[] = [
          ['client', joined(preface, frame(4, 0, 0), frame(1, 5, 1, [0x82]))],
          ['server', joined(frame(4, 0, 0), ...frames)],
        ];
        let answers = 0;
        let octet = 9;
        const errors: ApplicationError[] = [];
        for (const [nth, one] of all.entries()) {
          const known = packetOf(said, 1, octet + wanted(one, frames[nth].length) - 1, mss);
          const note = (kind: ApplicationError['kind'], code: number, words = '', fatal = false) =>
            errors.push({
              ...known,
              direction: 1,
              kind,
              code: `${code}`,
              text: words,
              fatal,
              request: null,
              requested: null,
            });
          const status = one.kind === 'status' ? STATIC[one.at] : one.kind === 'literal' ? LITERAL[one.at] : 0;
          if (status >= 200) answers++;
          if (status >= 400) note('status', status);
          if (one.kind === 'reset' && one.code !== 0 && one.code !== 8) {
            answers++;
            note('stream-reset', one.code);
          }
          if (one.kind === 'goaway' && one.code !== 0)
            note('goaway', one.code, 'a'.repeat(Math.min(80, one.octets)), true);
          octet += frames[nth].length;
        }
        await expectRead(said, mss, 'http2', answers, errors);
      }),
      runs,
    ));
});

describe('Redis, memcached and mail', () => {
  const redis = (words: string) => text(`*1\r\n$${words.length}\r\n${words}\r\n`);
  const PROTOCOLS = {
    redis: {
      ask: redis('GET'),
      fine: '+OK\r\n',
      errors: [
        ['-MOVED 1 a\r\n', 'MOVED', '1 a', false],
        ['-NOAUTH b\r\n', 'NOAUTH', 'b', true],
      ],
    },
    memcached: {
      ask: text('get a\r\n'),
      fine: 'END\r\n',
      errors: [
        ['SERVER_ERROR out\r\n', 'SERVER_ERROR', 'out', true],
        ['CLIENT_ERROR bad\r\n', 'CLIENT_ERROR', 'bad', false],
        ['ERROR\r\n', 'ERROR', '', false],
      ],
    },
  } as const;

  test.each(['redis', 'memcached'] as const)('%s: the first octets of each answer', (protocol) => {
    const { ask, fine, errors: known } = PROTOCOLS[protocol];
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -2, max: known.length - 1 }), { minLength: 1, maxLength: 11 }),
        async (all) => {
          const said = all.flatMap((nth): Said[] => [
            ['client', ask],
            ['server', text(known[nth]?.[0] ?? fine)],
          ]);
          const errors = all.flatMap((which, nth): ApplicationError[] => {
            const error = known[which];
            if (error === undefined) return [];
            const [, code, words, fatal] = error;
            const [asked, told] = [packetOf(said, 2 * nth, 0, 1400), packetOf(said, 2 * nth + 1, 0, 1400)];
            return [
              {
                ...told,
                direction: 1,
                kind: 'server-error',
                code,
                text: words,
                fatal,
                request: null,
                requested: asked,
              },
            ];
          });
          const { connections, applications } = await digestOf(dialogue(said));
          const { application } = connections[0];
          expect(application?.messages ?? []).toEqual(errors.slice(0, 8));
          expect(applications).toMatchObject([
            { protocol, connections: 1, answered: 1, answers: all.length, errors: errors.length },
          ]);
        },
      ),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 2) },
    );
  });
});
