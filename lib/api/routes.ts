// The whole API: every route there is. What is not in this table is neither registered nor documented.
import { aboutRoutes } from "./about.js";
import { auditRoutes } from "./audit.js";
import { connectionRoutes } from "./connections.js";
import { errorRoutes } from "./errors.js";
import { exportRoutes } from "./exports.js";
import { headRoutes } from "./heads.js";
import { housekeepingRoutes } from "./housekeeping.js";
import { mailboxRoutes } from "./mailboxes.js";
import { messageRoutes } from "./messages.js";
import { previewRoutes } from "./preview.js";
import { profileRoutes } from "./profiles.js";
import { reachRoutes } from "./reach.js";
import { runRoutes } from "./runs.js";
import { scheduleRoutes } from "./schedules.js";
import { searchRoutes } from "./search.js";
import { verifyRoutes } from "./verify.js";

export const routes = {
  ...aboutRoutes,
  ...errorRoutes,
  ...auditRoutes,
  ...connectionRoutes,
  ...exportRoutes,
  ...headRoutes,
  ...housekeepingRoutes,
  ...mailboxRoutes,
  ...messageRoutes,
  ...profileRoutes,
  ...previewRoutes,
  ...reachRoutes,
  ...runRoutes,
  ...scheduleRoutes,
  ...searchRoutes,
  ...verifyRoutes,
};
