import { type Direction, type Endpoint, TO_SERVER } from '../../evidence/evidence.ts';
import type { Member } from './same-traffic.ts';
import type { SightingStore, Track } from './sighting-store.ts';

/** Client and server of a member, by the roles of its conversation. */
export const rolesOf = ({ biflow, flipped }: Member): { client: Endpoint; server: Endpoint } =>
  flipped ? { client: biflow.server, server: biflow.client } : { client: biflow.client, server: biflow.server };

/** Rows of a member in a direction of its conversation. The roles at the point may be reversed. */
export const trackOf = (store: SightingStore, { biflow, flipped }: Member, direction: Direction): Track =>
  store.track(biflow, flipped ? ((1 - direction) as Direction) : direction);

/** The number of these rows. */
export const rowsOf = (store: SightingStore, { biflow, flipped }: Member, direction: Direction): number =>
  store.rows(biflow, flipped ? ((1 - direction) as Direction) : direction);

/** Sign of the decrease of the hop limit from `a` to `b` on the way to the server, by the packets of one direction. */
export function compareTtl(a: Member, b: Member, store: SightingStore, direction: Direction): number {
  if (rowsOf(store, a, direction) === 0 || rowsOf(store, b, direction) === 0) return 0;
  const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
  const fall = Math.sign(trackA.columns.ttl[trackA.rows[0]] - trackB.columns.ttl[trackB.rows[0]]);
  return direction === TO_SERVER ? fall : 0 - fall;
}
