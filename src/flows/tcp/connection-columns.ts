type Column =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;
type Constructors = Record<string, new (length: number) => Column>;
type ColumnsOf<S extends Constructors> = { -readonly [K in keyof S]: InstanceType<S[K]> };

/** One row for each connection. */
const CONNECTION = {
  point: Uint16Array,
  encapsulation: Uint32Array,
  client: Float64Array,
  server: Float64Array,
  clientPort: Uint16Array,
  serverPort: Uint16Array,
  flow: Uint32Array,
  /** Bits of CONNECTION_… below. */
  marks: Uint16Array,
  /** First SYN, first SYN-ACK and the ACK that ends the handshake; packet 0 when not seen. */
  synPacket: Uint32Array,
  synTime: Float64Array,
  synAckPacket: Uint32Array,
  synAckTime: Float64Array,
  synAckAcks: Uint32Array,
  handshakeAckPacket: Uint32Array,
  handshakeAckTime: Float64Array,
  /** The request that waits for its answer. */
  requestPacket: Uint32Array,
  requestTime: Float64Array,
  requestAckTime: Float64Array,
  requestOctets: Uint32Array,
  turns: Uint32Array,
  turnSeconds: Float32Array,
  fastestTurn: Float32Array,
  /** Letters of the history, five bits each, first one highest; and which were used. */
  history: Float64Array,
  historySeen: Uint32Array,
  /** Packet number before the last one of either direction, for idle gaps. */
  lastPacket: Uint32Array,
  lastTime: Float64Array,
} as const;

/** Two rows for each connection: 2c towards the server, 2c + 1 towards the client. */
const DIRECTION = {
  packets: Uint32Array,
  payloadOctets: Float64Array,
  dataSegments: Uint32Array,
  firstPacket: Uint32Array,
  firstTime: Float64Array,
  lastPacket: Uint32Array,
  lastTime: Float64Array,
  syns: Uint16Array,
  fins: Uint16Array,
  resets: Uint16Array,
  /** Bits of DIRECTION_… below. */
  marks: Uint16Array,
  iss: Uint32Array,
  seqLow: Uint32Array,
  /** One past the highest octet seen (Wireshark: nextseq), when, and by which segment. */
  nextSeq: Uint32Array,
  nextSeqTime: Float64Array,
  nextSeqIpId: Uint16Array,
  /** One past the highest octet without a hole before it. */
  contiguous: Uint32Array,
  lastAck: Uint32Array,
  highestAck: Uint32Array,
  lastAckTime: Float64Array,
  window: Uint16Array,
  windowScale: Int8Array,
  mss: Uint16Array,
  dupAcks: Uint16Array,
  lastKinds: Uint16Array,
  tsFirst: Uint32Array,
  tsLast: Uint32Array,
  largestL3: Uint32Array,
  largestAckedL3: Uint32Array,
  largestFlight: Uint32Array,
  rttSamples: Uint32Array,
  rttMin: Float32Array,
  rttMedian: Float32Array,
  rttMax: Float32Array,
  listHead: Int32Array,
  listTail: Int32Array,
  listLength: Uint16Array,
  ttl: Uint8Array,
  /** TunnelFlow index plus one, of the first packet. */
  tunnel: Uint16Array,
  sourceMac: Float64Array,
  destinationMac: Float64Array,
} as const;

export const ROLES_FROM_SYN = 1;
export const ROLES_FROM_SYN_ACK = 2;
/** The biflow's sides are the other way round than the roles. */
export const FLIPPED = 4;
export const WAITS_FOR_ANSWER = 8;
export const IS_IPV6 = 16;
export const IS_NOTABLE = 32;
export const HANDSHAKE_DONE = 64;

export const HAS_ISS = 1;
export const HAS_NEXT = 2;
export const HAS_CONTIGUOUS = 4;
export const HAS_ACK = 8;
export const SACK_PERMITTED = 16;
export const HAS_TIMESTAMPS = 32;
export const DONT_FRAGMENT = 64;
/** At least one IP ID that is not 0, and none that fell: then a smaller one tells an earlier sending. */
export const HAS_IP_IDS = 128;
export const IP_IDS_FALL = 256;
export const FIRST_ACK_WAS_SYN = 512;

const FIRST_CONNECTIONS = 256;

/**
 * State of all connections as columns.
 * Invariant: columns are replaced when they grow; read them again after `add`.
 */
export class ConnectionColumns {
  connection: ColumnsOf<typeof CONNECTION> = allocate(CONNECTION, FIRST_CONNECTIONS);
  direction: ColumnsOf<typeof DIRECTION> = allocate(DIRECTION, FIRST_CONNECTIONS * 2);
  length = 0;

  /** Number of a new connection, all its columns 0. */
  add(): number {
    if (this.length === this.connection.point.length) {
      this.connection = enlarged(CONNECTION, this.connection);
      this.direction = enlarged(DIRECTION, this.direction);
    }
    return this.length++;
  }
}

function allocate<S extends Constructors>(schema: S, rows: number): ColumnsOf<S> {
  const columns: Record<string, Column> = {};
  for (const [name, Column] of Object.entries(schema)) columns[name] = new Column(rows);
  return columns as ColumnsOf<S>;
}

/** Half as large again: doubling would leave half of a million connections' columns empty. */
function enlarged<S extends Constructors>(schema: S, columns: ColumnsOf<S>): ColumnsOf<S> {
  const [first] = Object.values(columns) as Column[];
  const larger = allocate(schema, 2 * Math.ceil((first.length * 3) / 4));
  for (const name of Object.keys(schema) as (keyof S)[]) (larger[name] as Column).set(columns[name] as never);
  return larger;
}
