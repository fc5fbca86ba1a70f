// Made from biflow-layout.ts by `npm run accessors`: change the layout, not this file.
import { RecordViews } from '../tables/record-views.ts';

/** A record of a biflow, by its place. */
// biome-ignore format: an accessor in one line
export class BiflowAccess extends RecordViews {
  /** Number of the address of the client. */
  client(at: number): number { return this.f64[at >> 3]; }
  setClient(at: number, value: number): void { this.f64[at >> 3] = value; }
  /** Number of the address of the server. */
  server(at: number): number { return this.f64[(at + 8) >> 3]; }
  setServer(at: number, value: number): void { this.f64[(at + 8) >> 3] = value; }
  /** Client port << 16 | server port. */
  ports(at: number): number { return this.i32[(at + 16) >> 2]; }
  setPorts(at: number, value: number): void { this.i32[(at + 16) >> 2] = value; }
  /** Protocol << 16 | point. */
  place(at: number): number { return this.i32[(at + 20) >> 2]; }
  setPlace(at: number, value: number): void { this.i32[(at + 20) >> 2] = value; }
  /** What `encapsulationOf` says of it. */
  encapsulation(at: number): number { return this.i32[(at + 24) >> 2]; }
  setEncapsulation(at: number, value: number): void { this.i32[(at + 24) >> 2] = value; }
  /** Number of the biflow. */
  flow(at: number): number { return this.u32[(at + 28) >> 2]; }
  setFlow(at: number, value: number): void { this.u32[(at + 28) >> 2] = value; }
}
