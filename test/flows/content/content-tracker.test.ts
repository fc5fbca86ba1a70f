import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { digestMessage, digestOfMessage } from '../../../src/flows/digest/digest-codec.ts';
import type { ApplicationFacts, Connection } from '../../../src/flows/evidence/evidence.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { type DialogueOptions, dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf, recordsOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  alert,
  certificateRequest,
  changeCipherSpec,
  clientHello,
  clientKeyExchange,
  frame,
  joined,
  leafCertificate,
  noCertificate,
  record,
  sealed,
  serverHello,
  serverHelloDone,
} from '../../support/messages.ts';

const RUNS = Number(process.env.FC_RUNS ?? 60);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const large = clientHello({ serverName: 'api.shop', protocols: ['h2'], versions: [0x0304, 0x0303], postQuantum: true });
const tls13 = record(22, serverHello({ version: 0x0304 }));
const preface = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const read = async (said: readonly Said[], options: DialogueOptions = {}) => digestOf(dialogue(said, options));
const factsOf = async (said: readonly Said[], options: DialogueOptions = {}): Promise<ApplicationFacts | null> =>
  (await read(said, options)).connections[0].application;

describe('TLS', () => {
  it('reads the ClientHello of two segments and the alert that answers it', async () => {
    const facts = await factsOf([
      ['client', record(22, large)],
      ['server', alert(2, 40)],
    ]);
    expect(facts).toMatchObject({
      openings: ['tls', 'tls'],
      tls: {
        clientHello: {
          octets: large.length - 4,
          version: 0x0304,
          suites: 3,
          serverName: 'api.shop',
          nextProtocol: 'h2',
          postQuantum: true,
          whole: true,
        },
        alert: { direction: 1, level: 2, description: 40 },
        established: false,
      },
    });
  });

  it('reads the certificate of TLS 1.2, the request for one, and that the client has none', async () => {
    const flight = joined(
      record(22, serverHello({ version: 0x0303 })),
      record(22, leafCertificate({ notBefore: '260101000000Z', notAfter: '20270101000000Z', subject: 'ca' })),
      record(22, joined(certificateRequest(), serverHelloDone())),
    );
    const facts = await factsOf([
      ['client', record(22, clientHello())],
      ['server', flight],
      [
        'client',
        joined(
          record(22, noCertificate()),
          record(22, clientKeyExchange()),
          changeCipherSpec(),
          record(22, Array(40).fill(1)),
        ),
      ],
      ['server', alert(2, 116)],
    ]);
    expect(facts?.tls).toMatchObject({
      serverVersion: 0x0303,
      certificate: { notBefore: Date.UTC(2026, 0, 1) / 1000, notAfter: Date.UTC(2027, 0, 1) / 1000, selfSigned: true },
      certificateRequested: true,
      clientCertificateMissing: true,
      alert: { direction: 1, description: 116 },
    });
  });

  it.each([
    ['the client rejects the certificate', [['client', joined(changeCipherSpec(), sealed(19))]] as Said[], 0],
    [
      'the server rejects the client’s part',
      [
        ['client', joined(changeCipherSpec(), sealed(53), sealed(120))],
        ['server', sealed(19)],
      ] as Said[],
      1,
    ],
  ])('knows the encrypted alert of TLS 1.3: %s', async (_, said, direction) => {
    const facts = await factsOf([
      ['client', record(22, clientHello())],
      ['server', joined(tls13, changeCipherSpec(), sealed(900), sealed(53))],
      ...said,
    ]);
    expect(facts?.tls?.sealedAlert).toMatchObject({ direction });
  });

  it('a finished handshake leaves no facts, and is counted', async () => {
    const { connections, applications } = await read([
      ['client', record(22, clientHello())],
      ['server', joined(tls13, changeCipherSpec(), sealed(900), sealed(53))],
      ['client', joined(changeCipherSpec(), sealed(53), sealed(200))],
      ['server', joined(sealed(250), sealed(400))],
      ['client', sealed(19)],
    ]);
    expect(connections[0].application).toBeNull();
    expect(applications).toMatchObject([{ protocol: 'tls', connections: 1, answered: 1 }]);
  });

  it('a close_notify of the client before the server’s answer is no alert of the server', async () => {
    const facts = await factsOf([
      ['client', record(22, clientHello())],
      ['server', joined(tls13, changeCipherSpec(), sealed(900), sealed(53))],
      ['client', joined(changeCipherSpec(), sealed(53), sealed(19))],
      ['server', sealed(19)],
    ]);
    expect(facts?.tls?.sealedAlert ?? null).toBeNull();
  });

  it('says the same in any order, with repetitions, over IPv6 and in small segments', async () => {
    const said: Said[] = [
      ['client', record(22, large)],
      ['server', alert(2, 70)],
    ];
    const expected = await factsOf(said);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 40, max: 1_400 }),
        fc.array(fc.nat(30), { maxLength: 6 }),
        fc.boolean(),
        async (mss, swaps, six) => {
          const ends = six ? { client: 'fd00::1', server: 'fd00::2' } : {};
          const frames = dialogue(said, { mss, ...ends });
          const data = frames.slice(3, -3);
          for (const swap of swaps) {
            const at = swap % data.length;
            const other = Math.min(data.length - 1, at + 2);
            [data[at], data[other]] = [data[other], data[at]];
            if (swap % 3 === 0) data.push(data[at]);
          }
          const timed = [...frames.slice(0, 3), ...data, ...frames.slice(-3)].map(
            ([, one], index): TimedFrame => [index / 1000, one],
          );
          const [{ application }] = (await digestOf(timed)).connections;
          const { packet: _, time: __, ...hello } = application?.tls?.clientHello ?? {};
          expect(hello).toEqual({ ...expected?.tls?.clientHello, packet: undefined, time: undefined });
          expect(application?.tls?.alert).toMatchObject({ direction: 1, level: 2, description: 70 });
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('other protocols', () => {
  it('reads a status beside the path of its request, without the query', async () => {
    const facts = await factsOf([
      ['client', text('GET /orders?token=secret HTTP/1.1\r\nHost: a\r\n\r\n')],
      ['server', text('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')],
    ]);
    expect(facts).toMatchObject({ answers: 1, errors: 1, messages: [{ code: '503', request: 'GET /orders' }] });
  });

  it('reads later answers of a connection, and does not take a body for one', async () => {
    const get = text('GET / HTTP/1.1\r\n\r\n');
    const { applications } = await read([
      ['client', get],
      ['server', joined(text('HTTP/1.1 200 OK\r\n\r\n'), new Uint8Array(3_000).fill(0x41))],
      ['client', get],
      ['server', text('HTTP/1.1 500 Internal Server Error\r\n\r\n')],
    ]);
    expect(applications).toMatchObject([{ protocol: 'http1', answers: 2, errors: 1 }]);
  });

  it('reads answers of a connection that began before the capture', async () => {
    const { applications, connections } = await read(
      [
        ['server', new Uint8Array(900).fill(0x41)],
        ['client', text('GET /a HTTP/1.1\r\n\r\n')],
        ['server', text('HTTP/1.1 502 Bad Gateway\r\n\r\n')],
      ],
      { midStream: true },
    );
    expect(applications).toMatchObject([{ protocol: 'http1', answers: 1, errors: 1 }]);
    expect(connections[0].application?.messages).toMatchObject([{ code: '502', request: 'GET /a' }]);
  });

  it('reads GOAWAY with its debug data behind other frames, also in one octet a segment', async () => {
    const goaway = frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 11, ...text('too_many_pings')]);
    const said: Said[] = [
      ['client', joined(preface, frame(4, 0, 0), frame(1, 5, 1, [0x82]))],
      ['server', joined(frame(4, 0, 0), frame(1, 4, 1, [0x88]), frame(0, 1, 1, Array(30).fill(1)))],
      ['server', joined(frame(6, 0, 0, Array(8).fill(0)), goaway)],
    ];
    for (const mss of [1, 7, 1_400])
      expect(await factsOf(said, { mss })).toMatchObject({
        openings: ['http2', mss === 1 ? expect.anything() : 'http2'],
        messages: [{ kind: 'goaway', code: '11', text: 'too_many_pings', direction: 1 }],
      });
  });

  it('counts connections of which wanted octets were cut, and no others', async () => {
    const frames = dialogue([
      ['client', record(22, large)],
      ['server', alert(2, 40)],
    ]);
    const cutAt = async (snaplen: number) =>
      (await digestCapture(pcapFile(recordsOf(frames).map((one) => ({ ...one, snaplen }))))).applications;
    expect(await cutAt(100)).toMatchObject([{ connections: 1, cut: 1 }]);
    expect(await cutAt(65_535)).toMatchObject([{ connections: 1, cut: 0 }]);
  });

  it('counts final answers of HTTP/2 by their status, from 200', async () => {
    const early = frame(1, 4, 1, [0x08, 3, ...text('103')]);
    const { applications } = await read([
      ['client', joined(preface, frame(4, 0, 0), frame(1, 5, 1, [0x82]))],
      ['server', joined(frame(4, 0, 0), early, frame(1, 4, 1, [0x88]))],
    ]);
    expect(applications).toMatchObject([{ protocol: 'http2', answers: 1, errors: 0, answered: 1 }]);
  });

  it('a graceful GOAWAY leaves no facts', async () => {
    const said: Said[] = [
      ['client', joined(preface, frame(4, 0, 0))],
      ['server', joined(frame(4, 0, 0), frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]))],
    ];
    expect(await factsOf(said)).toBeNull();
  });

  it('follows PostgreSQL into TLS', async () => {
    const facts = await factsOf([
      ['client', [0, 0, 0, 8, 4, 210, 22, 47]],
      ['server', text('S')],
      ['client', record(22, clientHello({ serverName: 'db' }))],
      ['server', alert(2, 112)],
    ]);
    expect(facts).toMatchObject({
      openings: ['postgresql', 'unknown'],
      protocol: 'tls',
      tls: { clientHello: { serverName: 'db' }, alert: { description: 112 } },
    });
  });

  it('looks behind a PROXY header', async () => {
    const facts = await factsOf([
      ['client', joined(text('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'), record(22, clientHello()))],
      ['server', alert(2, 10)],
    ]);
    expect(facts).toMatchObject({
      openings: ['proxy', 'tls'],
      protocol: 'tls',
      proxied: true,
      tls: { alert: { description: 10 } },
    });
  });

  it.each([
    ['MySQL', [['server', [0x17, 0, 0, 0, 0xff, 0x10, 4, ...text('Too many connections')]]] as Said[], '1040'],
    [
      'Redis',
      [
        ['client', text('*1\r\n$4\r\nPING\r\n')],
        ['server', text('-NOAUTH Authentication required.\r\n')],
      ] as Said[],
      'NOAUTH',
    ],
  ])('reads the error of %s', async (_, said, code) => {
    expect((await factsOf(said))?.messages).toMatchObject([{ kind: 'server-error', code, fatal: true }]);
  });
});

describe('errors of SMTP, memcached and Redis', () => {
  const errorsOf = async (...said: [Said[0], string][]) => {
    const { connections, applications } = await read(said.map(([by, words]) => [by, text(words)]));
    const { application } = connections[0];
    return { use: applications[0], messages: application?.messages ?? null, openings: application?.openings };
  };

  it('reads a greeting that refuses the client', async () =>
    expect(await errorsOf(['server', '421 4.3.2 mx.example Service not available\r\n'])).toMatchObject({
      use: { protocol: 'mail', answers: 1, errors: 1 },
      messages: [{ kind: 'server-error', code: '421', text: '4.3.2 mx.example Service not available', fatal: true }],
    }));

  it('reads the replies to commands; the farewell is no answer, and a syntax error ends nothing', async () => {
    const said = await errorsOf(
      ['server', '220 mx.example ESMTP\r\n'],
      ['client', 'EHLO a\r\n'],
      ['server', '502 not implemented\r\n'],
      ['client', 'HELO a\r\n'],
      ['server', '250 mx.example\r\n'],
      ['client', 'RCPT TO:<a@b>\r\n'],
      ['server', '550 5.1.1 no such user\r\n'],
      ['client', 'QUIT\r\n'],
      ['server', '221 bye\r\n'],
    );
    expect(said).toMatchObject({
      use: { protocol: 'mail', answers: 4, errors: 2 },
      messages: [
        { code: '502', fatal: false },
        { code: '550', fatal: true },
      ],
    });
  });

  it('reads TLS after STARTTLS', async () => {
    const { applications } = await read([
      ['server', text('220 mx.example ESMTP\r\n')],
      ['client', text('STARTTLS\r\n')],
      ['server', text('220 go ahead\r\n')],
      ['client', record(22, clientHello())],
      ['server', alert(2, 40)],
    ]);
    expect(applications).toMatchObject([{ protocol: 'tls', connections: 1 }]);
  });

  it('takes the refusal of TLS for no error: the client goes on in the clear', async () => {
    const said = await errorsOf(
      ['server', '220 ready\r\n'],
      ['client', 'AUTH TLS\r\n'],
      ['server', '530 Please login with USER and PASS.\r\n'],
      ['client', 'USER a\r\n'],
      ['server', '331 the password\r\n'],
      ['client', 'PASS b\r\n'],
      ['server', '230 logged in\r\n'],
    );
    expect(said.use).toMatchObject({ protocol: 'mail', errors: 0 });
    const closed = await errorsOf(
      ['server', '220 ready\r\n'],
      ['client', 'STARTTLS\r\n'],
      ['server', '421 closing\r\n'],
    );
    expect(closed.use).toMatchObject({ protocol: 'mail', errors: 1 });
  });

  it('reads SERVER_ERROR of memcached, and takes no value for one', async () => {
    const said = await errorsOf(
      ['client', 'get a\r\n'],
      ['server', 'VALUE a 0 13\r\nSERVER_ERROR \r\nEND\r\n'],
      ['client', 'set a 0 0 2\r\nab\r\n'],
      ['server', 'SERVER_ERROR out of memory storing object\r\n'],
    );
    expect(said).toMatchObject({
      use: { protocol: 'memcached', answers: 2, errors: 1 },
      messages: [{ code: 'SERVER_ERROR', text: 'out of memory storing object', fatal: true }],
    });
  });

  it.each([
    ['-ERR max number of clients reached\r\n', 'ERR'],
    ['-ERR max number of clients re', 'ERR'],
    ['-DENIED Redis is running in protected mode\r\n', 'DENIED'],
  ])('reads what Redis says before it is asked: %s', async (words, code) =>
    expect(await errorsOf(['server', words])).toMatchObject({ messages: [{ code, fatal: true }] }),
  );

  it('a redirection of Redis is an error that ends nothing', async () =>
    expect(
      await errorsOf(['client', '*2\r\n$3\r\nGET\r\n$1\r\na\r\n'], ['server', '-MOVED 15495 10.0.0.7:6379\r\n']),
    ).toMatchObject({ messages: [{ code: 'MOVED', text: '15495 10.0.0.7:6379', fatal: false }] }));

  it('words of other protocols are not taken for them', async () => {
    for (const words of ['gets nothing here', 'set phasers to stun', 'stats'])
      expect((await errorsOf(['client', words], ['server', '421'])).use.protocol).toBe('unknown');
  });
});

describe('streams of HTTP/2 that are reset', () => {
  const reset = (code: number, by: Said[0] = 'server') =>
    read([
      ['client', joined(preface, frame(4, 0, 0), frame(1, 5, 1, [0x82]))],
      ['server', joined(frame(4, 0, 0), frame(1, 4, 1, [0x88]))],
      [by, frame(3, 0, 1, [0, 0, 0, code])],
    ]);

  it('by the server count as answers', async () => {
    const { applications, connections } = await reset(7);
    expect(applications).toMatchObject([{ answers: 2, errors: 1 }]);
    expect(connections[0].application?.messages).toMatchObject([{ kind: 'stream-reset', code: '7', direction: 1 }]);
  });

  it('with CANCEL or NO_ERROR are none', async () => {
    for (const code of [0, 8]) expect((await reset(code)).connections[0].application).toBeNull();
  });

  it('by the client are no answers', async () =>
    expect((await reset(1, 'client')).applications).toMatchObject([{ answers: 1, errors: 1 }]));
});

describe('what is asked of Redis', () => {
  const command = (...words: string[]): Uint8Array =>
    text(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
  const askedWith = async (asked: Uint8Array): Promise<number | undefined> => {
    const { applications } = await read([
      ['client', command('GET', 'a')],
      ['server', text('$1\r\n1\r\n')],
      ['client', asked],
      ['server', text('*2\r\n$4\r\njobs\r\n$1\r\n1\r\n')],
    ]);
    return applications[0].held;
  };

  it.each([['BLPOP'], ['brpop'], ['BZPOPMIN'], ['SUBSCRIBE']])('%s asks the server to wait', async (name) =>
    expect(await askedWith(command(name, 'jobs', '10'))).toBe(1),
  );

  it('XREAD waits with the word BLOCK only', async () => {
    expect(await askedWith(command('XREAD', 'COUNT', '1', 'BLOCK', '0', 'STREAMS', 's', '$'))).toBe(1);
    expect(await askedWith(command('XREAD', 'COUNT', '1', 'STREAMS', 's', '$'))).toBeUndefined();
  });

  it('other commands do not, whatever they carry', async () => {
    expect(await askedWith(command('LPOP', 'BLPOP'))).toBeUndefined();
    expect(await askedWith(command('SET', 'a', 'BLOCK'))).toBeUndefined();
  });
});

describe('digests', () => {
  it('facts and counts go through the message of a worker', async () => {
    const frames = dialogue([
      ['client', record(22, clientHello())],
      ['server', alert(2, 40)],
    ]);
    const digest = await digestOf(frames, { compact: true });
    const { applications } = structuredClone(digest);
    const expected = digest.connections[0].application;
    const other = digestOfMessage(structuredClone(digestMessage(digest).message));
    expect(other.applications).toEqual(applications);
    expect((other.connections[0] as Connection).application).toEqual(expected);
    expect(expected?.tls?.alert?.description).toBe(40);
  });

  it('reads more connections than there is room for, one after the other', async () => {
    const frames = Array.from({ length: 12 }, (_, index) =>
      dialogue(
        [
          ['client', text('GET / HTTP/1.1\r\n\r\n')],
          ['server', text('HTTP/1.1 500 Internal Server Error\r\n\r\n')],
        ],
        { clientPort: 40_000 + index, start: index },
      ),
    ).flat();
    const { applications, connections } = await digestOf(frames, { limits: { contents: 3 } });
    expect(applications).toMatchObject([{ connections: 12, answers: 12, errors: 12 }]);
    expect(connections.filter(({ application }) => application !== null)).toHaveLength(12);
  });
});
