/** Usual MTUs of networks, each with its reason: candidates for a limit that is known only as an interval. */
const KNOWN_MTUS: readonly { mtu: number; reason: string }[] = [
  { mtu: 1500, reason: 'Ethernet' },
  { mtu: 1492, reason: 'PPPoE on Ethernet' },
  { mtu: 1480, reason: 'IPIP on 1500 (20 octets)' },
  { mtu: 1476, reason: 'GRE on 1500 (24 octets)' },
  { mtu: 1460, reason: 'Google Cloud network' },
  { mtu: 1450, reason: 'VXLAN on 1500 (50 octets)' },
  { mtu: 1440, reason: 'IPIP on 1460, or WireGuard on 1500 (60 octets)' },
  { mtu: 1430, reason: 'VXLAN on 1480, or VXLAN over IPv6 on 1500 (70 octets)' },
  { mtu: 1420, reason: 'WireGuard over IPv6 on 1500 (80 octets)' },
  { mtu: 1410, reason: 'VXLAN on 1460' },
  { mtu: 1400, reason: 'WireGuard on 1460, and many VPNs' },
  { mtu: 1390, reason: 'VXLAN inside WireGuard on 1500' },
  { mtu: 1380, reason: 'IPIP on 1400' },
  { mtu: 1370, reason: 'VXLAN inside WireGuard over IPv6 on 1500' },
  { mtu: 1350, reason: 'VXLAN on 1400' },
  { mtu: 1280, reason: 'least MTU of IPv6' },
];
/** Largest number of candidates that are shown. */
const SHOWN = 4;

/** Known MTUs that fit a limit between `passed` (still carried) and `lost` (no longer carried), largest first. */
export const fittingMtus = (passed: number, lost: number): readonly { mtu: number; reason: string }[] =>
  KNOWN_MTUS.filter(({ mtu }) => mtu >= passed && mtu < lost).slice(0, SHOWN);
