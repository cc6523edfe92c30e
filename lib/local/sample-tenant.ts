// The sample tenant of `npm start`, at the same address every time.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTenant, type Tenant, type TenantOptions } from "./tenant/server.js";

/**
 * Graph's paging and delta links carry the host they came from, and the archive keeps them between runs; so the tenant
 * takes the port it had last time with this data, if it is still free.
 */
export async function startSampleTenant(data: string, options: TenantOptions): Promise<Tenant> {
  const memory = join(data, "tenant-port");
  const tenant = await startTenant({ ...options, port: portIn(memory) }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return startTenant({ ...options, port: 0 });
  });
  writeFileSync(memory, new URL(tenant.baseUrl).port);
  return tenant;
}

function portIn(file: string): number {
  try {
    const port = Number(readFileSync(file, "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
