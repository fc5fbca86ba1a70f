/**
 * One row for each connection.
 *
 * Both classes name their columns one by one: an object that gets its properties by computed names becomes a
 * dictionary in V8, and then each access of a column is a look-up (measured: five times as slow for a whole packet).
 */
export class ConnectionRows {
  /** Row of its end points in the tracker's `FlowNumbers`. */
  readonly tuple: Uint32Array;
  readonly flow: Uint32Array;
  /** Bits of CONNECTION_… below. */
  readonly marks: Uint16Array;
  /** First SYN-ACK and the ACK that ends the handshake; packet 0 when not seen. A SYN is its direction's first packet. */
  readonly synAckPacket: Uint32Array;
  readonly synAckTime: Float64Array;
  readonly synAckAcks: Uint32Array;
  readonly handshakeAckPacket: Uint32Array;
  readonly handshakeAckTime: Float64Array;
  /** The request that waits for its answer. */
  readonly requestPacket: Uint32Array;
  readonly requestTime: Float64Array;
  readonly requestAckTime: Float64Array;
  readonly requestOctets: Uint32Array;
  readonly turns: Uint32Array;
  readonly turnSeconds: Float32Array;
  readonly fastestTurn: Float32Array;
  /** Letters of the history, five bits each, first one highest; and which were used. */
  readonly history: Float64Array;
  readonly historySeen: Uint32Array;

  constructor(rows: number) {
    this.tuple = new Uint32Array(rows);
    this.flow = new Uint32Array(rows);
    this.marks = new Uint16Array(rows);
    this.synAckPacket = new Uint32Array(rows);
    this.synAckTime = new Float64Array(rows);
    this.synAckAcks = new Uint32Array(rows);
    this.handshakeAckPacket = new Uint32Array(rows);
    this.handshakeAckTime = new Float64Array(rows);
    this.requestPacket = new Uint32Array(rows);
    this.requestTime = new Float64Array(rows);
    this.requestAckTime = new Float64Array(rows);
    this.requestOctets = new Uint32Array(rows);
    this.turns = new Uint32Array(rows);
    this.turnSeconds = new Float32Array(rows);
    this.fastestTurn = new Float32Array(rows);
    this.history = new Float64Array(rows);
    this.historySeen = new Uint32Array(rows);
  }
}

/** Two rows for each connection: 2c towards the server, 2c + 1 towards the client. */
export class DirectionRows {
  readonly packets: Uint32Array;
  readonly payloadOctets: Float64Array;
  readonly dataSegments: Uint32Array;
  readonly firstPacket: Uint32Array;
  readonly firstTime: Float64Array;
  readonly lastPacket: Uint32Array;
  readonly lastTime: Float64Array;
  readonly syns: Uint16Array;
  readonly fins: Uint16Array;
  readonly resets: Uint16Array;
  /** Bits of DIRECTION_… below. */
  readonly marks: Uint16Array;
  readonly iss: Uint32Array;
  readonly seqLow: Uint32Array;
  /** One past the highest octet seen (Wireshark: nextseq), and the IP ID of that segment. */
  readonly nextSeq: Uint32Array;
  readonly nextSeqIpId: Uint16Array;
  /** One past the highest octet without a hole before it. */
  readonly contiguous: Uint32Array;
  readonly lastAck: Uint32Array;
  readonly highestAck: Uint32Array;
  readonly window: Uint16Array;
  readonly windowScale: Int8Array;
  readonly mss: Uint16Array;
  readonly dupAcks: Uint16Array;
  readonly lastKinds: Uint16Array;
  readonly tsFirst: Uint32Array;
  readonly tsLast: Uint32Array;
  readonly largestL3: Uint16Array;
  readonly largestAckedL3: Uint16Array;
  readonly largestFlight: Uint32Array;
  readonly rttSamples: Uint32Array;
  readonly rttMin: Float32Array;
  readonly rttMedian: Float32Array;
  readonly rttMax: Float32Array;
  readonly listHead: Int32Array;
  readonly listTail: Int32Array;
  readonly listLength: Uint16Array;
  readonly ttl: Uint8Array;
  /** TunnelFlow index plus one, of the first packet. */
  readonly tunnel: Uint16Array;
  /** Link addresses of the first packet, by number of `LinkAddresses`. */
  readonly sourceMac: Uint16Array;
  readonly destinationMac: Uint16Array;

  constructor(rows: number) {
    this.packets = new Uint32Array(rows);
    this.payloadOctets = new Float64Array(rows);
    this.dataSegments = new Uint32Array(rows);
    this.firstPacket = new Uint32Array(rows);
    this.firstTime = new Float64Array(rows);
    this.lastPacket = new Uint32Array(rows);
    this.lastTime = new Float64Array(rows);
    this.syns = new Uint16Array(rows);
    this.fins = new Uint16Array(rows);
    this.resets = new Uint16Array(rows);
    this.marks = new Uint16Array(rows);
    this.iss = new Uint32Array(rows);
    this.seqLow = new Uint32Array(rows);
    this.nextSeq = new Uint32Array(rows);
    this.nextSeqIpId = new Uint16Array(rows);
    this.contiguous = new Uint32Array(rows);
    this.lastAck = new Uint32Array(rows);
    this.highestAck = new Uint32Array(rows);
    this.window = new Uint16Array(rows);
    this.windowScale = new Int8Array(rows);
    this.mss = new Uint16Array(rows);
    this.dupAcks = new Uint16Array(rows);
    this.lastKinds = new Uint16Array(rows);
    this.tsFirst = new Uint32Array(rows);
    this.tsLast = new Uint32Array(rows);
    this.largestL3 = new Uint16Array(rows);
    this.largestAckedL3 = new Uint16Array(rows);
    this.largestFlight = new Uint32Array(rows);
    this.rttSamples = new Uint32Array(rows);
    this.rttMin = new Float32Array(rows);
    this.rttMedian = new Float32Array(rows);
    this.rttMax = new Float32Array(rows);
    this.listHead = new Int32Array(rows);
    this.listTail = new Int32Array(rows);
    this.listLength = new Uint16Array(rows);
    this.ttl = new Uint8Array(rows);
    this.tunnel = new Uint16Array(rows);
    this.sourceMac = new Uint16Array(rows);
    this.destinationMac = new Uint16Array(rows);
  }
}

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

/** Window scale of a direction whose SYN was not seen, and of one whose SYN had no such option. */
export const SCALE_UNKNOWN = -1;
export const SCALE_ABSENT = -2;

/** Most that a column of IP lengths can hold: the longest packet but for jumbograms. */
export const LARGEST_L3 = 65_535;

const FIRST_CONNECTIONS = 256;
/**
 * Rows that were never written take no memory: the system gives zeroed pages on first touch. Small steps do, as every
 * step leaves freed columns behind that the next ones do not fit into (measured for 300,000 connections, resident bytes
 * of each: 691 in steps of 1.25, 435 in steps of 2, 380 in steps of 4).
 */
const GROWTH = 4;

/**
 * State of all connections as columns.
 * Invariant: columns are replaced when they grow; read them again after `add`.
 */
export class ConnectionColumns {
  connection = new ConnectionRows(FIRST_CONNECTIONS);
  direction = new DirectionRows(FIRST_CONNECTIONS * 2);
  length = 0;

  /** Number of a new connection, all its columns 0. */
  add(): number {
    const rows = this.connection.flow.length;
    if (this.length === rows) {
      const larger = rows * GROWTH;
      this.connection = copied(this.connection, new ConnectionRows(larger));
      this.direction = copied(this.direction, new DirectionRows(larger * 2));
    }
    return this.length++;
  }
}

function copied<T extends ConnectionRows | DirectionRows>(from: T, to: T): T {
  for (const name of Object.keys(from) as (keyof T)[]) (to[name] as Uint8Array).set(from[name] as Uint8Array);
  return to;
}

/** RFC 7323, 2.3. */
const LARGEST_SHIFT = 14;

/** Bits by which the windows of `row` are shifted: none unless both SYNs had the option (RFC 7323, 2.2). */
export function windowShift({ windowScale }: DirectionRows, row: number): number {
  return windowScale[row] < 0 || windowScale[row ^ 1] === SCALE_ABSENT ? 0 : Math.min(windowScale[row], LARGEST_SHIFT);
}

/** Row of the direction that spoke last. */
export const lastSpeaker = ({ lastPacket }: DirectionRows, connection: number): number =>
  lastPacket[2 * connection] > lastPacket[2 * connection + 1] ? 2 * connection : 2 * connection + 1;

/** SYN to the ACK of the handshake, seconds; 0 when not seen. */
export function handshakeSeconds({ connection, direction }: ConnectionColumns, number: number): number {
  if ((connection.marks[number] & ROLES_FROM_SYN) === 0 || connection.handshakeAckPacket[number] === 0) return 0;
  return connection.handshakeAckTime[number] - direction.firstTime[2 * number];
}
