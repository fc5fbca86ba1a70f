export interface GenerateOptions {
  out: string;
  packets: number;
  connections?: number;
  seed?: number;
  overlay?: 'none' | 'vxlan' | 'ipip';
  loss?: number;
  sizes?: 'mix' | 'small' | 'large';
  format?: 'pcap' | 'pcapng';
  points?: number;
  /** Packets for each DNS lookup, 60 unless given; 0 for no lookups. */
  packetsPerLookup?: number;
  /** Each pure ACK is sent twice. */
  repeatsAcks?: boolean;
}

/** Writes the capture or captures; gives the files, from the client to the server. */
export function generateCapture(options: GenerateOptions): { path: string; packets: number }[];
