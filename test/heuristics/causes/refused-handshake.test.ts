import { expect, test } from 'vitest';
import { causesOfRefusal, type RefusedHandshake } from '../../../src/heuristics/causes/refused-handshake.ts';

const refused = (alert: number): RefusedHandshake => ({
  server: '10.244.2.7:443',
  end: 'alert',
  by: 'client',
  alert,
  failed: 3,
  all: 3,
  serverName: 'a.test',
  offered: null,
  chosen: null,
  expires: null,
  expired: false,
  notYet: false,
  selfSigned: false,
  postQuantum: false,
  certificateRequested: false,
  clientCertificateMissing: false,
  afterHello: false,
  helloOctets: 300,
});

test('alerts 41 to 49 and 116 are about a certificate, their neighbours are not (RFC 8446, 6.2)', () => {
  const isAboutCertificate = (alert: number): boolean =>
    causesOfRefusal(refused(alert)).some(({ id }) => id === 'certificate-expired');
  expect([41, 45, 49, 116].map(isAboutCertificate)).toEqual([true, true, true, true]);
  expect([40, 50, 115, 117].map(isAboutCertificate)).toEqual([false, false, false, false]);
});
