import type { CapturePoint, PointRole } from '../../flows/evidence/evidence.ts';

const ROLES: Readonly<Record<PointRole, string | null>> = {
  'pod-veth': "a pod's device",
  bridge: 'the bridge of the pods',
  'tunnel-device': 'the tunnel device',
  'node-nic': "a node's NIC",
  'host-nic': "a host's NIC",
  any: 'all devices',
  outside: 'outside the cluster',
  unknown: null,
};

/**
 * Name of a point in a sentence about a place. If the file name says nothing, the traffic describes the point: "02.pcap
 * (a node's NIC, as it seems)", "03.pcap (a pod's device on 192.168.0.7, as it seems)".
 */
export function pointWords({ name, host, role, namedBy }: CapturePoint): string {
  const what = ROLES[role];
  if (namedBy !== 'traffic' || (what === null && host === null)) return name;
  const where = host === null ? '' : what === null ? `on ${host}` : ` on ${host}`;
  return `${name} (${what ?? ''}${where}, as it seems)`;
}
