// Made from biflow-layout.ts by `npm run accessors`: change the layout, not this file.

/** Bytes of a record. */
export const RECORD_BYTES: i32 = 32;
/** Number of the address of the client. */
export const CLIENT: i32 = 0;
/** Number of the address of the server. */
export const SERVER: i32 = 8;
/** Client port << 16 | server port. */
export const PORTS: i32 = 16;
/** Protocol << 16 | point. */
export const PLACE: i32 = 20;
/** What `encapsulationOf` says of it. */
export const ENCAPSULATION: i32 = 24;
/** Number of the biflow. */
export const FLOW: i32 = 28;
