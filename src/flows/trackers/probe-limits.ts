// Also compiled to WebAssembly, with `flows/ordinary`.

/** Most hops that traceroute and mtr try by default. A packet with a larger TTL is not a probe. */
export const MOST_PROBE_TTL: i32 = 30;
