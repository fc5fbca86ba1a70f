// Made from message-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 64;
/** Seconds since the first packet. */
export const TIME: i32 = 0;
/** Number of the address of the sender. */
export const SOURCE: i32 = 8;
/** Number of the address of the receiver. */
export const DESTINATION: i32 = 16;
/** Number of the packet. */
export const PACKET: i32 = 24;
/** Number of the biflow. */
export const FLOW: i32 = 28;
/** Source port << 16 | destination port. */
export const PORTS: i32 = 32;
/** Address of the message. */
export const PAYLOAD: i32 = 36;
/** Address behind what of it was captured. */
export const PAYLOAD_END: i32 = 40;
/** Its octets, captured or not. */
export const PAYLOAD_LENGTH: i32 = 44;
/** Octets of the IP packet. */
export const L3_LENGTH: i32 = 48;
/** Index of the outermost tunnel; -1 without. */
export const TUNNEL: i32 = 52;
/** What `encapsulationOf` says of the packet. */
export const ENCAPSULATION: i32 = 56;
/** Index of the point. */
export const POINT: i32 = 58;
/** Direction. */
export const DIRECTION: i32 = 60;
/** 1 when the addresses are of IPv6. */
export const IS_IPV6: i32 = 61;
