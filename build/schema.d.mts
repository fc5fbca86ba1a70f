export const SCHEMA: string;
export function schemaText(): string;
