export const MEASURED: string;
export function measuredFile(): { text: string; wrong: string[] };
