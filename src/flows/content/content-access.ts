// Made from content-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** What was read of a connection: fields of the connection take its place, fields of a direction that of the direction. */
// biome-ignore format: an accessor in one line
export class ContentAccess extends RecordViews {
  /** Number of the connection. */
  connection(at: number): number { return this.u32[at >> 2]; }
  setConnection(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** Protocol spoken now: code of `OPENINGS`. */
  protocol(at: number): number { return this.u8[at + 4]; }
  setProtocol(at: number, value: number): void { this.u8[at + 4] = value; }
  /** Direction of the last data, plus 1; 0 before. */
  lastDirection(at: number): number { return this.u8[at + 5]; }
  setLastDirection(at: number, value: number): void { this.u8[at + 5] = value; }
  /** HELLO and on. */
  marks(at: number): number { return this.u16[(at + 6) >> 1]; }
  setMarks(at: number, value: number): void { this.u16[(at + 6) >> 1] = value; }
  hasMarks(at: number, bits: number): boolean { return (this.u16[(at + 6) >> 1] & bits) !== 0; }
  addMarks(at: number, bits: number): void { this.u16[(at + 6) >> 1] |= bits; }
  removeMarks(at: number, bits: number): void { this.u16[(at + 6) >> 1] &= ~bits; }
  /** Octets of the ClientHello. */
  helloOctets(at: number): number { return this.u32[(at + 8) >> 2]; }
  setHelloOctets(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** Highest version that it offers. */
  helloVersion(at: number): number { return this.u16[(at + 12) >> 1]; }
  setHelloVersion(at: number, value: number): void { this.u16[(at + 12) >> 1] = value; }
  /** Version that the ServerHello chose. */
  serverVersion(at: number): number { return this.u16[(at + 14) >> 1]; }
  setServerVersion(at: number, value: number): void { this.u16[(at + 14) >> 1] = value; }
  /** Cipher suites offered. */
  suites(at: number): number { return this.u16[(at + 16) >> 1]; }
  setSuites(at: number, value: number): void { this.u16[(at + 16) >> 1] = value; }
  /** First protocol of ALPN: 1 h2, 2 http/1.1, 3 another one. */
  nextProtocol(at: number): number { return this.u8[at + 18]; }
  setNextProtocol(at: number, value: number): void { this.u8[at + 18] = value; }
  /** Direction of the first alert in the clear, plus 1; 0 without. */
  alertBy(at: number): number { return this.u8[at + 19]; }
  setAlertBy(at: number, value: number): void { this.u8[at + 19] = value; }
  /** Its level. */
  alertLevel(at: number): number { return this.u8[at + 20]; }
  setAlertLevel(at: number, value: number): void { this.u8[at + 20] = value; }
  /** Its description. */
  alertDescription(at: number): number { return this.u8[at + 21]; }
  setAlertDescription(at: number, value: number): void { this.u8[at + 21] = value; }
  /** Octets of the text: server name, or request line. */
  textOctets(at: number): number { return this.u8[at + 22]; }
  setTextOctets(at: number, value: number): void { this.u8[at + 22] = value; }
  /** Beginnings of turns that were not recognised. */
  tries(at: number): number { return this.u8[at + 23]; }
  setTries(at: number, value: number): void { this.u8[at + 23] = value; }
  /** Packet of the alert. */
  alertPacket(at: number): number { return this.u32[(at + 24) >> 2]; }
  setAlertPacket(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** Answers of the server that were read. */
  answers(at: number): number { return this.u32[(at + 28) >> 2]; }
  setAnswers(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** Errors among them. */
  errors(at: number): number { return this.u32[(at + 32) >> 2]; }
  setErrors(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** Encrypted records of the server after the client’s first. */
  afterFinished(at: number): number { return this.u8[at + 36]; }
  setAfterFinished(at: number, value: number): void { this.u8[at + 36] = value; }
  /** Requests that ask the server to wait until there is something to tell, at most 255. */
  held(at: number): number { return this.u8[at + 37]; }
  setHeld(at: number, value: number): void { this.u8[at + 37] = value; }
  /** Octets of the first one. */
  afterOctets(at: number): number { return this.u16[(at + 38) >> 1]; }
  setAfterOctets(at: number, value: number): void { this.u16[(at + 38) >> 1] = value; }
  /** Time of the alert, seconds. */
  alertTime(at: number): number { return this.f64[(at + 40) >> 3]; }
  setAlertTime(at: number, value: number): void { this.f64[(at + 40) >> 3] = value; }
  /** Validity of the certificate of the server, seconds since 1970. */
  notBefore(at: number): number { return this.f64[(at + 48) >> 3]; }
  setNotBefore(at: number, value: number): void { this.f64[(at + 48) >> 3] = value; }
  /** Its end. */
  notAfter(at: number): number { return this.f64[(at + 56) >> 3]; }
  setNotAfter(at: number, value: number): void { this.f64[(at + 56) >> 3] = value; }
  /** Time of the ClientHello or of the last request, seconds. */
  requestTime(at: number): number { return this.f64[(at + 64) >> 3]; }
  setRequestTime(at: number, value: number): void { this.f64[(at + 64) >> 3] = value; }
  /** Its packet. */
  requestPacket(at: number): number { return this.u32[(at + 72) >> 2]; }
  setRequestPacket(at: number, value: number): void { this.u32[(at + 72) >> 2] = value; }
  /** Packet of the record of `afterOctets`. */
  afterPacket(at: number): number { return this.u32[(at + 76) >> 2]; }
  setAfterPacket(at: number, value: number): void { this.u32[(at + 76) >> 2] = value; }
  /** Its time, seconds. */
  afterTime(at: number): number { return this.f64[(at + 80) >> 3]; }
  setAfterTime(at: number, value: number): void { this.f64[(at + 80) >> 3] = value; }
  /** Requests whose body the client sent after it had waited in vain for 100 (Continue). */
  expectations(at: number): number { return this.u16[(at + 88) >> 1]; }
  setExpectations(at: number, value: number): void { this.u16[(at + 88) >> 1] = value; }
  /** 1 when the head of the latest request was cut, so that what it expects is not known. */
  headCut(at: number): number { return this.u8[at + 90]; }
  setHeadCut(at: number, value: number): void { this.u8[at + 90] = value; }
  /** Longest of these waits, milliseconds. */
  expectedTime(at: number): number { return this.u32[(at + 92) >> 2]; }
  setExpectedTime(at: number, value: number): void { this.u32[(at + 92) >> 2] = value; }
  /** What the direction began with: code of `OPENINGS`. */
  opening(at: number): number { return this.u8[at]; }
  setOpening(at: number, value: number): void { this.u8[at] = value; }
  /** OPENING and on. */
  state(at: number): number { return this.u8[at + 1]; }
  setState(at: number, value: number): void { this.u8[at + 1] = value; }
  /** 1 after its ChangeCipherSpec. */
  changed(at: number): number { return this.u8[at + 2]; }
  setChanged(at: number, value: number): void { this.u8[at + 2] = value; }
  /** Encrypted handshake records, at most 255. */
  finished(at: number): number { return this.u8[at + 3]; }
  setFinished(at: number, value: number): void { this.u8[at + 3] = value; }
  /** Sequence number at which the next message begins. */
  next(at: number): number { return this.u32[(at + 4) >> 2]; }
  nextSigned(at: number): number { return this.i32[(at + 4) >> 2]; }
  setNext(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** Its head, see `StreamHeads`; 0 without. */
  head(at: number): number { return this.u16[(at + 8) >> 1]; }
  setHead(at: number, value: number): void { this.u16[(at + 8) >> 1] = value; }
  /** Records of application data, at most 65,535. */
  sealed(at: number): number { return this.u16[(at + 10) >> 1]; }
  setSealed(at: number, value: number): void { this.u16[(at + 10) >> 1] = value; }
  /** Octets of the first one. */
  sealedOctets(at: number): number { return this.u16[(at + 12) >> 1]; }
  setSealedOctets(at: number, value: number): void { this.u16[(at + 12) >> 1] = value; }
  /** Octets of the last one. */
  lastOctets(at: number): number { return this.u16[(at + 14) >> 1]; }
  setLastOctets(at: number, value: number): void { this.u16[(at + 14) >> 1] = value; }
  /** Packet of the first one. */
  sealedPacket(at: number): number { return this.u32[(at + 16) >> 2]; }
  setSealedPacket(at: number, value: number): void { this.u32[(at + 16) >> 2] = value; }
  /** Packet of the last one. */
  lastPacket(at: number): number { return this.u32[(at + 20) >> 2]; }
  setLastPacket(at: number, value: number): void { this.u32[(at + 20) >> 2] = value; }
  /** Time of the first one, seconds. */
  sealedTime(at: number): number { return this.f64[(at + 24) >> 3]; }
  setSealedTime(at: number, value: number): void { this.f64[(at + 24) >> 3] = value; }
  /** Octets of a handshake message that further records carry. */
  rest(at: number): number { return this.u32[(at + 32) >> 2]; }
  setRest(at: number, value: number): void { this.u32[(at + 32) >> 2] = value; }
  /** 1 when octets that were wanted were cut by the snapshot length. */
  cut(at: number): number { return this.u8[at + 36]; }
  setCut(at: number, value: number): void { this.u8[at + 36] = value; }
  /** How its messages follow each other: TLS_RECORDS or HTTP2_FRAMES; 0 without. */
  framing(at: number): number { return this.u8[at + 37]; }
  setFraming(at: number, value: number): void { this.u8[at + 37] = value; }
  /** 1 when data of it was seen. */
  began(at: number): number { return this.u8[at + 38]; }
  setBegan(at: number, value: number): void { this.u8[at + 38] = value; }
  /** Body of the HTTP/1 answer: BODY_UNKNOWN and on. */
  body(at: number): number { return this.u8[at + 39]; }
  setBody(at: number, value: number): void { this.u8[at + 39] = value; }
  /** Sequence number up to which it is followed. */
  bodyNext(at: number): number { return this.u32[(at + 40) >> 2]; }
  bodyNextSigned(at: number): number { return this.i32[(at + 40) >> 2]; }
  setBodyNext(at: number, value: number): void { this.u32[(at + 40) >> 2] = value; }
  /** Its length, or the size of the chunk or trailer line at hand. */
  bodyOctets(at: number): number { return this.u32[(at + 44) >> 2]; }
  setBodyOctets(at: number, value: number): void { this.u32[(at + 44) >> 2] = value; }
}
