// Types of bootstrap-plan.mjs, which is plain JavaScript because it runs before anything is installed.

interface LockFile {
  packages?: Record<
    string,
    { version?: string; optional?: boolean; link?: boolean; os?: string[]; cpu?: string[] } | undefined
  >;
}
interface Platform {
  os: string;
  cpu: string;
}
export interface Step {
  script: string;
  args: string[];
  /** Its output is not the command's result: it goes to stderr. */
  quiet?: boolean;
  /** It is told when this process dies. */
  watched?: boolean;
}
export const oldestNode: [number, number];
export function whyInstall(found: {
  lockHash: string;
  rememberedHash: string | undefined;
  lock: LockFile;
  installed: LockFile | undefined;
  platform: Platform;
}): string | undefined;
export function missingFrom(lock: LockFile, installed: LockFile, platform: Platform): string | undefined;
export function isNewEnough(version: string): boolean;
export function pinnedNodePath(os: string): string;
export function stepsFor(command: string | undefined, args: string[]): Step[] | undefined;
