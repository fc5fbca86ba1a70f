// Numbers of the kinds of `TUNNEL_KINDS`, their places in it. Also compiled to WebAssembly, with `flows/ordinary`.

export const VXLAN: i32 = 0;
export const VXLAN_GPE: i32 = 1;
export const GENEVE: i32 = 2;
export const GRE: i32 = 3;
export const IPIP: i32 = 4;
export const SIX_IN_FOUR: i32 = 5;
export const FOUR_IN_SIX: i32 = 6;
export const SIX_IN_SIX: i32 = 7;
