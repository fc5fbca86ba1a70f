/** The date of UTC, "2026-11-29", by which known findings expire. */
export const today = (): string => new Date().toISOString().slice(0, 10);
