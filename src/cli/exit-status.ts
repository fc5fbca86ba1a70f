/** Nothing at or above --fail-on. */
export const EXIT_CLEAN = 0;
export const EXIT_FOUND = 1;
/** Wrong usage, or a capture that cannot be read. */
export const EXIT_UNUSABLE = 2;
/** 128 and the number of the signal, as a shell tells it. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_TERMINATED = 143;
