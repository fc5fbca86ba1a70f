/**
 * What an address is, judged by its number alone, and membership in ranges. Input is text, because evidence holds text.
 */
import { ipv6Groups } from './ipv6-groups.ts';

const DOT = 0x2e;
const ZERO = 0x30;

/** IPv4 as a number 0 to 2³²-1; undefined for anything else. */
export function ipv4Number(address: string): number | undefined {
  let value = 0;
  let [part, digits, dots] = [0, 0, 0];
  for (let at = 0; at < address.length; at++) {
    const unit = address.charCodeAt(at);
    if (unit === DOT && digits > 0) {
      value = value * 256 + part;
      [part, digits] = [0, 0];
      dots++;
    } else {
      part = part * 10 + unit - ZERO;
      if (unit < ZERO || unit > ZERO + 9 || ++digits > 3 || part > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

/** IPv6 as a 128-bit number; undefined for anything else. Takes the RFC 5952 text that evidence holds. */
export const ipv6Number = (address: string): bigint | undefined =>
  ipv6Groups(address)?.reduce((value, group) => (value << 16n) | BigInt(Number.parseInt(group, 16)), 0n);

/** True when `address` lies in `cidr` ("10.96.0.0/12", "fd00::/8"). False if `cidr` is not a range. */
export function inRange(address: string, cidr: string): boolean {
  const [base, lengthText] = cidr.split('/');
  const length = Number(lengthText);
  const v4 = ipv4Number(address);
  const base4 = ipv4Number(base);
  if (v4 !== undefined && base4 !== undefined) {
    const size = 2 ** (32 - length);
    return Math.floor(v4 / size) === Math.floor(base4 / size);
  }
  const v6 = ipv6Number(address);
  const base6 = ipv6Number(base);
  if (v6 === undefined || base6 === undefined) return false;
  const shift = BigInt(128 - length);
  return v6 >> shift === base6 >> shift;
}

/**
 * Multicast, broadcast, unspecified, loopback and link-local addresses. They do not answer, or are not reached by
 * routing.
 */
export function isSpecial(address: string): boolean {
  const v4 = ipv4Number(address);
  if (v4 !== undefined) {
    const first = v4 >>> 24;
    return first >= 224 || first === 127 || first === 0 || v4 >>> 16 === 0xa9fe;
  }
  const lower = address.toLowerCase();
  return lower.startsWith('ff') || lower === '::' || lower === '::1' || lower.startsWith('fe80:');
}

/** Unicast that is valid on its link only (RFC 3927, 2.1; RFC 4291, 2.5.6). Routers and name servers of a node use it. */
export const isLinkLocalUnicast = (address: string): boolean => /^(?:169\.254\.|fe80:)/i.test(address);

/** RFC 1918, RFC 6598 shared space, RFC 4193 unique local. */
export function isPrivate(address: string): boolean {
  const v4 = ipv4Number(address);
  if (v4 !== undefined) {
    return v4 >>> 24 === 10 || v4 >>> 20 === 0xac1 || v4 >>> 16 === 0xc0a8 || v4 >>> 22 === 0x191;
  }
  return /^f[cd]/i.test(address);
}

/** A public address of the Internet: neither private nor reserved for a special use. */
export const isPublic = (address: string): boolean => !isPrivate(address) && !isSpecial(address);

/**
 * The subnet that holds the pods of a node. Calico gives a node at least a /26; flannel and kubeadm give a /24; in IPv6
 * they give /122 and /64. The wider of the two is used.
 */
export const netOf = (address: string): string => prefixOf(address, 24, 64) ?? address;

/**
 * A text that is the same for all addresses of a family with the same first bits (1 to 32, or 1 to 128); undefined if
 * `address` is not an address.
 */
export function prefixOf(address: string, bits4: number, bits6: number): string | undefined {
  const v4 = ipv4Number(address);
  if (v4 !== undefined) return `4 ${v4 >>> (32 - bits4)}`;
  const v6 = ipv6Number(address);
  return v6 === undefined ? undefined : `6 ${v6 >> BigInt(128 - bits6)}`;
}

/**
 * Default service ranges of common distributions. An address in one of these is only a hint: another cluster may use
 * the range for pods or nodes, so the traffic decides.
 */
export const WELL_KNOWN_SERVICE_RANGES: readonly { cidr: string; source: string }[] = [
  { cidr: '10.96.0.0/12', source: 'kubeadm' },
  { cidr: '10.43.0.0/16', source: 'k3s' },
  { cidr: '10.233.0.0/18', source: 'kubespray' },
  { cidr: '10.152.183.0/24', source: 'microk8s' },
  { cidr: '172.30.0.0/16', source: 'OpenShift' },
  { cidr: '172.20.0.0/16', source: 'EKS' },
  { cidr: '10.100.0.0/16', source: 'EKS' },
  { cidr: '100.64.0.0/13', source: 'kOps, Gardener, Tanzu' },
  { cidr: '10.247.0.0/16', source: 'Huawei CCE' },
  { cidr: '10.254.0.0/16', source: 'OpenStack Magnum' },
  { cidr: '10.68.0.0/16', source: 'kubeasz' },
  { cidr: 'fd00:10:96::/112', source: 'kind' },
  { cidr: 'fd85:ee78:d8a6:8607::1000/116', source: 'kubespray' },
  { cidr: 'fd98::/108', source: 'Canonical Kubernetes' },
];

/** The address of the text of an end point: "10.0.0.1:80", "[fd00::1]:80", "10.0.0.1" or "fd00::1". */
export const addressOf = (end: string): string =>
  /^\[(.*)\]:\d+$/.exec(end)?.[1] ?? /^([^:]*):\d+$/.exec(end)?.[1] ?? end;
