import { expect, test } from 'vitest';
import { causesOfRefusal, type RefusedHandshake } from '../../../src/heuristics/causes/refused-handshake.ts';
import { saidOtherwise } from '../../support/said-otherwise.ts';

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

test('a TLS handshake that is refused', () => {
  const base: RefusedHandshake = {
    server: '10.244.2.7:443',
    end: 'closed',
    by: 'client',
    alert: null,
    failed: 3,
    all: 3,
    serverName: 'a.test',
    offered: null,
    chosen: null,
    expires: null,
    expired: false,
    notYet: false,
    selfSigned: false,
    certificateRequested: false,
    clientCertificateMissing: false,
    afterHello: false,
    helloOctets: null,
    postQuantum: false,
  };
  const said = saidOtherwise(base, (of) => ({ causes: causesOfRefusal(of) }), {
    'a sealed alert of the client': { end: 'sealed-alert' },
    'a sealed alert of the server': { end: 'sealed-alert', by: 'server' },
    'expired, closed by the server': { by: 'server', expired: true, expires: '2026-01-01' },
    'not yet valid, closed by the server': { by: 'server', notYet: true, expires: '2027-01-01' },
    'expired, says the client, too': { end: 'alert', alert: 45, expired: true, expires: '2026-01-01' },
    'expired, says the client': { end: 'alert', alert: 45, expires: '2027-01-01', selfSigned: true },
    'unknown authority': { end: 'alert', alert: 48, selfSigned: true, expires: '2027-01-01' },
    'the server wants a certificate': { by: 'server', certificateRequested: true },
    'the server wants a certificate, and the client ends': { certificateRequested: true },
    'the server wants one, and gets none': { by: 'server', certificateRequested: true, clientCertificateMissing: true },
    'the server says that one is required': { by: 'server', end: 'alert', alert: 116 },
    'the server says that one is bad': { by: 'server', end: 'alert', alert: 42 },
    'nothing in common': { end: 'alert', alert: 40 },
    'nothing in common, says the server after the hello': { end: 'alert', alert: 40, by: 'server', afterHello: true },
    'nothing in common, says the server': { end: 'alert', alert: 40, by: 'server' },
    'nothing in common, says the client after the hello': { end: 'alert', alert: 40, afterHello: true },
    'an alert without a number, and the client has no certificate': { end: 'alert', clientCertificateMissing: true },
    'closed after the hello': { by: 'server', afterHello: true },
    'closed by the client after the hello': { afterHello: true },
    'given up after the hello': { by: 'server', afterHello: true, end: 'given-up' },
    'the name is not known': { by: 'server', afterHello: true, end: 'alert', alert: 112 },
    'closed after a large hello': { helloOctets: 1700 },
    'closed after a large hello with a large key': { helloOctets: 1700, postQuantum: true },
    'given up after a large hello': { helloOctets: 1700, end: 'given-up' },
  });
  expect(said).toMatchInlineSnapshot(`
    "a sealed alert of the client
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely certificate-not-trusted; the client ends the handshake after the certificate of the server
      + possible certificate-expired
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    a sealed alert of the server
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely client-certificate-missing; the server ends the handshake after the part of the client
      + client-certificate-missing is: the server wants a certificate of the client, and the client has none that it accepts
    expired, closed by the server
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely certificate-expired; its certificate ended on 2026-01-01, before this capture
      + possible certificate-not-trusted
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    not yet valid, closed by the server
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely certificate-expired; its certificate is not valid yet
      + possible certificate-not-trusted
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    expired, says the client, too
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely certificate-expired; its certificate ended on 2026-01-01, before this capture; the alert says certificate_expired
      + possible certificate-not-trusted
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    expired, says the client
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible certificate-expired; the alert says certificate_expired; but it is valid until 2027-01-01
      + possible certificate-not-trusted
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    unknown authority
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely certificate-not-trusted; the alert says unknown_ca; the certificate is signed by itself; the client ends the handshake after the certificate of the server
      + unlikely certificate-expired; but it is valid until 2027-01-01
      + certificate-expired is: the certificate of the server has expired, or the clock of the client is wrong
      + certificate-not-trusted is: the client does not know the authority, or the name in the certificate is another one
    the server wants a certificate
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible client-certificate-missing
      + client-certificate-missing is: the server wants a certificate of the client, and the client has none that it accepts
    the server wants a certificate, and the client ends
    the server wants one, and gets none
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely client-certificate-missing; the server asked for one, and the client answered with none
      + client-certificate-missing is: the server wants a certificate of the client, and the client has none that it accepts
    the server says that one is required
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely client-certificate-missing; the alert says certificate_required
      + client-certificate-missing is: the server wants a certificate of the client, and the client has none that it accepts
    the server says that one is bad
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible client-certificate-missing
      + client-certificate-missing is: the server wants a certificate of the client, and the client has none that it accepts
    nothing in common
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible nothing-in-common
      + nothing-in-common is: no version, cipher suite, group or protocol in common
    nothing in common, says the server after the hello
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely nothing-in-common; the server answers the ClientHello with handshake_failure
      + possible name-not-served
      + nothing-in-common is: no version, cipher suite, group or protocol in common
      + name-not-served is: the server or a router before it has no service of this name, or no backend for it
    nothing in common, says the server
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible nothing-in-common
      + nothing-in-common is: no version, cipher suite, group or protocol in common
    nothing in common, says the client after the hello
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible nothing-in-common
      + nothing-in-common is: no version, cipher suite, group or protocol in common
    an alert without a number, and the client has no certificate
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + unlikely nothing-in-common; but version and cipher suite were agreed on
      + nothing-in-common is: no version, cipher suite, group or protocol in common
    closed after the hello
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely name-not-served; it ends connections without an octet
      + name-not-served is: the server or a router before it has no service of this name, or no backend for it
    closed by the client after the hello
    given up after the hello
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible name-not-served
      + name-not-served is: the server or a router before it has no service of this name, or no backend for it
    the name is not known
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely name-not-served; the alert says unrecognized_name
      + possible nothing-in-common; the server answers the ClientHello with unrecognized_name
      + nothing-in-common is: no version, cipher suite, group or protocol in common
      + name-not-served is: the server or a router before it has no service of this name, or no backend for it
    closed after a large hello
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + possible hello-not-taken
      + hello-not-taken is: something before the server does not take a ClientHello of several segments, or does not wait for it
    closed after a large hello with a large key
      - possible handshake-refused
      - handshake-refused is: one side does not accept what the other offers
      + likely hello-not-taken; the ClientHello has 1700 octets, with a post-quantum key share
      + hello-not-taken is: something before the server does not take a ClientHello of several segments, or does not wait for it
    given up after a large hello"
  `);
});
