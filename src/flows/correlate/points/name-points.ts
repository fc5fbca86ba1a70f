import type { Joined } from '../../capture/capture-digest.ts';
import type { CapturePoint, PointRole } from '../../evidence/evidence.ts';
import { INITIAL_TTLS, SAME_HOST_SECONDS } from '../same-traffic/thresholds.ts';
import { atPoint, groupBy } from './at-point.ts';
import { fileName, type GivenPoints, givenPlace } from './given-points.ts';
import {
  hostAndDevice,
  hostsOfFolders,
  MEANINGLESS,
  type NamedPlace,
  placeOfFile,
  roleOfInterface,
} from './interface-name.ts';
import { LINKTYPE } from './link-type-numbers.ts';
import { tellHostsApart } from './same-names.ts';

/**
 * Determines host, device and role of every point: from the user, else from interface and file names, else from the
 * traffic. Display names are made unique. Contradictions are added to the notes.
 */
export function namePoints(evidence: Joined, given: GivenPoints): void {
  const pointsOf = groupBy(evidence.points, ({ capture }) => capture);
  const places = placesOfFiles(evidence, pointsOf, given);
  for (const point of evidence.points) {
    const isOnly = pointsOf.get(point.capture)?.length === 1;
    placePoint(evidence, point, { given, isOnly, ...places[point.capture] });
  }
  const inner = innerAddresses(evidence);
  for (const point of evidence.points) if (point.role === 'unknown') roleFromTraffic(evidence, point, inner);
  settleBridges(evidence);
  settleNics(evidence);
  uniqueNames(evidence, pointsOf);
}

/** Host and device of a capture by the names of its file and folder. */
interface PlaceOfFile {
  named: NamedPlace;
  folder: string | null;
}

type PointsOfCaptures = ReadonlyMap<number, readonly CapturePoint[]>;

function placesOfFiles(evidence: Joined, pointsOf: PointsOfCaptures, given: GivenPoints): PlaceOfFile[] {
  const paths = evidence.captures.map(({ path }) => path);
  const named = paths.map(placeOfFile);
  /** A file with an unknown device names a host only if a file with a known device names the same host. */
  const confirmed = new Set(named.filter(({ isGuess }) => !isGuess).map(({ host }) => host));
  const sure = named.map((place) =>
    place.isGuess && !confirmed.has(place.host) ? { host: null, device: null, isGuess: true } : place,
  );
  const stems = paths.map((path, capture) => {
    const [point] = pointsOf.get(capture) ?? [];
    return point === undefined ? null : hostOfStem(path, point);
  });
  tellHostsApart(evidence, sure, stems, given);
  const folders = hostsOfFolders(paths);
  return sure.map((place, capture) => ({ named: place, folder: folders[capture] }));
}

function placePoint(
  evidence: Joined,
  point: CapturePoint,
  { given, named, folder, isOnly }: PlaceOfFile & { given: GivenPoints; isOnly: boolean },
): void {
  const { path } = evidence.captures[point.capture];
  const told = givenPlace(given, path);
  const both = hostAndDevice(point.interfaceName);
  if (both !== null) point.interfaceName = both.device;
  const device = point.interfaceName ?? (isOnly ? (told?.interface ?? named.device) : null);
  const host = told?.host ?? both?.host ?? named.host ?? folder ?? hostOfStem(path, point);
  const role = roleOfPoint(point, device, named.device);
  point.interfaceName = isOnly ? (told?.interface ?? device) : device;
  point.host = host;
  point.role = told?.interface !== undefined && isOnly ? orElse(roleOfInterface(told.interface), role) : role;
  point.namedBy = told !== undefined ? 'given' : role !== 'unknown' || host !== null ? 'name' : 'unknown';
  if (told?.host !== undefined && named.host !== null && named.host !== told.host)
    evidence.notes.push({
      code: 'given-host-differs',
      capture: point.capture,
      given: told.host,
      named: named.host,
    });
  const byName = named.device === null ? 'unknown' : roleOfInterface(named.device);
  const byGiven = told?.interface === undefined ? 'unknown' : roleOfInterface(told.interface);
  if (told?.interface === undefined || named.device === null || !isOnly) return;
  if (byName !== 'unknown' && byGiven !== 'unknown' && byName !== byGiven)
    evidence.notes.push({
      code: 'given-interface-differs',
      capture: point.capture,
      given: told.interface,
      named: named.device,
    });
}

const orElse = (role: PointRole, other: PointRole): PointRole => (role === 'unknown' ? other : role);

/** "node1.pcapng" with interface names inside: the file name is the host. */
function hostOfStem(path: string, point: CapturePoint): string | null {
  if (point.interfaceName === null) return null;
  const stem = fileName(path).replace(/\.(?:pcapng|pcap|cap)(?:\.\w+)?$/i, '');
  return MEANINGLESS.test(stem) || roleOfInterface(stem) !== 'unknown' ? null : stem;
}

function roleOfPoint(point: CapturePoint, device: string | null, deviceOfFile: string | null): PointRole {
  if (device !== null) return roleOfInterface(device);
  // One interface of an "any" capture: the file name does not describe it.
  if (point.linkInterface >= 0) return 'unknown';
  return deviceOfFile === null ? 'unknown' : roleOfInterface(deviceOfFile);
}

/**
 * Encapsulated packets are on the wire. Addresses of a single pod are on its veth. Raw IP without a link layer is on a
 * tunnel device.
 */
function roleFromTraffic(evidence: Joined, point: CapturePoint, inner: InnerAddresses): void {
  const { index, linkType, linkInterface } = point;
  if (point.quality.packets === 0) return;
  const role = ((): PointRole => {
    if (linkType === LINKTYPE.linuxSll && linkInterface < 0) return 'any';
    if (atPoint(evidence.tunnels, index).length > 0) return 'node-nic';
    if (linkType === LINKTYPE.raw || linkType === LINKTYPE.ipv4 || linkType === LINKTYPE.ipv6) return 'tunnel-device';
    const macs = macsOf(evidence, index);
    if (isInnerOfTunnel(inner, macs)) return 'tunnel-device';
    if (macs.size === 0) return 'unknown';
    return podSide(evidence, index, inner);
  })();
  if (role === 'unknown') return;
  point.role = role;
  point.namedBy = point.namedBy === 'unknown' ? 'traffic' : point.namedBy;
}

/** Addresses inside tunnels, over all points. */
interface InnerAddresses {
  pods: ReadonlySet<string>;
  macs: ReadonlySet<string>;
}

function innerAddresses({ tunnels }: Joined): InnerAddresses {
  const [pods, macs] = [new Set<string>(), new Set<string>()];
  for (const { innerSources, innerDestinations, innerSourceMacs, innerDestinationMacs } of tunnels) {
    for (const { value } of [...innerSources, ...innerDestinations]) pods.add(value);
    for (const { value } of [...innerSourceMacs, ...innerDestinationMacs]) macs.add(value);
  }
  return { pods, macs };
}

/**
 * A device inside a node: pods send here with their initial hop limit, and also through tunnels. With one pod it is the
 * pod's veth, with several it is their bridge.
 */
function podSide(evidence: Joined, point: number, inner: InnerAddresses): PointRole {
  const pods = atPoint(evidence.hosts, point).filter(
    (host) =>
      !host.outer &&
      host.sent > 0 &&
      inner.pods.has(host.address) &&
      host.ttls.some(({ value }) => INITIAL_TTLS.includes(value)),
  );
  if (pods.length === 0) return 'unknown';
  return pods.length === 1 ? 'pod-veth' : 'bridge';
}

function macsOf(evidence: Joined, point: number): Set<string> {
  const macs = new Set<string>();
  for (const host of atPoint(evidence.hosts, point))
    if (!host.outer) for (const { value } of host.macs) macs.add(value);
  return macs;
}

/** The MAC addresses at a VXLAN device are those of the VTEPs, which the NIC shows inside the tunnel. */
const isInnerOfTunnel = (inner: InnerAddresses, macs: Set<string>): boolean =>
  macs.size > 0 && [...macs].every((mac) => inner.macs.has(mac));

/**
 * With one sending pod, its bridge looks like its veth. If two devices of one host show the same pod, packets to it
 * pass the bridge first, and packets from it pass the veth first.
 */
export function settleBridges(evidence: Joined): void {
  const ofCapture = groupBy(evidence.points, ({ capture }) => capture);
  const ofHost = groupBy(evidence.points, ({ host }) => host);
  for (const point of evidence.points) {
    if (point.role !== 'pod-veth' || point.interfaceName !== null) continue;
    const near = [...(ofCapture.get(point.capture) ?? []), ...((point.host !== null && ofHost.get(point.host)) || [])];
    const veths = near.filter((other) => other !== point && other.role === 'pod-veth');
    if (isBridge(evidence, point, veths)) point.role = 'bridge';
  }
}

/** @param veths those of the same host */
function isBridge(evidence: Joined, point: CapturePoint, veths: readonly CapturePoint[]): boolean {
  const podsOf = ({ index }: CapturePoint) => atPoint(evidence.hosts, index).filter(({ outer }) => !outer);
  return podsOf(point).some((here) =>
    veths.some((veth) =>
      podsOf(veth).some((there) => {
        const isOwn = there.sent > 0 && there.ttls.some(({ value }) => INITIAL_TTLS.includes(value));
        if (there.address !== here.address || !isOwn) return false;
        const shift = veth.timeShift - point.timeShift;
        const received = laterBy(here.firstReceived, there.firstReceived, shift);
        return received === 0 ? laterBy(there.firstSent, here.firstSent, -shift) > 0 : received > 0;
      }),
    ),
  );
}

/** How much later the second point saw the same packet; 0 when it is another packet, or the order is unknown. */
function laterBy(first: number | null, second: number | null, shift: number): number {
  if (first === null || second === null) return 0;
  const delay = second + shift - first;
  return Math.abs(delay) <= SAME_HOST_SECONDS ? delay : 0;
}

/** A NIC without tunnels, on a host without pods, belongs to a host outside the cluster. */
function settleNics(evidence: Joined): void {
  const isOfNode = ({ index, role }: CapturePoint): boolean =>
    role === 'pod-veth' || role === 'bridge' || role === 'tunnel-device' || atPoint(evidence.tunnels, index).length > 0;
  const nodes = new Set(evidence.points.filter(isOfNode).map(({ host }) => host));
  for (const point of evidence.points) {
    const isNode = isOfNode(point) || (point.host !== null && nodes.has(point.host));
    if (point.role === 'node-nic' && !isNode) point.role = 'host-nic';
  }
}

function uniqueNames(evidence: Joined, pointsOf: PointsOfCaptures): void {
  const taken = new Set<string>();
  // Next number for each name, because hundreds of points may share one.
  const counts = new Map<string, number>();
  for (const point of evidence.points) {
    const base = nameOf(evidence, point, (pointsOf.get(point.capture)?.length ?? 0) > 1);
    let name = base;
    let count = counts.get(base) ?? 1;
    while (taken.has(name)) name = `${base} (${++count})`;
    counts.set(base, count);
    taken.add(name);
    point.name = name;
  }
}

function nameOf(
  evidence: Joined,
  { host, interfaceName, linkInterface, fileInterface, capture }: CapturePoint,
  several: boolean,
): string {
  const device =
    interfaceName ??
    (linkInterface >= 0 ? `interface ${linkInterface}` : several ? `interface ${fileInterface}` : null);
  if (host !== null && device !== null) return `${host} ${device}`;
  const file = fileName(evidence.captures[capture].path);
  if (device !== null && (several || host === null)) return several ? `${file} ${device}` : device;
  return host ?? file;
}
