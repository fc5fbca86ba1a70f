import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PacketRef, TlsFacts } from '../../../src/flows/evidence/evidence.ts';
import { dialogue, type Said } from '../../support/dialogue.ts';
import { digestOf } from '../../support/digest-of.ts';
import { bytesOf } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';
import {
  alert,
  certificateRequest,
  changeCipherSpec,
  clientHello,
  clientKeyExchange,
  joined,
  leafCertificate,
  noCertificate,
  record,
  sealed,
  serverHello,
  serverHelloDone,
} from '../../support/messages.ts';

/** Handshakes of TLS that are built, in records and segments of any size, and all facts of them. */

const handshake = fc.record({
  serverName: fc.constantFrom(undefined, 'api.shop', `${'long'.repeat(20)}.test`),
  protocols: fc.constantFrom(undefined, ['h2', 'http/1.1'], ['http/1.1'], ['h3'], ['h1']),
  versions: fc.constantFrom(undefined, [0x0303], [0x0304, 0x0303], [0x0303, 0x0304]),
  postQuantum: fc.boolean(),
  padding: fc.constantFrom(undefined, 300),
  answer: fc.constantFrom<('refused' | 'silent' | 'tls12' | 'tls13')[]>('refused', 'silent', 'tls12', 'tls12', 'tls13'),
  description: fc.constantFrom(10, 40, 48, 112),
  subject: fc.constantFrom('leaf', 'ca'),
  isAsked: fc.boolean(),
  isOneRecord: fc.boolean(),
  end: fc.constantFrom<('server alert' | 'client alert' | 'done')[]>('server alert', 'client alert', 'done'),
  mss: fc.constantFrom(90, 333, 1400),
});
type Handshake = typeof handshake extends fc.Arbitrary<infer T> ? T : never;

/** The message, with what was drawn for it. */
function helloOf({ serverName, protocols, versions, postQuantum, padding }: Handshake): Uint8Array {
  const drawn = Object.entries({ serverName, protocols, versions, postQuantum, padding });
  return clientHello(Object.fromEntries(drawn.filter(([, value]) => value !== undefined)));
}

function saidOf(one: Handshake): Said[] {
  const { answer, subject, isAsked, isOneRecord, end, description } = one;
  const said: Said[] = [['client', record(22, helloOf(one))]];
  if (answer === 'refused') return [...said, ['server', alert(2, description)]];
  if (answer === 'silent') return said;
  if (answer === 'tls13') {
    said.push([
      'server',
      joined(record(22, serverHello({ version: 0x0304 })), changeCipherSpec(), sealed(900), sealed(53)),
    ]);
    if (end === 'client alert') return [...said, ['client', alert(2, description)]];
    if (end === 'server alert')
      return [...said, ['client', joined(changeCipherSpec(), sealed(53), sealed(120))], ['server', sealed(19)]];
    return [...said, ['client', joined(changeCipherSpec(), sealed(53), sealed(120))], ['server', sealed(250)]];
  }
  const certificate = leafCertificate({ notBefore: '260101000000Z', notAfter: '20270101000000Z', subject });
  const messages = [
    serverHello({ version: 0x0303 }),
    certificate,
    ...(isAsked ? [certificateRequest()] : []),
    serverHelloDone(),
  ];
  said.push([
    'server',
    isOneRecord ? record(22, joined(...messages)) : joined(...messages.map((one) => record(22, one))),
  ]);
  if (end === 'client alert') return [...said, ['client', alert(2, description)]];
  const own = [...(isAsked ? [noCertificate()] : []), clientKeyExchange()].map((one) => record(22, one));
  said.push(['client', joined(...own, changeCipherSpec(), record(22, Array(40).fill(1)))]);
  said.push([
    'server',
    end === 'done' ? joined(changeCipherSpec(), record(22, Array(40).fill(1))) : alert(2, description),
  ]);
  return said;
}

/** The packet with the last octet of what is said last, or of the first. */
function lastOf(said: readonly Said[], nth: number, mss: number): PacketRef {
  const counts = said.map(([, what]) => Math.ceil(bytesOf(what).length / mss));
  const packet = counts.slice(0, nth).reduce((sum, count) => sum + count + 1, 3) + counts[nth];
  return { packet, time: expect.closeTo((packet - 1) / 1000, 6) as unknown as number };
}

function factsOf(one: Handshake, said: readonly Said[]): TlsFacts | null {
  const { answer, end, serverName, protocols, versions, postQuantum, description, subject, isAsked, mss } = one;
  const isAnswered = answer === 'tls12' || answer === 'tls13';
  if (isAnswered && end === 'done') return null;
  const first = protocols?.[0];
  const last = lastOf(said, said.length - 1, mss);
  const isSealed = answer === 'tls13' && end === 'server alert';
  const isTls12 = answer === 'tls12';
  return {
    clientHello: {
      ...lastOf(said, 0, mss),
      octets: helloOf(one).length - 4,
      version: Math.max(0x0303, ...(versions ?? [])),
      suites: 3,
      serverName: (serverName ?? '').slice(0, 64),
      nextProtocol: first === undefined ? null : first === 'h2' || first === 'http/1.1' ? first : 'other',
      postQuantum,
      whole: true,
    },
    serverVersion: isTls12 ? 0x0303 : answer === 'tls13' ? 0x0304 : null,
    certificate: isTls12
      ? { notBefore: Date.UTC(2026, 0, 1) / 1000, notAfter: Date.UTC(2027, 0, 1) / 1000, selfSigned: subject === 'ca' }
      : null,
    certificateRequested: isTls12 && isAsked,
    clientCertificateMissing: isTls12 && isAsked && end !== 'client alert',
    alert:
      answer === 'silent' || isSealed
        ? null
        : { ...last, direction: isAnswered && end === 'client alert' ? 0 : 1, level: 2, description },
    sealedAlert: isSealed ? { ...last, direction: 1 } : null,
    established: false,
  };
}

test('hellos, certificates, alerts and what is missing', () =>
  fc.assert(
    fc.asyncProperty(handshake, async (one) => {
      const said = saidOf(one);
      const { connections, applications } = await digestOf(dialogue(said, { mss: one.mss }));
      const tls = factsOf(one, said);
      const { application } = connections[0];
      expect(application?.tls ?? null).toEqual(tls);
      if (tls === null) expect(application).toBeNull();
      else
        expect(application).toEqual({
          openings: ['tls', one.answer === 'silent' ? null : 'tls'],
          protocol: 'tls',
          proxied: false,
          tls,
          answers: 0,
          errors: 0,
          messages: [],
          brokenOff: null,
          tlsWanted: false,
          tlsRefused: false,
          errorCut: false,
          cut: [false, false],
        });
      const use = { protocol: 'tls', connections: 1, answered: tls === null ? 1 : 0, cut: 0, answers: 0, errors: 0 };
      expect(applications).toMatchObject([use]);
    }),
    { seed: 53, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 250 : 100)) },
  ));
