/** What programs said in the clear: openings of connections, alerts, answers and errors. Nothing is decrypted. */

import type { Opening } from '../../decode/messages/opening.ts';
import type { Direction, Endpoint, PacketRef } from './packet-ref.ts';

export type { Opening };

/** The ClientHello, as far as it was captured. */
export interface ClientHello extends PacketRef {
  /** Octets of the message, from its own length. */
  octets: number;
  /** Highest version that it offers: 0x0303 is TLS 1.2, 0x0304 TLS 1.3; 0 when it was cut before. */
  version: number;
  /** Cipher suites offered. */
  suites: number;
  /** SNI; empty without one. */
  serverName: string;
  /** The first protocol of ALPN; null without one. */
  nextProtocol: 'h2' | 'http/1.1' | 'other' | null;
  /** It has a key share of a post-quantum group, which makes it larger than one segment. */
  postQuantum: boolean;
  /** False when its end was not captured; then names and versions may be missing. */
  whole: boolean;
}

/** An alert in the clear. */
export interface TlsAlert extends PacketRef {
  direction: Direction;
  /** 1 warning, 2 fatal. */
  level: number;
  description: number;
}

export interface TlsFacts {
  clientHello: ClientHello | null;
  /** Version of the ServerHello; 0 when it was cut before, null without a ServerHello. */
  serverVersion: number | null;
  /** Validity of the server's certificate, seconds since 1970. Readable up to TLS 1.2. */
  certificate: { notBefore: number; notAfter: number; selfSigned: boolean } | null;
  /** The server asked for a certificate of the client, and the client answered with none. Readable up to TLS 1.2. */
  certificateRequested: boolean;
  clientCertificateMissing: boolean;
  alert: TlsAlert | null;
  /**
   * An encrypted record of the length of an alert that was the first and last one of its sender where the rest of the
   * handshake had to come.
   */
  sealedAlert: (PacketRef & { direction: Direction }) | null;
  /** Both sides finished the handshake. */
  established: boolean;
}

/** An error in the clear: of HTTP, HTTP/2, PostgreSQL, MySQL or Redis. */
export interface ApplicationError extends PacketRef {
  direction: Direction;
  kind: 'status' | 'goaway' | 'stream-reset' | 'server-error';
  /** Status of HTTP, error code of HTTP/2, or the number or name that the server gives. */
  code: string;
  /** Text of the server, from the capture. */
  text: string;
  /** The server ends the session, or refuses all commands. */
  fatal: boolean;
  /** Method and path of the request, without its query; null when not known. */
  request: string | null;
  /** When the request was sent; null when not known. */
  requested: PacketRef | null;
}

/** Shortest wait for 100 (Continue) that is handed on, seconds: clients wait 0.35 s (.NET), 1 s (curl) or 3 s (Java). */
export const EXPECTATION_SECONDS = 0.3;

/** An answer of HTTP/1 that ended before its announced end, because the server ended the connection. */
export interface BrokenOff {
  /** Octets of its body by Content-Length, and those that came; null of a chunked body. */
  announced: number | null;
  came: number | null;
}

/** What was read of one connection at one point. Only connections with something notable have it. */
export interface ApplicationFacts {
  /** What the first octets of each direction are; null where none were read. */
  openings: [Opening | null, Opening | null];
  /** Protocol spoken in the end, behind a PROXY header or a request for TLS. */
  protocol: Opening;
  /** A PROXY header came first. */
  proxied: boolean;
  tls: TlsFacts | null;
  /** Answers that were read, and errors among them. */
  answers: number;
  errors: number;
  /** The first errors, capped. */
  messages: ApplicationError[];
  /** An answer in plain text says that the port wants TLS. */
  tlsWanted: boolean;
  /** The server refused TLS in the protocol of a database. */
  tlsRefused: boolean;
  /** The first answer with an error was cut, so that its text is missing. */
  errorCut: boolean;
  /** The server ended the connection in the middle of an answer; null when it did not. */
  brokenOff: BrokenOff | null;
  /**
   * Octets of the body of a large HTTP/1 answer that are still to come where the capture ends, by its Content-Length;
   * absent where there is none.
   */
  awaited?: number;
  /**
   * Requests whose client waited in vain for 100 (Continue) before it sent the body, and the longest of these waits;
   * absent where there are none.
   */
  expectations?: { requests: number; seconds: number };
  /** Octets that were wanted were cut by the snapshot length, by direction. */
  cut: [boolean, boolean];
}

/** What the connections of one client to one server carried, at one point. Counts all connections that were read. */
export interface ApplicationUse {
  point: number;
  client: string;
  server: Endpoint;
  protocol: Opening;
  connections: number;
  /** Connections in which a handshake of TLS was finished, or an answer was read. */
  answered: number;
  /** Connections of which octets that were wanted were cut by the snapshot length. */
  cut: number;
  /** Answers that were read, and errors among them. */
  answers: number;
  errors: number;
  /** Requests that ask the server to answer when there is something to tell, as BLPOP of Redis does; absent: none. */
  held?: number;
}
