import type { Cause } from '../rule/weigh.ts';
import { alertName } from '../words/protocol-codes.ts';

/** How a handshake ended: by an alert in the clear, by an encrypted one, or without a word. */
export type HandshakeEnd = 'alert' | 'sealed-alert' | 'closed' | 'given-up';

/** What is known of TLS handshakes that one side refused. */
export interface RefusedHandshake {
  server: string;
  end: HandshakeEnd;
  by: 'client' | 'server';
  alert: number | null;
  failed: number;
  all: number;
  serverName: string;
  offered: string | null;
  chosen: string | null;
  /** Day on which the certificate of the server ends or ended, and whether that was before the capture. */
  expires: string | null;
  expired: boolean;
  notYet: boolean;
  selfSigned: boolean;
  certificateRequested: boolean;
  clientCertificateMissing: boolean;
  /** There was no ServerHello. */
  afterHello: boolean;
  helloOctets: number | null;
  postQuantum: boolean;
}

const EXPIRED = 45;
const UNKNOWN_CA = 48;
const UNRECOGNIZED_NAME = 112;
const CERTIFICATE_REQUIRED = 116;
/** Alerts about a certificate: 41 to 49, 116 (RFC 8446, 6.2). */
const isAboutCertificate = (alert: number): boolean => (alert >= 41 && alert <= 49) || alert === CERTIFICATE_REQUIRED;

/** Why one side did not accept what the other one offered, with what the clear part of the handshake says of it. */
export function causesOfRefusal(found: RefusedHandshake): Cause[] {
  const { alert, end, by } = found;
  const causes: Cause[] = [];
  const add = (id: string, cause: string, telling: string[], fitting: string[] = [], against: string[] = []): void => {
    causes.push({ id, cause, telling, for: fitting, against });
  };
  const isCertificate = alert !== null && isAboutCertificate(alert);
  const rejectsServer = by === 'client' && (isCertificate || end === 'sealed-alert');
  if (rejectsServer || found.expired || found.notYet) {
    add(
      'certificate-expired',
      'the certificate of the server has expired, or the clock of the client is wrong',
      [
        ...(found.expired ? [`its certificate ended on ${found.expires}, before this capture`] : []),
        ...(found.notYet ? ['its certificate is not valid yet'] : []),
        ...(alert === EXPIRED ? ['the alert says certificate_expired'] : []),
      ],
      [],
      found.expires !== null && !found.expired && !found.notYet ? [`it is valid until ${found.expires}`] : [],
    );
    add(
      'certificate-not-trusted',
      'the client does not know the authority, or the name in the certificate is another one',
      [
        ...(alert === UNKNOWN_CA ? ['the alert says unknown_ca'] : []),
        ...(found.selfSigned && alert !== EXPIRED ? ['the certificate is signed by itself'] : []),
      ],
      rejectsServer && alert !== EXPIRED ? ['the client ends the handshake after the certificate of the server'] : [],
    );
  }
  if (
    by === 'server' &&
    (found.certificateRequested || alert === CERTIFICATE_REQUIRED || end === 'sealed-alert' || isCertificate)
  )
    add(
      'client-certificate-missing',
      'the server wants a certificate of the client, and the client has none that it accepts',
      [
        ...(found.clientCertificateMissing ? ['the server asked for one, and the client answered with none'] : []),
        ...(alert === CERTIFICATE_REQUIRED ? ['the alert says certificate_required'] : []),
      ],
      end === 'sealed-alert' ? ['the server ends the handshake after the part of the client'] : [],
    );
  if (end === 'alert' && !isCertificate)
    add(
      'nothing-in-common',
      'no version, cipher suite, group or protocol in common',
      [],
      found.afterHello && by === 'server' ? [`the server answers the ClientHello with ${alertName(alert ?? 0)}`] : [],
      found.clientCertificateMissing ? ['version and cipher suite were agreed on'] : [],
    );
  if (by === 'server' && found.afterHello)
    add(
      'name-not-served',
      'the server or a router before it has no service of this name, or no backend for it',
      alert === UNRECOGNIZED_NAME ? ['the alert says unrecognized_name'] : [],
      end === 'closed' ? ['it ends connections without an octet'] : [],
    );
  if (end === 'closed' && found.helloOctets !== null)
    add(
      'hello-not-taken',
      'something before the server does not take a ClientHello of several segments, or does not wait for it',
      [],
      found.postQuantum ? [`the ClientHello has ${found.helloOctets} octets, with a post-quantum key share`] : [],
    );
  if (causes.length === 0) add('handshake-refused', 'one side does not accept what the other offers', [], []);
  return causes;
}
