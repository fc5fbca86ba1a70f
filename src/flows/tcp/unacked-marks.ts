/** End of a list; not a segment. */
export const NONE = 0;

/** Most segments of one direction that are remembered at once: a window of 1.5 MB of full-size segments. */
export const MOST_PER_LIST = 1024;

/** Position of the marks in `lengthAndMarks`: below the length. */
export const LENGTH_SHIFT = 4;
/** Its octets were sent more than once, so an acknowledgement gives neither a round trip nor a size (Karn). */
export const SENT_AGAIN = 1;
/** It was selectively acknowledged. */
export const SACKED = 2;
/** It is a SYN; with payload (TCP Fast Open, RFC 7413) its receiver may leave that alone, and nothing was lost. */
export const IS_SYN = 4;
/** It has payload. */
export const HAS_DATA = 8;
