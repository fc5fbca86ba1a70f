export interface PairComparison {
  /** Packets of either capture found again in the other; a merged segment counts for its originals. */
  matched: number;
  /** Matches that the captured bytes contradict. */
  wrong: string[];
  /** Packets said to be lost between the captures, those with data, and these by the capture that holds them. */
  lost: number;
  lostData: number;
  lostDataFrom: number[];
  /** Of the lost, those that the captures contradict, with the reason. */
  falseLost: string[];
  /** Findings of level error or warning that place something between the captures. */
  findings: { ruleId: string; level: string; message: string }[];
}

/** Compares two captures of the same traffic. Needs dist/. */
export function comparePair(pathA: string, pathB: string): Promise<PairComparison>;
