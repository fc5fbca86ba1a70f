/** Builds messages of applications, as bytes. */
import { concat } from './frames.ts';

const text = new TextEncoder();

const be16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const be24 = (value: number): number[] => [(value >>> 16) & 255, ...be16(value)];
const with16 = (body: readonly number[]): number[] => [...be16(body.length), ...body];
const with8 = (body: readonly number[]): number[] => [body.length, ...body];
const extension = (type: number, body: readonly number[]): number[] => [...be16(type), ...with16(body)];
const handshake = (type: number, body: readonly number[]): Uint8Array =>
  Uint8Array.from([type, ...be24(body.length), ...body]);

/** A record of TLS: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data. */
export const record = (type: number, body: Uint8Array | readonly number[]): Uint8Array =>
  Uint8Array.from([type, 3, 3, ...be16(body.length), ...body]);

/** Encrypted content of a length. */
export const sealed = (octets: number): Uint8Array => record(23, new Uint8Array(octets));
export const changeCipherSpec = (): Uint8Array => record(20, [1]);
export const alert = (level: number, description: number): Uint8Array => record(21, [level, description]);

export interface HelloToBuild {
  serverName?: string;
  protocols?: readonly string[];
  versions?: readonly number[];
  postQuantum?: boolean;
  /** Octets of padding. */
  padding?: number;
}

/** The handshake message, without its record. */
export function clientHello({ serverName, protocols, versions, postQuantum, padding }: HelloToBuild = {}): Uint8Array {
  const extensions: number[] = [];
  if (serverName !== undefined) {
    const name = [...text.encode(serverName)];
    extensions.push(...extension(0, with16([0, ...with16(name)])));
  }
  if (versions !== undefined) extensions.push(...extension(43, with8(versions.flatMap(be16))));
  if (protocols !== undefined)
    extensions.push(...extension(16, with16(protocols.flatMap((name) => with8([...text.encode(name)])))));
  const share = postQuantum ? [...be16(0x11ec), ...with16(Array(1216).fill(1))] : [];
  extensions.push(...extension(51, with16([...share, ...be16(29), ...with16(Array(32).fill(2))])));
  if (padding !== undefined) extensions.push(...extension(21, Array(padding).fill(0)));
  const suites = with16([0x13, 0x01, 0x13, 0x02, 0xc0, 0x2f]);
  return handshake(1, [
    3,
    3,
    ...Array(32).fill(7),
    ...with8(Array(32).fill(8)),
    ...suites,
    1,
    0,
    ...with16(extensions),
  ]);
}

export function serverHello({ version }: { version: number }): Uint8Array {
  const extensions = version > 0x0303 ? with16(extension(43, be16(version))) : [];
  return handshake(2, [3, 3, ...Array(32).fill(7), 0, 0x13, 0x01, 0, ...extensions]);
}

const der = (tag: number, body: readonly number[]): number[] =>
  body.length < 128 ? [tag, body.length, ...body] : [tag, 0x82, ...be16(body.length), ...body];
const utcTime = (written: string): number[] => der(written.length === 13 ? 0x17 : 0x18, [...text.encode(written)]);

export interface CertificateToBuild {
  /** "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ". */
  notBefore: string;
  notAfter: string;
  issuer?: string;
  subject?: string;
}

/** The Certificate message of TLS 1.2 with one certificate. */
export function leafCertificate({
  notBefore,
  notAfter,
  issuer = 'ca',
  subject = 'leaf',
}: CertificateToBuild): Uint8Array {
  const name = (words: string): number[] => der(0x30, der(0x31, der(0x30, der(0x0c, [...text.encode(words)]))));
  const body = der(0x30, [
    ...der(0xa0, der(0x02, [2])),
    ...der(0x02, [1, 2, 3]),
    ...der(0x30, der(0x06, [42, 134, 72])),
    ...name(issuer),
    ...der(0x30, [...utcTime(notBefore), ...utcTime(notAfter)]),
    ...name(subject),
    ...der(0x30, Array(270).fill(9)),
  ]);
  const certificate = der(0x30, [...body, ...Array(256).fill(3)]);
  const list = [...be24(certificate.length), ...certificate];
  return handshake(11, [...be24(list.length), ...list]);
}

/** The Certificate message of a client that has none. */
export const noCertificate = (): Uint8Array => handshake(11, [0, 0, 0]);
export const certificateRequest = (): Uint8Array => handshake(13, [1, 1, 0, 2, 4, 1, 0, 0]);
export const serverHelloDone = (): Uint8Array => handshake(14, []);
export const clientKeyExchange = (): Uint8Array => handshake(16, Array(66).fill(1));

/** A frame of HTTP/2. */
export const frame = (type: number, flags: number, stream: number, body: readonly number[] = []): Uint8Array =>
  Uint8Array.from([...be24(body.length), type, flags, 0, 0, ...be16(stream), ...body]);

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => concat(...parts);

/** The first datagram of a QUIC client, padded to `octets`. */
export const quicInitial = (octets: number): Uint8Array => {
  const datagram = new Uint8Array(octets);
  datagram.set([0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
  return datagram;
};
