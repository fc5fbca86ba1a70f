export function randomOf(seed: number): () => number;
export function ordersOf<T>(list: readonly T[], options?: { seed?: number; most?: number }): T[][];
export interface PcapFile {
  name: string;
  data: Uint8Array;
}
export function madeSet(captures: readonly PcapFile[], seed: number): PcapFile[];
export function isLittleEndianPcap(data: Uint8Array): boolean;
