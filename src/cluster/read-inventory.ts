/**
 * Reads a description of a cluster as `KnownCluster`: the output of `kubectl get nodes,pods,services,endpointslices -A
 * -o json`, one list or several. Text of the document is kept unchanged; the report sanitises it.
 */
import { isIP } from 'node:net';
import type { KnownCluster } from '../flows/evidence/evidence.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

type Found = Required<KnownCluster>;
/** A value of the document and its path, for messages. */
interface Spot {
  value: unknown;
  path: string;
}

/** Annotations that hold an address of the node itself, with or without a prefix length. */
const NODE_ADDRESSES = ['flannel.alpha.coreos.com/public-ip', 'projectcalico.org/IPv4Address'];
const FLANNEL_PUBLIC_IP = NODE_ADDRESSES[0];
const FLANNEL_BACKEND = 'flannel.alpha.coreos.com/backend-data';
/** Annotations that hold an address of a tunnel device of the node. */
const DEVICE_ADDRESSES: Readonly<Record<string, string>> = {
  'projectcalico.org/IPv4IPIPTunnelAddr': 'tunl0',
  'projectcalico.org/IPv4VXLANTunnelAddr': 'vxlan.calico',
};
/** Pods that have ended. Their address may belong to another pod now. */
const ENDED = new Set(['Succeeded', 'Failed']);
/** Name and label of the DNS service of the cluster; every distribution uses this label. */
const DNS_SERVICES = new Set(['kube-dns', 'coredns']);
const DNS_LABEL = 'kube-dns';
const SERVICE_OF_SLICE = 'kubernetes.io/service-name';
/** Deepest nesting of lists. kubectl writes items into lists, never lists into lists. */
const DEEPEST_LIST = 2;

/**
 * Facts of an inventory.
 *
 * @param document parsed JSON: a list of kubectl, one object, or an array of these
 * @throws PcapdiagError 'bad-option' that names the path in the document
 */
export function readInventory(document: unknown): KnownCluster {
  const found: Found = {
    serviceCidrs: [],
    podCidrs: [],
    nodes: {},
    dnsServers: [],
    names: {},
    endpoints: null,
    vteps: {},
    given: true,
  };
  const spots = Array.isArray(document) ? document.map((value, nth) => ({ value, path: `[${nth}]` })) : [];
  for (const spot of Array.isArray(document) ? spots : [{ value: document, path: '' }]) readObject(found, spot, 0);
  return found;
}

function readObject(found: Found, spot: Spot, depth: number): void {
  const kind = text(field(spot, 'kind')) ?? fail(field(spot, 'kind'), 'the kind of a Kubernetes object');
  if (kind === 'List' || kind.endsWith('List')) {
    if (depth >= DEEPEST_LIST) fail(spot, 'an object, not a list in a list');
    const items = field(spot, 'items');
    if (items.value === undefined) fail(items, 'a list');
    for (const item of list(items)) readObject(found, asItem(item, kind), depth + 1);
  } else if (kind === 'Node') readNode(found, spot);
  else if (kind === 'Pod') readPod(found, spot);
  else if (kind === 'Service') readService(found, spot);
  else if (kind === 'EndpointSlice') readEndpoints(found, spot);
}

/** Items of a PodList may lack `kind`. */
function asItem(item: Spot, listKind: string): Spot {
  const own = field(item, 'kind');
  if (own.value !== undefined || listKind === 'List') return item;
  return { value: { ...(item.value as object), kind: listKind.slice(0, -'List'.length) }, path: item.path };
}

function readNode(found: Found, node: Spot): void {
  const name = nameOf(node);
  for (const entry of list(at(node, 'status', 'addresses'))) {
    const type = text(field(entry, 'type'));
    if (type === 'InternalIP' || type === 'ExternalIP') setNode(found, address(field(entry, 'address')), name);
  }
  const annotations = at(node, 'metadata', 'annotations');
  for (const key of NODE_ADDRESSES) {
    const spot = field(annotations, key);
    if (spot.value !== undefined) setNode(found, address(withoutLength(spot)), name);
  }
  for (const [key, device] of Object.entries(DEVICE_ADDRESSES)) {
    const spot = field(annotations, key);
    if (spot.value !== undefined) found.names[address(withoutLength(spot))] = `${device} of ${name}`;
  }
  readVtep(found, annotations);
  const cidrs = [...list(at(node, 'spec', 'podCIDRs')), at(node, 'spec', 'podCIDR')];
  for (const spot of cidrs) if (spot.value !== undefined) addOnce(found.podCidrs, cidr(spot));
}

/** flannel publishes its VTEP as JSON: {"VNI":1,"VtepMAC":"be:ef:…"}; backends without a VTEP write null. */
function readVtep(found: Found, annotations: Spot): void {
  const spot = field(annotations, FLANNEL_BACKEND);
  const written = text(spot);
  const publicIp = field(annotations, FLANNEL_PUBLIC_IP);
  if (written === undefined || publicIp.value === undefined) return;
  let data: unknown;
  try {
    data = JSON.parse(written);
  } catch {
    fail(spot, 'JSON');
  }
  if (data === null) return;
  const mac = field({ value: data, path: spot.path }, 'VtepMAC');
  const given = text(mac);
  if (given === undefined || given === '') return;
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(given)) fail(mac, 'a MAC address');
  found.vteps[given.toLowerCase()] = address(publicIp);
}

function readPod(found: Found, pod: Spot): void {
  const name = fullName(pod);
  if (ENDED.has(text(at(pod, 'status', 'phase')) ?? '')) return;
  if (at(pod, 'spec', 'hostNetwork').value === true) return;
  const spots = [...list(at(pod, 'status', 'podIPs')).map((entry) => field(entry, 'ip')), at(pod, 'status', 'podIP')];
  for (const spot of spots) if (isGiven(spot)) found.names[address(spot)] = `pod ${name}`;
}

function readService(found: Found, service: Spot): void {
  const name = fullName(service);
  const addresses = [...list(at(service, 'spec', 'clusterIPs')), at(service, 'spec', 'clusterIP')]
    .filter((spot) => isGiven(spot) && spot.value !== 'None')
    .map(address);
  const ports = list(at(service, 'spec', 'ports')).map((port) => portText(field(port, 'port')));
  for (const ip of new Set(addresses)) {
    addOnce(found.serviceCidrs, `${ip}/${ip.includes(':') ? 128 : 32}`);
    found.names[ip] = `service ${name}${ports.length === 0 ? '' : `:${ports.join(',')}`}`;
    if (isDnsService(service, nameOf(service))) addOnce(found.dnsServers, ip);
  }
}

function readEndpoints(found: Found, slice: Spot): void {
  found.endpoints ??= [];
  if (text(field(slice, 'addressType')) === 'FQDN') return;
  // kubectl writes an empty slice as null.
  const isDns = isDnsService(slice, text(at(slice, 'metadata', 'labels', SERVICE_OF_SLICE)) ?? '');
  for (const endpoint of list(field(slice, 'endpoints'))) {
    for (const spot of list(field(endpoint, 'addresses'))) {
      const ip = address(spot);
      found.endpoints.push(ip);
      // A capture point behind the translation sees requests to these addresses.
      if (isDns) addOnce(found.dnsServers, ip);
    }
  }
}

const isDnsService = (object: Spot, service: string): boolean =>
  text(at(object, 'metadata', 'namespace')) === 'kube-system' &&
  (DNS_SERVICES.has(service) || text(at(object, 'metadata', 'labels', 'k8s-app')) === DNS_LABEL);

function setNode(found: Found, ip: string, name: string): void {
  found.nodes[ip] = name;
  found.names[ip] = name;
}

const nameOf = (spot: Spot): string => {
  const name = at(spot, 'metadata', 'name');
  return text(name) || fail(name, 'a name');
};
const fullName = (spot: Spot): string => `${text(at(spot, 'metadata', 'namespace')) ?? 'default'}/${nameOf(spot)}`;

// ---------------------------------------------------------------------------------------------- values of the document

/** A member of an object; undefined when the object is missing. Only own members count. */
function field({ value, path }: Spot, name: string): Spot {
  const below = path + (/^\w+$/.test(name) ? `${path === '' ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`);
  if (value === undefined || value === null) return { value: undefined, path: below };
  if (typeof value !== 'object' || Array.isArray(value)) fail({ value, path }, 'an object');
  return { value: Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, path: below };
}

const at = (spot: Spot, ...names: string[]): Spot => names.reduce(field, spot);

function list(spot: Spot): Spot[] {
  const { value, path } = spot;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail(spot, 'a list');
  return value.map((item, nth) => ({ value: item, path: `${path}[${nth}]` }));
}

function text(spot: Spot): string | undefined {
  if (spot.value === undefined || spot.value === null) return undefined;
  return typeof spot.value === 'string' ? spot.value : fail(spot, 'text');
}

/** Status fields are empty until they are set. */
const isGiven = ({ value }: Spot): boolean => value !== undefined && value !== null && value !== '';

/** Normalised as in evidence: RFC 5952, lower case. */
function address(spot: Spot): string {
  const given = text(spot) ?? '';
  const version = isIP(given);
  if (version === 0 || given.includes('%')) return fail(spot, 'an IP address');
  return version === 4 ? given : new URL(`http://[${given}]`).hostname.slice(1, -1);
}

const withoutLength = (spot: Spot): Spot => ({ value: text(spot)?.split('/')[0], path: spot.path });

function cidr(spot: Spot): string {
  const [base, length, ...more] = (text(spot) ?? '').split('/');
  const ip = address({ value: base, path: spot.path });
  if (more.length > 0 || !/^\d{1,3}$/.test(length ?? '') || Number(length) > (ip.includes(':') ? 128 : 32))
    fail(spot, 'a range such as 10.244.1.0/24');
  return `${ip}/${length}`;
}

function portText(spot: Spot): string {
  const { value } = spot;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65535) return fail(spot, 'a port');
  return String(value);
}

function addOnce(to: string[], value: string): void {
  if (!to.includes(value)) to.push(value);
}

function fail({ path }: Spot, expected: string): never {
  throw new PcapdiagError('bad-option', `inventory: ${path === '' ? 'the document' : path} must be ${expected}`);
}
