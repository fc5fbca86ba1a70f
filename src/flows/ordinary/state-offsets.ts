// Made from state-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 640;
/** Time of the first packet: seconds since 1970. */
export const BASE_SECONDS: i32 = 64;
/** Time of the previous record: seconds since 1970. */
export const LAST_SECONDS: i32 = 72;
/** Time of the last packet taken, seconds since the first packet. */
export const LAST_TIME: i32 = 80;
/** Time of the packet at hand, seconds since the first packet. */
export const TIME: i32 = 88;
/** Rest of `lastSeconds`. */
export const LAST_NANOSECONDS: i32 = 144;
/** Rest of `baseSeconds`. */
export const BASE_NANOSECONDS: i32 = 148;
/** Address of the next record. */
export const AT: i32 = 156;
/** Address behind the octets of the file. */
export const END: i32 = 160;
/** Number of the latest record in the file. */
export const NUMBER: i32 = 164;
/** Packets of this run without IP ID, with payload. */
export const SENT_ONCE: i32 = 176;
/** Most octets of a record. */
export const MAX_CAPTURED: i32 = 180;
/** Units of the fraction of a record. */
export const UNITS_PER_SECOND: i32 = 184;
/** Length of such a unit. */
export const NANOSECONDS_PER_UNIT: i32 = 188;
/** Packets whose number has none of these bits are not taken. */
export const GENERAL_MASK: i32 = 192;
/** Index of the point at hand. */
export const POINT: i32 = 196;
/** Address of the latest packets (`Copies`). */
export const ROWS: i32 = 208;
/** Address of their buckets. */
export const BUCKETS: i32 = 212;
/** Row of the next packet. */
export const NEXT_ROW: i32 = 220;
/** Address of the slots that find connections. */
export const SLOTS: i32 = 228;
/** Bits of a slot that hold the connection plus one. */
export const SLOT_MASK: i32 = 232;
/** Address of the addresses of blocks of connections. */
export const BLOCKS: i32 = 236;
/** Address of the segments not yet acknowledged. */
export const UNACKED: i32 = 240;
/** First free segment. */
export const UNACKED_FREE: i32 = 244;
/** The next segment that was never used. */
export const UNACKED_UNUSED: i32 = 248;
/** Room for segments, bytes. */
export const UNACKED_END: i32 = 252;
/** Address of the words of link addresses. */
export const LINK_ADDRESSES: i32 = 256;
/** Address of the records of hosts. */
export const HOSTS: i32 = 260;
/** Address of the slots that find hosts. */
export const HOST_SLOTS: i32 = 264;
/** As `slotMask`. */
export const HOST_MASK: i32 = 268;
/** Address of the states of `PacketFates`. */
export const FATES: i32 = 272;
/** Number of these states. */
export const FATE_ROWS: i32 = 276;
/** Biflows that have such a state. */
export const FATE_FLOWS: i32 = 280;
/** Address of the packets of biflows, by direction. */
export const COUNTS: i32 = 284;
/** Address of the numbers of large transfers. */
export const TRANSFERS: i32 = 292;
/** Address of what was read of connections. */
export const CONTENTS: i32 = 304;
/** Address of its places, by connection. */
export const CONTENT_PLACES: i32 = 308;
/** Number of these places. */
export const CONTENT_ROWS: i32 = 312;
/** Large transfers. */
export const TRANSFERS_KEPT: i32 = 448;
/** Large transfers that there is room for. */
export const MOST_TRANSFERS: i32 = 452;
/** Number of the next biflow. */
export const NEXT_FLOW: i32 = 456;
/** Connections. */
export const CONNECTIONS: i32 = 460;
/** Connections that there is room for. */
export const MOST_CONNECTIONS: i32 = 464;
/** Address of the marks of ports that got a SYN. */
export const SERVER_PORTS: i32 = 468;
/** Address of the slots that find link addresses. */
export const LINK_SLOTS: i32 = 472;
/** As `slotMask`. */
export const LINK_MASK: i32 = 476;
/** Address of what acknowledges the verified packets. */
export const EXPECTED: i32 = 480;
/** Address of the senders of the verified packets. */
export const FATE_SENDERS: i32 = 484;
/** Directions of a sender whose first data is verified. */
export const FIRST_DATA: i32 = 488;
/** Address of the records of these senders. */
export const SENDERS: i32 = 492;
/** Address of the slots that find them. */
export const SENDER_SLOTS: i32 = 496;
/** As `slotMask`. */
export const SENDER_MASK: i32 = 500;
/** Address of the marks of octets that clients begin with. */
export const CLIENT_BEGINS: i32 = 504;
/** Whether the payload of the last packet is to be read. */
export const IS_TO_READ: i32 = 512;
/** Its connection. */
export const TO_READ_OF: i32 = 516;
/** Its direction. */
export const TO_READ_DIRECTION: i32 = 520;
/** Address of that payload. */
export const TO_READ_AT: i32 = 524;
/** Address behind it. */
export const TO_READ_END: i32 = 528;
/** Its octets, captured or not. */
export const TO_READ_OCTETS: i32 = 532;
/** Its sequence number. */
export const TO_READ_SEQ: i32 = 536;
/** Address of the deferred segments of this run. */
export const DEFERRED: i32 = 540;
/** How many they are. */
export const DEFERRED_LENGTH: i32 = 544;
/** Number of these counts. */
export const COUNT_ROWS: i32 = 288;
/** What is kept of each packet: see `row-modes.ts`. */
export const ROW_MODE: i32 = 320;
/** Address of the page of rows. */
export const PAGE: i32 = 324;
/** Rows in it. */
export const PAGE_ROWS: i32 = 328;
/** Most rows in it. */
export const MOST_ROWS: i32 = 332;
/** Address of the rows kept of biflows, by direction. */
export const KEPT: i32 = 336;
/** Number of these. */
export const KEPT_ROWS: i32 = 340;
/** Address of the page of the packet index. */
export const INDEX: i32 = 344;
/** Its first packet. */
export const FIRST_INDEXED: i32 = 348;
/** Packets that it holds. */
export const MOST_INDEXED: i32 = 352;
/** Form of the records: see `read-record.ts`. */
export const FORM: i32 = 356;
/** Blocks: a second near the packets, since 1970. */
export const STAMP_SECONDS: i32 = 360;
/** Upper word of its time stamp. */
export const STAMP_HIGH: i32 = 368;
/** Lower word. */
export const STAMP_LOW: i32 = 372;
/** Header of the frames: see `read-link.ts`. */
export const LINK_HEADER: i32 = 376;
/** Address of the slots that find IPv6 addresses. */
export const ADDRESS_SLOTS: i32 = 380;
/** Number of these slots less one. */
export const ADDRESS_MASK: i32 = 384;
/** Address of the words of IPv6 addresses. */
export const ADDRESS_WORDS: i32 = 388;
/** Address of the paths in tunnels. */
export const PATHS: i32 = 392;
/** Address of the slots that find them. */
export const PATH_SLOTS: i32 = 396;
/** As `slotMask`. */
export const PATH_MASK: i32 = 400;
/** Address of the tunnels of the verified packets. */
export const FATE_TUNNELS: i32 = 404;
/** Address of the verified packets of tunnels. */
export const TUNNELS_SENT: i32 = 408;
/** Address of those that were answered. */
export const TUNNELS_ANSWERED: i32 = 412;
/** Tunnels that there is room for in both. */
export const TUNNEL_ROWS: i32 = 416;
/** Address of the tunnels of the packets in that page. */
export const INDEX_TUNNELS: i32 = 420;
/** Address of the records of points. */
export const POINTS: i32 = 424;
/** How many they are. */
export const POINTS_LENGTH: i32 = 428;
/** Address of the deferred messages of this run. */
export const MESSAGES: i32 = 432;
/** How many they are. */
export const MESSAGES_LENGTH: i32 = 436;
/** Address of the records of biflows other than TCP. */
export const BIFLOWS: i32 = 552;
/** Address of the slots that find them. */
export const BIFLOW_SLOTS: i32 = 556;
/** As `slotMask`. */
export const BIFLOW_MASK: i32 = 560;
/** How many they are. */
export const BIFLOWS_LENGTH: i32 = 564;
/** How many there is room for. */
export const MOST_BIFLOWS: i32 = 568;
/** The first word of the key of the path at hand. */
export const PATH_KEY: i32 = 576;
