// What the work on connections needs from outside.
import type { Random } from "../core/ids.js";
import type { Clock, Ticker } from "../core/time.js";
import type { Log } from "../ports/log.js";
import type { RowStore } from "../ports/row-store.js";
import type { OpenTenant, OpenTenants } from "../ports/tenants.js";
import type { ConnectionRules } from "./settle.js";
import type { SettingsReach } from "./view.js";

export interface ConnectionDeps {
  rows: RowStore;
  clock: Clock;
  random: Random;
  ticker: Ticker;
  log: Log;
  rules: ConnectionRules;
  /** The connection of the settings, as far as it is nobody's secret. */
  settings: SettingsReach;
  openTenant: OpenTenants;
  openDefault(): Promise<OpenTenant>;
}
