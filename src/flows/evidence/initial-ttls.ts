/**
 * Initial hop limits of systems: Linux and BSD 64 (net.ipv4.ip_default_ttl, RFC 1700), Windows 128, network devices and
 * raw sockets 255. Ascending. A packet that still has one of these was sent on the link where it was captured.
 */
export const INITIAL_TTLS: readonly number[] = [64, 128, 255];
