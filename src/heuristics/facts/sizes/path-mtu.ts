interface KnownMtu {
  mtu: number;
  reason: string;
  /** Met in most clusters: named first where many fit. */
  usual?: true;
}

/** Usual MTUs of networks, each with its reason: candidates for a limit that is known only as an interval. */
const KNOWN_MTUS: readonly KnownMtu[] = [
  { mtu: 1500, reason: 'Ethernet' },
  { mtu: 1492, reason: 'PPPoE on Ethernet' },
  { mtu: 1480, reason: 'IPIP on 1500', usual: true },
  { mtu: 1476, reason: 'GRE on 1500' },
  { mtu: 1460, reason: 'Google Cloud network' },
  { mtu: 1450, reason: 'VXLAN on 1500', usual: true },
  { mtu: 1440, reason: 'WireGuard on 1500, or IPIP on 1460', usual: true },
  { mtu: 1430, reason: 'VXLAN on 1480, or VXLAN over IPv6 on 1500' },
  { mtu: 1420, reason: 'WireGuard over IPv6 on 1500', usual: true },
  { mtu: 1410, reason: 'VXLAN on 1460' },
  { mtu: 1400, reason: 'WireGuard on 1460, and many VPNs', usual: true },
  { mtu: 1390, reason: 'VXLAN inside WireGuard on 1500' },
  { mtu: 1380, reason: 'IPIP on 1400' },
  { mtu: 1370, reason: 'VXLAN inside WireGuard over IPv6 on 1500' },
  { mtu: 1350, reason: 'VXLAN on 1400' },
  { mtu: 1280, reason: 'least MTU of IPv6' },
];
/** Largest number of candidates that are named with their reasons. */
const NAMED = 4;

/** Known MTUs that fit a limit between `passed` (still carried) and `lost` (no longer carried), largest first. */
export const fittingMtus = (passed: number, lost: number): readonly KnownMtu[] =>
  KNOWN_MTUS.filter(({ mtu }) => mtu >= passed && mtu < lost);

/** Of those that fit, the few to name: the usual ones before the others. */
export const namedMtus = (passed: number, lost: number): readonly KnownMtu[] =>
  fittingMtus(passed, lost)
    .toSorted((a, b) => Number(b.usual === true) - Number(a.usual === true))
    .slice(0, NAMED)
    .toSorted((a, b) => b.mtu - a.mtu);
