import type { Joined } from '../../capture/capture-digest.ts';
import type { PointRole } from '../../evidence/evidence.ts';
import type { Member } from '../same-traffic/same-traffic.ts';

/** Position of a device on the path from a process in a pod to the wire. */
const DEPTH: Record<PointRole, number> = {
  'pod-veth': 0,
  bridge: 1,
  'tunnel-device': 2,
  any: 2,
  unknown: 2,
  'node-nic': 3,
  'host-nic': 3,
  outside: 4,
};

/** Depth of a sighting in its host. A NIC shows packets both in plain and encapsulated. */
export const depthOf = (evidence: Joined, { biflow }: Member): number =>
  DEPTH[evidence.points[biflow.point].role] + (biflow.encapsulation.length > 0 ? 0.5 : 0);
