import * as P from './row-places.ts';

/**
 * Columns of a row: one packet as seen at one capture point. Fields are named one by one, because an object that a loop
 * builds would be a dictionary with slow access. The columns are views of one buffer, because the system gets back the
 * memory of a large buffer when it is released, but not that of many small ones.
 */
export class SightingColumns {
  /** Number in the capture. */
  packet: Uint32Array;
  /** Seconds since the first packet of the capture. */
  time: Float64Array;
  /** Capture point, local to the capture. */
  point: Uint16Array;
  kind: Uint8Array;
  /** Biflow number, local to the capture. */
  flow: Uint32Array;
  /** Direction in that biflow: TO_SERVER or TO_CLIENT. */
  direction: Uint8Array;
  ipId: Uint16Array;
  ttl: Uint8Array;
  dscp: Uint8Array;
  l3Length: Uint32Array;
  payloadLength: Uint32Array;
  /** TCP; ICMP: type << 8 | code. */
  flags: Uint16Array;
  /** TCP: raw sequence number. ICMP echo: sequence. DNS over UDP: id. ESP: SPI. WireGuard data: receiver index. Fragment: offset. */
  seq: Uint32Array;
  ack: Uint32Array;
  window: Uint16Array;
  tsValue: Uint32Array;
  tsEcho: Uint32Array;
  /** Hash of the first 64 captured payload octets and the payload length; 0 when no payload was captured. */
  payloadHash: Uint32Array;
  /** TunnelFlow index (local) of the outermost tunnel plus one; 0 when not encapsulated. */
  tunnel: Uint16Array;
  /** Bit 0: copy of a packet already seen at this point; bit 1: DF; bit 2: later fragment; bit 3: cut by snaplen; bit 4: retransmission by sequence number; bit 5: outbound, bit 6: inbound (packet direction according to the capture); bit 7: the TCP header itself was cut. */
  marks: Uint8Array;

  /**
   * @param memory used in place of a new buffer when it is large enough; its contents are lost
   * @param at where the columns begin in it
   */
  constructor(rows: number, memory?: ArrayBufferLike, at = 0) {
    const size = rows * P.ROW_BYTES;
    const isEnough = memory !== undefined && memory.byteLength >= at + size;
    if (isEnough) new Uint8Array(memory, at, size).fill(0);
    const buffer = isEnough ? memory : new ArrayBuffer(size);
    this.time = new Float64Array(buffer, at + rows * P.TIME, rows);
    this.packet = new Uint32Array(buffer, at + rows * P.PACKET, rows);
    this.flow = new Uint32Array(buffer, at + rows * P.FLOW, rows);
    this.l3Length = new Uint32Array(buffer, at + rows * P.L3_LENGTH, rows);
    this.payloadLength = new Uint32Array(buffer, at + rows * P.PAYLOAD_LENGTH, rows);
    this.seq = new Uint32Array(buffer, at + rows * P.SEQ, rows);
    this.ack = new Uint32Array(buffer, at + rows * P.ACK, rows);
    this.tsValue = new Uint32Array(buffer, at + rows * P.TS_VALUE, rows);
    this.tsEcho = new Uint32Array(buffer, at + rows * P.TS_ECHO, rows);
    this.payloadHash = new Uint32Array(buffer, at + rows * P.PAYLOAD_HASH, rows);
    this.point = new Uint16Array(buffer, at + rows * P.POINT, rows);
    this.ipId = new Uint16Array(buffer, at + rows * P.IP_ID, rows);
    this.flags = new Uint16Array(buffer, at + rows * P.FLAGS, rows);
    this.window = new Uint16Array(buffer, at + rows * P.WINDOW, rows);
    this.tunnel = new Uint16Array(buffer, at + rows * P.TUNNEL, rows);
    this.kind = new Uint8Array(buffer, at + rows * P.KIND, rows);
    this.direction = new Uint8Array(buffer, at + rows * P.DIRECTION, rows);
    this.ttl = new Uint8Array(buffer, at + rows * P.TTL, rows);
    this.dscp = new Uint8Array(buffer, at + rows * P.DSCP, rows);
    this.marks = new Uint8Array(buffer, at + rows * P.MARKS, rows);
  }
}

/** Every column. */
export const COLUMN_NAMES = [
  'packet',
  'time',
  'point',
  'kind',
  'flow',
  'direction',
  'ipId',
  'ttl',
  'dscp',
  'l3Length',
  'payloadLength',
  'flags',
  'seq',
  'ack',
  'window',
  'tsValue',
  'tsEcho',
  'payloadHash',
  'tunnel',
  'marks',
] as const;
