/** No finding at or above --fail-on. */
export const EXIT_CLEAN = 0;
export const EXIT_FOUND = 1;
/** Wrong usage, or a capture that cannot be read. */
export const EXIT_UNUSABLE = 2;
/** 128 plus the number of the signal, as shells report it. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_TERMINATED = 143;
