/** Sizes and offsets in a record of `CONTENT_LAYOUT`, bytes. */
export const RECORD_BYTES = 192;
/** The direction towards the server; the opposite direction follows it. */
export const DIRECTIONS_AT = 96;
export const DIRECTION_BYTES = 48;

// States of a direction.

/** Its first octets, or those after a change of the protocol, have not been read. */
export const OPENING = 0;
/** Messages with a length follow each other, and `next` says where the next one begins. */
export const FRAMES = 1;
/** Where the next message begins is not known. */
export const LOST = 2;
/** Only the first octets of each turn are read. */
export const TURNS = 3;
/** Nothing more is read. */
export const OVER = 4;

// Framings of a direction.

export const TLS_RECORDS = 1;
export const HTTP2_FRAMES = 2;

// Where the body of an HTTP/1 answer ends.

/** It cannot be told: octets are missing, or the header was not whole. */
export const BODY_UNKNOWN = 0;
/** It is over, and the next header begins at `bodyNext`. */
export const NEXT_HEAD = 1;
/** At `bodyNext`, by its length. */
export const BY_LENGTH = 2;
/** The size of a chunk is being read. */
export const CHUNK_SIZE = 3;
/** The rest of the line with the size is being skipped. */
export const CHUNK_LINE = 4;
/** The next chunk begins at `bodyNext`. */
export const CHUNK_DATA = 5;
/** Lines after the last chunk. */
export const TRAILER = 6;
/** With the connection. */
export const UNTIL_CLOSE = 7;

// Marks of a record.

export const HELLO = 1;
export const WHOLE_HELLO = 2;
export const POST_QUANTUM = 4;
export const SERVER_HELLO = 8;
export const CERTIFICATE = 16;
export const SELF_SIGNED = 32;
export const CERTIFICATE_REQUEST = 64;
export const NO_CLIENT_CERTIFICATE = 128;
/** The connection began before the capture. */
export const MID_STREAM = 256;
/** An answer in plain text says that the port wants TLS. */
export const TLS_WANTED = 512;
/** A PROXY header came before the protocol. */
export const PROXIED = 1024;
/** The server was asked for TLS in the protocol of a database, and refused. */
export const TLS_REFUSED = 2048;
/** An answer with an error was cut before its text. */
export const ERROR_CUT = 4096;
/** The latest request was HEAD, whose answer has no body. */
export const ASKED_HEAD = 8192;
/** The turns of the TLS handshake were counted. */
export const TLS_TURNS = 16_384;
/** The latest request asks the server to say that it may send its body (Expect: 100-continue), and no answer came yet. */
export const EXPECTS = 32_768;

// Largest values of a field of 8 bits and of one of 16.
export const MOST_IN_U8 = 255;
export const MOST_IN_U16 = 65_535;

/** Fewer octets may be the beginning of a longer word: a frame header of HTTP/2 has 9. */
export const FEWEST_OCTETS = 9;
