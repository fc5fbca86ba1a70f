export const WRITTEN_TYPES: string;
export function writtenTypes(): string;
