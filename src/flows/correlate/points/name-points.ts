import type { Joined } from '../../capture/capture-digest.ts';
import type { CapturePoint, PointRole } from '../../evidence/evidence.ts';
import { INITIAL_TTLS, SAME_HOST_SECONDS } from '../same-traffic/thresholds.ts';
import { hostsOfFolders, MEANINGLESS, type NamedPlace, placeOfFile, roleOfInterface } from './interface-name.ts';
import { LINKTYPE } from './link-type-numbers.ts';

/** Where captures were taken, by path or file name, as the user says it. */
export type GivenPoints = Record<string, { host: string; interface: string }>;

/**
 * Finds host, device and role of every point: as given, else by interface and file names, else by the traffic itself.
 * Display names become unique. Contradictions go into the notes.
 */
export function namePoints(evidence: Joined, given: GivenPoints): void {
  const folders = hostsOfFolders(evidence.captures.map(({ path }) => path));
  for (const point of evidence.points) placePoint(evidence, point, given, folders[point.capture]);
  for (const point of evidence.points) if (point.role === 'unknown') roleFromTraffic(evidence, point);
  settleBridges(evidence);
  for (const point of evidence.points) if (point.role === 'node-nic') settleNic(evidence, point);
  uniqueNames(evidence);
}

const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

function placePoint(evidence: Joined, point: CapturePoint, given: GivenPoints, folder: string | null): void {
  const { path } = evidence.captures[point.capture];
  const told = given[path] ?? given[fileName(path)];
  const named = namedPlace(evidence, path);
  const isOnly = evidence.points.filter(({ capture }) => capture === point.capture).length === 1;
  const device = point.interfaceName ?? (isOnly ? (told?.interface ?? named.device) : null);
  const host = told?.host ?? named.host ?? folder ?? hostOfStem(path, point);
  const role = roleOfPoint(point, device, named.device);
  point.interfaceName = told !== undefined && isOnly ? told.interface : device;
  point.host = host;
  point.role = told !== undefined && isOnly ? orElse(roleOfInterface(told.interface), role) : role;
  point.namedBy = told !== undefined ? 'given' : role !== 'unknown' || host !== null ? 'name' : 'unknown';
  if (told !== undefined && named.host !== null && named.host !== told.host)
    evidence.notes.push({
      code: 'given-host-differs',
      capture: point.capture,
      given: told.host,
      named: named.host,
    });
  const byName = named.device === null ? 'unknown' : roleOfInterface(named.device);
  const byGiven = told === undefined ? 'unknown' : roleOfInterface(told.interface);
  if (told === undefined || named.device === null || !isOnly) return;
  if (byName !== 'unknown' && byGiven !== 'unknown' && byName !== byGiven)
    evidence.notes.push({
      code: 'given-interface-differs',
      capture: point.capture,
      given: told.interface,
      named: named.device,
    });
}

/** A file whose device nobody knows names a host only if a file with a known device names the same. */
function namedPlace(evidence: Joined, path: string): NamedPlace {
  const named = placeOfFile(path);
  if (!named.isGuess) return named;
  const others = evidence.captures.map((capture) => placeOfFile(capture.path));
  const isConfirmed = others.some(({ host, isGuess }) => !isGuess && host === named.host);
  return isConfirmed ? named : { host: null, device: null, isGuess: true };
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
  // One interface of an "any" capture: the name of the file is not its own.
  if (point.linkInterface >= 0) return 'unknown';
  return deviceOfFile === null ? 'unknown' : roleOfInterface(deviceOfFile);
}

/** Encapsulated packets are on the wire; addresses of one pod are on its veth; raw IP has no device but a tunnel. */
function roleFromTraffic(evidence: Joined, point: CapturePoint): void {
  const { index, linkType, linkInterface } = point;
  if (point.quality.packets === 0) return;
  const role = ((): PointRole => {
    if (linkType === LINKTYPE.linuxSll && linkInterface < 0) return 'any';
    if (evidence.tunnels.some((tunnel) => tunnel.point === index)) return 'node-nic';
    if (linkType === LINKTYPE.raw || linkType === LINKTYPE.ipv4 || linkType === LINKTYPE.ipv6) return 'tunnel-device';
    const macs = macsOf(evidence, index);
    if (isInnerOfTunnel(evidence, macs)) return 'tunnel-device';
    if (macs.size === 0) return 'unknown';
    return podSide(evidence, index);
  })();
  if (role === 'unknown') return;
  point.role = role;
  point.namedBy = point.namedBy === 'unknown' ? 'traffic' : point.namedBy;
}

/**
 * A device inside a node: pods that speak here, with the hop limit they started with, also speak through tunnels. One
 * pod is its veth, several are their bridge.
 */
function podSide(evidence: Joined, point: number): PointRole {
  const inner = new Set<string>();
  for (const { innerSources, innerDestinations } of evidence.tunnels)
    for (const { value } of [...innerSources, ...innerDestinations]) inner.add(value);
  const pods = evidence.hosts.filter(
    (host) =>
      host.point === point &&
      !host.outer &&
      host.sent > 0 &&
      inner.has(host.address) &&
      host.ttls.some(({ value }) => INITIAL_TTLS.includes(value)),
  );
  if (pods.length === 0) return 'unknown';
  return pods.length === 1 ? 'pod-veth' : 'bridge';
}

function macsOf(evidence: Joined, point: number): Set<string> {
  const macs = new Set<string>();
  for (const host of evidence.hosts)
    if (host.point === point && !host.outer) for (const { value } of host.macs) macs.add(value);
  return macs;
}

/** The MAC addresses at a VXLAN device are those of the VTEPs, seen inside the tunnel at the NIC. */
function isInnerOfTunnel(evidence: Joined, macs: Set<string>): boolean {
  if (macs.size === 0) return false;
  const inner = new Set<string>();
  for (const { innerSourceMacs, innerDestinationMacs } of evidence.tunnels)
    for (const { value } of [...innerSourceMacs, ...innerDestinationMacs]) inner.add(value);
  return [...macs].every((mac) => inner.has(mac));
}

/**
 * With one pod that speaks, its bridge looks like its veth. Of two devices of one host that show the same pod, what goes
 * to it passes the bridge first, and what it sends the veth.
 */
export function settleBridges(evidence: Joined): void {
  for (const point of evidence.points)
    if (point.role === 'pod-veth' && point.interfaceName === null && isBridge(evidence, point)) point.role = 'bridge';
}

function isBridge(evidence: Joined, point: CapturePoint): boolean {
  const podsOf = ({ index }: CapturePoint) => evidence.hosts.filter((host) => host.point === index && !host.outer);
  const isOfSameHost = (other: CapturePoint) =>
    other.capture === point.capture || (point.host !== null && other.host === point.host);
  const veths = evidence.points.filter((other) => other !== point && other.role === 'pod-veth' && isOfSameHost(other));
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

/** How much later the second point saw what is the same packet; 0 when it is not, or nothing tells. */
function laterBy(first: number | null, second: number | null, shift: number): number {
  if (first === null || second === null) return 0;
  const delay = second + shift - first;
  return Math.abs(delay) <= SAME_HOST_SECONDS ? delay : 0;
}

/** A NIC without tunnels, on a host without pods, belongs to a host outside the cluster. */
function settleNic(evidence: Joined, point: CapturePoint): void {
  const ofHost = evidence.points.filter(
    (other) => other === point || (point.host !== null && other.host === point.host),
  );
  const isNode = ofHost.some(
    ({ index, role }) =>
      role === 'pod-veth' ||
      role === 'bridge' ||
      role === 'tunnel-device' ||
      evidence.tunnels.some((tunnel) => tunnel.point === index),
  );
  if (!isNode) point.role = 'host-nic';
}

function uniqueNames(evidence: Joined): void {
  const taken = new Set<string>();
  for (const point of evidence.points) {
    const base = nameOf(evidence, point);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base} (${count})`;
    taken.add(name);
    point.name = name;
  }
}

function nameOf(
  evidence: Joined,
  { host, interfaceName, linkInterface, fileInterface, capture }: CapturePoint,
): string {
  const several = evidence.points.filter((point) => point.capture === capture).length > 1;
  const device =
    interfaceName ??
    (linkInterface >= 0 ? `interface ${linkInterface}` : several ? `interface ${fileInterface}` : null);
  if (host !== null && device !== null) return `${host} ${device}`;
  const file = fileName(evidence.captures[capture].path);
  if (device !== null && (several || host === null)) return several ? `${file} ${device}` : device;
  return host ?? file;
}
