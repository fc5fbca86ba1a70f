import { EXIT_CLEAN } from '../exit-status.ts';
import { AllowedPaths } from '../mcp/allowed-paths.ts';
import { SDK_IS_MISSING, serve } from '../mcp/server.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

/**
 * Serves an assistant. @param roots folders below which captures may be read; the current one without any
 *
 * @throws UsageError for a folder that is none, and where the SDK is not installed
 */
export async function mcpCommand(roots: readonly string[], stop: AbortSignal): Promise<number> {
  const allowed = await AllowedPaths.of(roots.length === 0 ? ['.'] : roots).catch((error: Error) => {
    throw new UsageError(`--root: ${error.message}`);
  });
  if (!(await serve(allowed, VERSION, stop))) throw new UsageError(SDK_IS_MISSING);
  return EXIT_CLEAN;
}
