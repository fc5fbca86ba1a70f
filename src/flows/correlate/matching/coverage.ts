/** Octets of a segment that arrived in segments of another cut. */
export interface Coverage {
  /** For each row of the first track: octets of its payload seen at the second in segments of another cut. */
  covered: Uint32Array;
  /** For each row: segments of the second track that carried them. */
  pieces: Uint16Array;
  /** Position in the second track of the first piece, -1 without. */
  firstPiece: Int32Array;
  /** Ranges of rows that arrived in part and not in one run, as offsets in the payload: [start, end, …]. */
  runs: Map<number, number[]>;
  /** Payload of an ordinary segment of the finer cut. */
  segmentOctets: number;
}
