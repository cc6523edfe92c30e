// No tenant at all: for what must not ask one.
import { MailkeepError } from "../../lib/core/errors.js";
import type { Tenants } from "../../lib/ports/tenants.js";

export const noTenants: Tenants = {
  async of(connection) {
    throw new MailkeepError("not-found", `no connection ${connection}`, { reason: "CONNECTION_NOT_FOUND" });
  },
  connections: async () => [],
};
