/** Seconds and nanoseconds of one time stamp. The caller keeps one and reuses it. */
export interface TimeParts {
  seconds: number;
  nanoseconds: number;
}

const NANOSECONDS = 1_000_000_000;
const TWO_16 = 65_536;
/** A remainder below this, times 2¹⁶, is exact in a double. */
const MAX_EXACT_DIVISOR = 2 ** 37;
/** if_tsresol: the top bit chooses powers of 2 instead of 10. */
const POWER_OF_TWO = 0x80;
/** Default resolution: microseconds (draft-ietf-opsawg-pcapng, 4.2). */
export const DEFAULT_RESOLUTION = 6;

/**
 * Converts the 64-bit time stamps of one pcapng interface exactly into seconds and nanoseconds; fractions of a
 * nanosecond are cut off. For resolutions of 10⁻⁹ s and coarser powers of ten nothing is allocated. Others are not in
 * common use.
 */
export class PcapngClock {
  /** The octet of if_tsresol. */
  readonly resolution: number;
  /** if_tsoffset. */
  readonly offsetSeconds: number;
  readonly #unitsOfSecond: bigint;
  /** The same as a number; 0 where they are no whole nanoseconds, so long division in doubles would not be exact. */
  readonly unitsPerSecond: number;
  readonly #nanosecondsPerUnit: number;

  constructor(resolution: number, offsetSeconds: number) {
    const exponent = BigInt(resolution & 0x7f);
    this.#unitsOfSecond = (resolution & POWER_OF_TWO) !== 0 ? 2n ** exponent : 10n ** exponent;
    const perSecond = Number(this.#unitsOfSecond);
    const whole = NANOSECONDS % perSecond === 0 && perSecond < MAX_EXACT_DIVISOR;
    this.unitsPerSecond = whole ? perSecond : 0;
    this.#nanosecondsPerUnit = whole ? NANOSECONDS / perSecond : 0;
    this.resolution = resolution;
    this.offsetSeconds = offsetSeconds;
  }

  /** Time of the stamp `high`·2³² + `low`. */
  read(high: number, low: number, into: TimeParts): void {
    const divisor = this.unitsPerSecond;
    if (divisor === 0) {
      this.#readLarge(high, low, into);
      return;
    }
    // Long division with digits of 16 bits; the quotient also has four digits.
    let rest = Math.floor(high / TWO_16);
    let quotient = Math.floor(rest / divisor);
    rest = (rest - quotient * divisor) * TWO_16 + (high % TWO_16);
    let digit = Math.floor(rest / divisor);
    quotient = quotient * TWO_16 + digit;
    rest = (rest - digit * divisor) * TWO_16 + Math.floor(low / TWO_16);
    digit = Math.floor(rest / divisor);
    quotient = quotient * TWO_16 + digit;
    rest = (rest - digit * divisor) * TWO_16 + (low % TWO_16);
    digit = Math.floor(rest / divisor);
    into.seconds = quotient * TWO_16 + digit + this.offsetSeconds;
    into.nanoseconds = (rest - digit * divisor) * this.#nanosecondsPerUnit;
  }

  #readLarge(high: number, low: number, into: TimeParts): void {
    const stamp = (BigInt(high) << 32n) | BigInt(low);
    const seconds = stamp / this.#unitsOfSecond;
    into.seconds = Number(seconds) + this.offsetSeconds;
    into.nanoseconds = Number(((stamp - seconds * this.#unitsOfSecond) * BigInt(NANOSECONDS)) / this.#unitsOfSecond);
  }
}
