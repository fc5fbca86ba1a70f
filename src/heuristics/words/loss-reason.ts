/** What is so about a loss, besides that it is one. */
export interface LossClaims {
  /** Large and small packets are hit alike. */
  everySize: boolean;
  /** All that was sent again was acknowledged. */
  getsThrough: boolean;
}

/** Why it is loss, as far as the packets say so. */
export function lossReason({ everySize, getsThrough }: LossClaims): string {
  if (everySize && getsThrough)
    return 'Large and small packets are hit alike, and what is sent again gets through: that is loss on a link or queue, not a limit of size or a rule.';
  if (everySize) return 'Large and small packets are hit alike: that is no limit of size.';
  if (getsThrough)
    return 'What is sent again gets through: that is loss on a link or queue, not a rule that drops all of it.';
  return 'Data did not arrive and was sent again. Whether its size decides cannot be told from these packets.';
}
