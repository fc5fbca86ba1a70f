import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDhcp } from '../../../src/decode/messages/dhcp.ts';
import {
  expectsContinue,
  hasMoreHead,
  isRequestLine,
  readStatus,
  requestOctets,
  saysTlsWanted,
} from '../../../src/decode/messages/http1.ts';
import { HttpHead, readHttpHead } from '../../../src/decode/messages/http1-head.ts';
import { isControlFrame, isPreface, readErrorCode, readFrameStatus } from '../../../src/decode/messages/http2.ts';
import {
  asksForMailTls,
  isMailFarewell,
  isMailGreeting,
  readMailError,
  readMailReply,
} from '../../../src/decode/messages/mail.ts';
import { isMemcachedCommand, readMemcachedError } from '../../../src/decode/messages/memcached.ts';
import { asksForMysqlTls, isMysqlGreeting, readMysqlError } from '../../../src/decode/messages/mysql.ts';
import { readNtpAnswer } from '../../../src/decode/messages/ntp.ts';
import { clientOpening, serverOpening, speakerOf } from '../../../src/decode/messages/opening.ts';
import { postgresqlOpening, readPostgresqlError } from '../../../src/decode/messages/postgresql.ts';
import { isProxyHeader, proxyHeaderOctets } from '../../../src/decode/messages/proxy-header.ts';
import { isQuicInitial } from '../../../src/decode/messages/quic.ts';
import { asksRedisToWait, isRedisCommand, readRedisError } from '../../../src/decode/messages/redis.ts';
import { LeafCertificate, readLeafCertificate } from '../../../src/decode/messages/tls-certificate.ts';
import { Hello, readHello } from '../../../src/decode/messages/tls-handshake.ts';
import { isRecord } from '../../../src/decode/messages/tls-record.ts';
import { clientHello, leafCertificate, serverHello } from '../../support/messages.ts';

const RUNS = Number(process.env.FC_RUNS ?? 300);
const text = new TextEncoder();

type Reader = (bytes: Uint8Array, at: number, end: number) => unknown;

const helloOf =
  (isClient: boolean): Reader =>
  (bytes, at, end) => {
    const hello = new Hello();
    readHello(bytes, at, end, isClient, hello);
    const { nameAt, nameOctets, protocolAt, protocolOctets, ...rest } = hello;
    const [name, protocol] = [
      bytes.slice(nameAt, nameAt + nameOctets),
      bytes.slice(protocolAt, protocolAt + protocolOctets),
    ];
    return { ...rest, name: [...name], protocol: [...protocol] };
  };

const leafOf: Reader = (bytes, at, end) => {
  const leaf = new LeafCertificate();
  readLeafCertificate(bytes, at, end, leaf);
  return { ...leaf };
};

/** Every reader, with the condition under which its callers call it. */
const READERS: Record<string, Reader> = {
  isRecord,
  clientHello: helloOf(true),
  serverHello: helloOf(false),
  certificate: leafOf,
  isRequestLine,
  expectsContinue,
  hasMoreHead,
  readStatus,
  requestOctets: (bytes, at, end) => requestOctets(bytes, at, end, 64),
  saysTlsWanted,
  isPreface,
  isControlFrame,
  readErrorCode: (bytes, at, end) => (isControlFrame(bytes, at, end) ? readErrorCode(bytes, at, end) : null),
  readFrameStatus,
  isProxyHeader,
  proxyHeaderOctets: (bytes, at, end) => (isProxyHeader(bytes, at, end) ? proxyHeaderOctets(bytes, at, end) : null),
  postgresqlOpening,
  readPostgresqlError,
  isMysqlGreeting,
  asksForMysqlTls,
  readMysqlError,
  isRedisCommand,
  readRedisError,
  asksRedisToWait,
  isMailGreeting,
  readMailReply,
  readMailError,
  isMailFarewell,
  asksForMailTls,
  isMemcachedCommand,
  readMemcachedError,
  isQuicInitial: (bytes, at, end) => isQuicInitial(bytes, at, end, 1200),
  readNtpAnswer,
  readDhcp: (bytes, at, end) => {
    const message = readDhcp(bytes, at, end);
    return message && { ...message, macAt: [...bytes.subarray(message.macAt, message.macAt + 6)] };
  },
  clientOpening,
  serverOpening,
  speakerOf,
  readHttpHead: (bytes, at, end) => {
    const head = new HttpHead();
    readHttpHead(bytes, at, end, head);
    return { ...head };
  },
};

/** Messages as programs send them; their octets are changed and cut. */
const MESSAGES: readonly Uint8Array[] = [
  clientHello({ serverName: 'api.example', protocols: ['h2'], versions: [0x0304], postQuantum: true }),
  serverHello({ version: 0x0304 }),
  leafCertificate({ notBefore: '260101000000Z', notAfter: '270101000000Z' }),
  Uint8Array.of(21, 3, 3, 0, 2, 2, 40),
  text.encode('GET /orders?id=1 HTTP/1.1\r\nHost: a\r\n\r\n'),
  text.encode('PUT /a HTTP/1.1\r\nExpect: 100-continue\r\n\r\n'),
  text.encode('HTTP/1.1 503 Service Unavailable\r\n\r\n'),
  text.encode('HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\n'),
  text.encode('HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'),
  text.encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Uint8Array.of(0, 0, 17, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, ...text.encode('too_many_')),
  Uint8Array.of(0, 0, 4, 1, 4, 0, 0, 0, 1, 0x48, 0x03, ...text.encode('503')),
  text.encode('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'),
  Uint8Array.of(0x0d, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12),
  Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47),
  text.encode('E\0\0\0\x50SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0\0'),
  Uint8Array.of(0x4a, 0, 0, 0, 10, ...text.encode('8.0.36\0'), ...new Uint8Array(60)),
  Uint8Array.of(0x17, 0, 0, 2, 0xff, 0x15, 4, ...text.encode('#28000Access denied')),
  text.encode('*2\r\n$3\r\nGET\r\n$1\r\na\r\n'),
  text.encode('*3\r\n$5\r\nBLPOP\r\n$4\r\njobs\r\n$2\r\n10\r\n'),
  text.encode('*6\r\n$5\r\nXREAD\r\n$5\r\nBLOCK\r\n$1\r\n0\r\n'),
  text.encode('-ERR max number of clients reached\r\n'),
  text.encode('421 4.7.0 Too many connections\r\n'),
  text.encode('250-mail.example\r\n250 STARTTLS\r\n'),
  text.encode('STARTTLS\r\n'),
  text.encode('set a 0 0 2\r\nab\r\n'),
  text.encode('SERVER_ERROR out of memory storing object\r\n'),
  text.encode('-NOAUTH Authentication required.\r\n'),
  Uint8Array.of(0xc0, 0, 0, 0, 1, 8, ...new Uint8Array(20)),
  Uint8Array.of(0xe4, 16, ...new Uint8Array(60)),
  Uint8Array.of(1, 1, 6, ...new Uint8Array(233), 0x63, 0x82, 0x53, 0x63, 12, 2, 65, 66, 0, 53, 1, 1, 255),
];

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(fc.constantFrom(...MESSAGES), fc.nat(2_000), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }))
    .map(([message, cut, changes]) => {
      const changed = Uint8Array.from(message.subarray(0, cut % (message.length + 1)));
      for (const [place, value] of changes) if (place < changed.length) changed[place] = value;
      return changed;
    }),
);

/** The octets inside others. */
const within = (message: Uint8Array, filling: number): Uint8Array => {
  const bytes = new Uint8Array(message.length + 400).fill(filling);
  bytes.set(message, 200);
  return bytes;
};

describe.each(Object.entries(READERS))('%s', (_, reader) => {
  it('reads any octets with any cut, and none beside them', () => {
    fc.assert(
      fc.property(octets, (message) => {
        const inZeros = reader(within(message, 0), 200, 200 + message.length);
        for (const filling of [0xff, 0x30])
          expect(reader(within(message, filling), 200, 200 + message.length)).toEqual(inZeros);
        expect(reader(message, 0, message.length)).toEqual(inZeros);
      }),
      { numRuns: RUNS },
    );
  });
});
