// Made from content-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 192;
/** Number of the connection. */
export const CONNECTION: i32 = 0;
/** Protocol spoken now: code of `OPENINGS`. */
export const PROTOCOL: i32 = 4;
/** Direction of the last data, plus 1; 0 before. */
export const LAST_DIRECTION: i32 = 5;
/** HELLO and on. */
export const MARKS: i32 = 6;
/** Octets of the ClientHello. */
export const HELLO_OCTETS: i32 = 8;
/** Highest version that it offers. */
export const HELLO_VERSION: i32 = 12;
/** Version that the ServerHello chose. */
export const SERVER_VERSION: i32 = 14;
/** Cipher suites offered. */
export const SUITES: i32 = 16;
/** First protocol of ALPN: 1 h2, 2 http/1.1, 3 another one. */
export const NEXT_PROTOCOL: i32 = 18;
/** Direction of the first alert in the clear, plus 1; 0 without. */
export const ALERT_BY: i32 = 19;
/** Its level. */
export const ALERT_LEVEL: i32 = 20;
/** Its description. */
export const ALERT_DESCRIPTION: i32 = 21;
/** Octets of the text: server name, or request line. */
export const TEXT_OCTETS: i32 = 22;
/** Beginnings of turns that were not recognised. */
export const TRIES: i32 = 23;
/** Packet of the alert. */
export const ALERT_PACKET: i32 = 24;
/** Answers of the server that were read. */
export const ANSWERS: i32 = 28;
/** Errors among them. */
export const ERRORS: i32 = 32;
/** Encrypted records of the server after the client’s first. */
export const AFTER_FINISHED: i32 = 36;
/** Requests that ask the server to wait until there is something to tell, at most 255. */
export const HELD: i32 = 37;
/** Octets of the first one. */
export const AFTER_OCTETS: i32 = 38;
/** Time of the alert, seconds. */
export const ALERT_TIME: i32 = 40;
/** Validity of the certificate of the server, seconds since 1970. */
export const NOT_BEFORE: i32 = 48;
/** Its end. */
export const NOT_AFTER: i32 = 56;
/** Time of the ClientHello or of the last request, seconds. */
export const REQUEST_TIME: i32 = 64;
/** Its packet. */
export const REQUEST_PACKET: i32 = 72;
/** Packet of the record of `afterOctets`. */
export const AFTER_PACKET: i32 = 76;
/** Its time, seconds. */
export const AFTER_TIME: i32 = 80;
/** Requests whose body the client sent after it had waited in vain for 100 (Continue). */
export const EXPECTATIONS: i32 = 88;
/** 1 when the head of the latest request was cut, so that what it expects is not known. */
export const HEAD_CUT: i32 = 90;
/** Longest of these waits, milliseconds. */
export const EXPECTED_TIME: i32 = 92;
/** What the direction began with: code of `OPENINGS`. */
export const OPENING: i32 = 0;
/** OPENING and on. */
export const STATE: i32 = 1;
/** 1 after its ChangeCipherSpec. */
export const CHANGED: i32 = 2;
/** Encrypted handshake records, at most 255. */
export const FINISHED: i32 = 3;
/** Sequence number at which the next message begins. */
export const NEXT: i32 = 4;
/** Its head, see `StreamHeads`; 0 without. */
export const HEAD: i32 = 8;
/** Records of application data, at most 65,535. */
export const SEALED: i32 = 10;
/** Octets of the first one. */
export const SEALED_OCTETS: i32 = 12;
/** Octets of the last one. */
export const LAST_OCTETS: i32 = 14;
/** Packet of the first one. */
export const SEALED_PACKET: i32 = 16;
/** Packet of the last one. */
export const LAST_PACKET: i32 = 20;
/** Time of the first one, seconds. */
export const SEALED_TIME: i32 = 24;
/** Octets of a handshake message that further records carry. */
export const REST: i32 = 32;
/** 1 when octets that were wanted were cut by the snapshot length. */
export const CUT: i32 = 36;
/** How its messages follow each other: TLS_RECORDS or HTTP2_FRAMES; 0 without. */
export const FRAMING: i32 = 37;
/** 1 when data of it was seen. */
export const BEGAN: i32 = 38;
/** Body of the HTTP/1 answer: BODY_UNKNOWN and on. */
export const BODY: i32 = 39;
/** Sequence number up to which it is followed. */
export const BODY_NEXT: i32 = 40;
/** Its length, or the size of the chunk or trailer line at hand. */
export const BODY_OCTETS: i32 = 44;
