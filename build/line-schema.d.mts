export function lineSchemaOf(report: unknown): Record<string, unknown>;
