/** Link types that determine a role by themselves (https://www.tcpdump.org/linktypes.html). */
export const LINKTYPE = { raw: 101, linuxSll: 113, ipv4: 228, ipv6: 229, linuxSll2: 276 } as const;
