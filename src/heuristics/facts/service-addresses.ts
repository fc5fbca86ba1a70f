import type { Conversation, Endpoint, Evidence, KnownCluster, PointRole } from '../../flows/evidence/evidence.ts';
import {
  inRange,
  ipv4Number,
  ipv6Number,
  isPrivate,
  isSpecial,
  prefixOf,
  WELL_KNOWN_SERVICE_RANGES,
} from '../../text/addresses.ts';
import { lookupsOf } from './dns-lookups.ts';
import { isNodePort } from './node-ports.ts';

/** How certain it is that an address belongs to a service and not to a machine. */
export interface ServiceSign {
  strength: 'strong' | 'weak';
  because: string;
}

export interface ServiceAddresses {
  /** Whether the captures show that a machine has this address. */
  isMachine(address: string): boolean;
  /** Null when a machine has the address, or when nothing shows that it is a service. */
  signOf(address: string): ServiceSign | null;
  /**
   * Why a destination that nobody answers for may be a service: what `signOf` says, or that kube-apiserver gives its own
   * Service such an address. A weak sign does not count beside machines. Too weak for a verdict; a silent destination
   * gets a further cause by it.
   */
  mayBe(server: Endpoint): string | null;
}

/** Names that only the DNS server of a cluster knows. Clients usually ask it at its service address. */
const CLUSTER_NAME = /\.svc\.[^.]+\.[^.]+\.?$/i;

const cache = new WeakMap<Evidence, ServiceAddresses>();

/**
 * Which addresses look like service addresses. These are private addresses that no machine of the captures has. One
 * sign must hold as well: the address was given as a service address, is asked for names of the cluster, is translated
 * on some node, or lies in the default range of a distribution. Ranges are only hints: a range that machines of the
 * captures use is not a service range.
 */
export function serviceAddressesOf(evidence: Evidence): ServiceAddresses {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const machines = machineAddresses(evidence);
  const resolvers = clusterResolvers(evidence);
  const translated = translatedAddresses(evidence, machines);
  const signs = new Map<string, ServiceSign | null>();
  const made: ServiceAddresses = {
    isMachine: (address) => machines.has(address),
    signOf: (address) => {
      let sign = signs.get(address);
      if (sign === undefined)
        signs.set(address, (sign = signFor(evidence, address, { machines, resolvers, translated })));
      return sign;
    },
    mayBe: (server) => {
      const sign = made.signOf(server.address);
      if (sign?.strength === 'strong') return sign.because;
      if (sharesNet(server.address, machines, SERVICE_NETS[0])) return null;
      return sign?.because ?? apiServerSign(evidence, server);
    },
  };
  cache.set(evidence, made);
  return made;
}

/** Addresses by what the captures show about them. */
interface Shown {
  machines: ReadonlySet<string>;
  /** Addresses that were asked for names of the cluster. */
  resolvers: ReadonlySet<string>;
  /** Addresses that were translated to another address at some point. */
  translated: ReadonlySet<string>;
}

function signFor({ known }: Evidence, address: string, { machines, resolvers, translated }: Shown): ServiceSign | null {
  if (isSpecial(address) || machines.has(address)) return null;
  const given = givenRange(known, address);
  if (given !== undefined) return { strength: 'strong', because: `${given} is given as a service range` };
  if (!isPrivate(address) || known.podCidrs.some((cidr) => inRange(address, cidr))) return null;
  if (resolvers.has(address)) return { strength: 'strong', because: 'it is asked for names of services' };
  if (translated.has(address)) return { strength: 'strong', because: 'a node is seen to translate it to a pod' };
  if (known.serviceCidrs.length > 0) return null;
  const range = WELL_KNOWN_SERVICE_RANGES.find(({ cidr }) => inRange(address, cidr));
  if (range !== undefined && !sharesNet(address, machines, POD_NET))
    return { strength: 'weak', because: `it lies in the default service range ${range.cidr} (${range.source})` };
  if (liesBeside(address, resolvers, machines))
    return { strength: 'weak', because: 'it lies beside the DNS service, in a range where no machine was seen' };
  if (liesBeside(address, translated, machines))
    return { strength: 'weak', because: 'it lies beside a service that a node translates, where no machine was seen' };
  return null;
}

/** Port of the Service `kubernetes` (kube-apiserver, pkg/controlplane: `kubernetesServicePort`). */
const API_SERVICE_PORT = 443;

/**
 * kube-apiserver gives its own Service, `kubernetes`, the first address of the service range, and port 443
 * (Kubernetes, "Service ClusterIP allocation"). An address that ends in 1 is the first one of any range of a /24 or
 * wider, and of a /112 or wider in IPv6. Gateways have such addresses too, in nets where machines are.
 */
function apiServerSign({ known }: Evidence, { address, port }: Endpoint): string | null {
  if (port !== API_SERVICE_PORT || !isPrivate(address) || known.serviceCidrs.length > 0) return null;
  if (known.podCidrs.some((cidr) => inRange(address, cidr))) return null;
  const isFirst = ((ipv4Number(address) ?? 0) & 0xff) === 1 || ((ipv6Number(address) ?? 0n) & 0xffffn) === 1n;
  if (!isFirst) return null;
  return 'it is the first address of a range, at port 443, as that of the Service kubernetes, and no machine was seen near it';
}

/**
 * How many first bits an address shares with a service and not with a machine, in IPv4 and IPv6: a /16, or a /24 where
 * machines are in the same /16 (Kubespray: 10.233.0.0/18 beside the pods). Service ranges of IPv6 are a /108 at most
 * (kube-apiserver), usually a /112; Kubespray gives a /116 beside the pods.
 */
const SERVICE_NETS = [
  [16, 112],
  [24, 116],
] as const;
/** The net of a node's pods. An address in a net that holds machines is taken for a machine. */
const POD_NET = [24, 120] as const;

const liesBeside = (address: string, services: ReadonlySet<string>, machines: ReadonlySet<string>): boolean =>
  SERVICE_NETS.some((net) => sharesNet(address, services, net) && !sharesNet(address, machines, net));

const rangesOf = new WeakMap<KnownCluster, { singles: ReadonlySet<string>; wider: readonly string[] }>();

/**
 * The given range of an address. An inventory gives each service as a range of one address. There can be thousands, so
 * they are looked up by address.
 */
function givenRange(known: KnownCluster, address: string): string | undefined {
  let ranges = rangesOf.get(known);
  if (ranges === undefined) {
    const isSingle = (cidr: string): boolean => !cidr.includes(':') && cidr.endsWith('/32');
    ranges = {
      singles: new Set(known.serviceCidrs.filter(isSingle)),
      wider: known.serviceCidrs.filter((cidr) => !isSingle(cidr)),
    };
    rangesOf.set(known, ranges);
  }
  if (ranges.singles.has(`${address}/32`)) return `${address}/32`;
  return ranges.wider.find((cidr) => inRange(address, cidr));
}

/**
 * Addresses that some machine has: the address resolves by ARP, is reached by a tunnel (service addresses are
 * translated before), is the result of a translation, or was given as a node.
 */
function machineAddresses(evidence: Evidence): Set<string> {
  const { arp, claims, tunnels, connections, datagrams, conversations, points, known } = evidence;
  const machines = new Set<string>(Object.keys(known.nodes));
  for (const exchange of arp) {
    machines.add(exchange.target);
    machines.add(exchange.asker);
  }
  for (const claim of claims) if (claim.claims > 0) machines.add(claim.address);
  for (const { innerSources, innerDestinations } of tunnels)
    for (const { value } of [...innerSources, ...innerDestinations]) machines.add(value);
  for (const one of [...connections, ...datagrams]) {
    machines.add(one.client.address);
    const inTunnel = one.encapsulation.length > 0 || points[one.point].role === 'tunnel-device';
    if (inTunnel) machines.add(one.server.address);
  }
  for (const one of conversations) if (one.serverBeforeNat !== null) machines.add(one.server.address);
  return machines;
}

/**
 * Addresses that are translated. Node ports are left out: they are translated too, but their address belongs to a
 * machine.
 */
function translatedAddresses({ nat }: Evidence, machines: ReadonlySet<string>): Set<string> {
  return new Set(
    nat
      .filter(({ kind, before }) => kind === 'dnat' && !isNodePort(before.port) && !machines.has(before.address))
      .map(({ before }) => before.address),
  );
}

function clusterResolvers(evidence: Evidence): Set<string> {
  return new Set(
    lookupsOf(evidence)
      .filter(({ exchange }) => CLUSTER_NAME.test(exchange.name))
      .map(({ server }) => server.address),
  );
}

const netsOf = new WeakMap<ReadonlySet<string>, Map<number, ReadonlySet<string | undefined>>>();

/** True when one of the others shares the first bits, `[of IPv4, of IPv6]`. */
function sharesNet(address: string, others: ReadonlySet<string>, [bits4, bits6]: readonly [number, number]): boolean {
  const known = netsOf.get(others) ?? new Map<number, ReadonlySet<string | undefined>>();
  netsOf.set(others, known);
  let nets = known.get(bits6);
  if (nets === undefined) known.set(bits6, (nets = new Set([...others].map((other) => prefixOf(other, bits4, bits6)))));
  const net = prefixOf(address, bits4, bits6);
  return net !== undefined && nets.has(net);
}

/** The NIC where the packets of a conversation were seen with this destination and without encapsulation. */
export function nicOf(
  { points }: Evidence,
  { legs }: Conversation,
  address: string,
  roles: readonly PointRole[] = ['node-nic'],
): number | null {
  const leg = legs.find(
    ({ point, encapsulation, server }) =>
      roles.includes(points[point].role) && encapsulation.length === 0 && server.address === address,
  );
  return leg?.point ?? null;
}

/** True when some point shows the conversation with another destination than the one the client asked for. */
export const isTranslated = ({ legs, serverBeforeNat }: Conversation): boolean =>
  serverBeforeNat !== null || new Set(legs.map((leg) => leg.server.address)).size > 1;
