import { FOUR_IN_SIX, GENEVE, IPIP, SIX_IN_FOUR, SIX_IN_SIX, VXLAN } from '../../decode/tunnel-numbers.ts';
import { be16At, be32At, u8At } from './memory.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';

/** Protocol numbers of IP inside IP (RFC 2003; RFC 4213). */
const PROTOCOL_IPV4: i32 = 4;
const PROTOCOL_IPV6: i32 = 41;
const ETHERTYPE_IPV4: i32 = 0x0800;
const ETHERTYPE_IPV6: i32 = 0x86dd;
const ETHERTYPE_ETHERNET: i32 = 0x6558;

/** Octets of the headers. */
const UDP: i32 = 8;
const VXLAN_HEADER: i32 = 8;
const GENEVE_HEADER: i32 = 8;
const ETHERNET: i32 = 14;
/** Ports on which whatever has the I flag is taken for VXLAN. */
export const VXLAN_PORT: i32 = 4789;
export const VXLAN_LINUX_PORT: i32 = 8472;
/** The first word of a VXLAN header as RFC 7348 requires it. */
const HAS_VNI: i32 = 0x0800_0000;
/** Bits of the first 16 of a Geneve header that are not its options' length, OAM or critical: all 0 (RFC 8926, 3.4). */
const GENEVE_ZEROS: i32 = 0xc03f;
const GENEVE_WORDS: i32 = 0x3f;

export const NO_TUNNEL: i32 = -1;

/** Kind of the tunnel around the packet, and what `encapsulationOf` says of it; 0 without. */
export let kind: i32 = NO_TUNNEL;
export let encapsulation: i32 = 0;
/** Fields of the outer IP packet. */
export let outerIp: i32 = 0;
export let isOuterIpv6: boolean = false;
export let outerSource: i32 = 0;
export let outerDestination: i32 = 0;
export let outerTtl: i32 = 0;
export let outerLength: i32 = 0;
/** Address of the source MAC of the outer Ethernet header. */
export let outerSourceMac: i32 = L.NOT_THERE;
/** Whether the outer packet is one of UDP, and what its header says; 0 without. */
export let isInUdp: boolean = false;
export let destinationPort: i32 = 0;
export let hasChecksum: boolean = false;
export let networkId: i32 = 0;
/** Address of the Ethernet header in the tunnel. */
export let innerLink: i32 = L.NOT_THERE;

/** The packet at hand is in no tunnel. */
export function leaveTunnel(): void {
  kind = NO_TUNNEL;
  encapsulation = 0;
}

/**
 * Whether the IP packet that was just read is the outer one of a VXLAN, Geneve or IP tunnel whose header is exact, and which
 * the inner packet fills. Then the inner IP header is read.
 */
export function isUsualTunnel(): boolean {
  outerIp = N.ip;
  isOuterIpv6 = N.isIpv6;
  outerSource = N.source;
  outerDestination = N.destination;
  outerTtl = N.ttl;
  outerLength = N.l3Length;
  outerSourceMac = L.outermost === L.NOT_THERE ? L.NOT_THERE : L.sourceMac;
  destinationPort = 0;
  hasChecksum = false;
  networkId = 0;
  innerLink = L.NOT_THERE;
  const end = N.wireEnd;
  isInUdp = N.protocol === N.PROTOCOL_UDP;
  if (isInUdp ? !isUdpTunnel() : !isIpTunnel()) return false;
  encapsulation = kind + 1;
  if (innerLink !== L.NOT_THERE) {
    L.enterEthernet(innerLink);
    if (!N.isUsualNetwork(L.network, L.etherType, N.capturedEnd, end)) return false;
  }
  return N.wireEnd === end;
}

/** IP in IP: reads the inner header. */
function isIpTunnel(): boolean {
  const isInner6 = N.protocol === PROTOCOL_IPV6;
  if (!isInner6 && N.protocol !== PROTOCOL_IPV4) return false;
  if (isOuterIpv6) kind = isInner6 ? SIX_IN_SIX : FOUR_IN_SIX;
  else kind = isInner6 ? SIX_IN_FOUR : IPIP;
  return N.isUsualNetwork(N.inside, isInner6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, N.capturedEnd, N.wireEnd);
}

/** VXLAN or Geneve: finds the inner frame, of which the Ethernet header was captured. */
function isUdpTunnel(): boolean {
  const udp = N.inside;
  const header = udp + UDP;
  if (header + GENEVE_HEADER + ETHERNET > N.capturedEnd || be16At(udp + 4) !== N.wireEnd - udp) return false;
  destinationPort = be16At(udp + 2);
  hasChecksum = be16At(udp + 6) !== 0;
  if (u8At(header + 7) !== 0) return false;
  networkId = be32At(header + 4) >>> 8;
  if (be32At(header) === HAS_VNI) {
    kind = VXLAN;
    innerLink = header + VXLAN_HEADER;
  } else {
    if (destinationPort === VXLAN_PORT || destinationPort === VXLAN_LINUX_PORT) return false;
    const word = be16At(header);
    if ((word & GENEVE_ZEROS) !== 0 || be16At(header + 2) !== ETHERTYPE_ETHERNET) return false;
    kind = GENEVE;
    innerLink = header + GENEVE_HEADER + (((word >> 8) & GENEVE_WORDS) << 2);
  }
  return innerLink + ETHERNET <= N.capturedEnd && (u8At(innerLink + 6) & L.GROUP) === 0;
}
