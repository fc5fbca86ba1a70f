// Made from unacked-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 32;
/** Its first octet. */
export const SEQ: i32 = 0;
/** One past its last octet. */
export const END: i32 = 4;
/** When it was sent, seconds since the first packet of the capture. */
export const TIME: i32 = 8;
/** Number of its packet. */
export const PACKET: i32 = 16;
/** Packets that the peer had sent when it was sent. */
export const REVERSE_PACKETS: i32 = 20;
/** IP packet, octets, << LENGTH_SHIFT | marks. */
export const LENGTH_AND_MARKS: i32 = 24;
/** The segment sent next; of the last one of a list: the first one. */
export const NEXT: i32 = 28;
