/** Medians of one command: seconds, seconds of user and system, bytes resident. */
export interface Measured {
  wall: number;
  cpu: number;
  peak: number;
}

export function isInstalled(program: string): boolean;
export function canMeasure(): boolean;
export function measure(commands: readonly (readonly string[])[], runs: number): Measured[];
export function median(values: readonly number[]): number;
