// Made from lookup-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of an ordinary lookup, by its place. */
// biome-ignore format: an accessor in one line
export class LookupAccess extends RecordViews {
  /** Address: number of its text. */
  client(at: number): number { return this.u32[at >> 2]; }
  setClient(at: number, value: number): void { this.u32[at >> 2] = value; }
  /** As `client`. */
  server(at: number): number { return this.u32[(at + 4) >> 2]; }
  setServer(at: number, value: number): void { this.u32[(at + 4) >> 2] = value; }
  /** Name that was asked for: number of its text. */
  name(at: number): number { return this.u32[(at + 8) >> 2]; }
  setName(at: number, value: number): void { this.u32[(at + 8) >> 2] = value; }
  /** Number of the text of all addresses of the answer, one after the other. */
  addresses(at: number): number { return this.u32[(at + 12) >> 2]; }
  setAddresses(at: number, value: number): void { this.u32[(at + 12) >> 2] = value; }
  /** Port of the client. */
  clientPort(at: number): number { return this.u16[(at + 16) >> 1]; }
  setClientPort(at: number, value: number): void { this.u16[(at + 16) >> 1] = value; }
  /** Port of the server. */
  serverPort(at: number): number { return this.u16[(at + 18) >> 1]; }
  setServerPort(at: number, value: number): void { this.u16[(at + 18) >> 1] = value; }
  /** Capture point. */
  point(at: number): number { return this.u16[(at + 20) >> 1]; }
  setPoint(at: number, value: number): void { this.u16[(at + 20) >> 1] = value; }
  /** Kinds of the tunnels, see `tunnelKindsOf`. */
  encapsulation(at: number): number { return this.u16[(at + 22) >> 1]; }
  setEncapsulation(at: number, value: number): void { this.u16[(at + 22) >> 1] = value; }
  /** Number in the sightings. */
  flow(at: number): number { return this.u32[(at + 24) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 24) >> 2] = value; }
  /** Where it stands among all lookups of its capture. */
  index(at: number): number { return this.u32[(at + 28) >> 2]; }
  setIndex(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
  /** DNS id. */
  id(at: number): number { return this.u16[(at + 32) >> 1]; }
  setId(at: number, value: number): void { this.u16[(at + 32) >> 1] = value; }
  /** DNS type. */
  type(at: number): number { return this.u16[(at + 34) >> 1]; }
  setType(at: number, value: number): void { this.u16[(at + 34) >> 1] = value; }
  /** Number of answers. */
  answers(at: number): number { return this.u16[(at + 36) >> 1]; }
  setAnswers(at: number, value: number): void { this.u16[(at + 36) >> 1] = value; }
  /** Response code, and OVER_TCP. */
  codeAndTransport(at: number): number { return this.u16[(at + 38) >> 1]; }
  setCodeAndTransport(at: number, value: number): void { this.u16[(at + 38) >> 1] = value; }
  /** IP packet of the query, octets. */
  queryL3Length(at: number): number { return this.u16[(at + 40) >> 1]; }
  setQueryL3Length(at: number, value: number): void { this.u16[(at + 40) >> 1] = value; }
  /** IP packet of the response, octets. */
  responseL3Length(at: number): number { return this.u16[(at + 42) >> 1]; }
  setResponseL3Length(at: number, value: number): void { this.u16[(at + 42) >> 1] = value; }
  /** Packet of the query. */
  queryPacket(at: number): number { return this.u32[(at + 44) >> 2]; }
  setQueryPacket(at: number, value: number): void { this.u32[(at + 44) >> 2] = value; }
  /** Packet of the response. */
  responsePacket(at: number): number { return this.u32[(at + 48) >> 2]; }
  setResponsePacket(at: number, value: number): void { this.u32[(at + 48) >> 2] = value; }
  /** Time of the query, seconds. */
  queryTime(at: number): number { return this.f64[(at + 56) >> 3]; }
  setQueryTime(at: number, value: number): void { this.f64[(at + 56) >> 3] = value; }
  /** Time of the response, seconds. */
  responseTime(at: number): number { return this.f64[(at + 64) >> 3]; }
  setResponseTime(at: number, value: number): void { this.f64[(at + 64) >> 3] = value; }
}
