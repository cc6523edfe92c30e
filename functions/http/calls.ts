// The whole API's calls, one for each route of the table.
import { openApiDocument } from "../../lib/api/openapi.js";
import type { Calls } from "../../lib/api/route.js";
import type { routes } from "../../lib/api/routes.js";
import { type App, version } from "../../lib/app.js";
import { aboutCalls } from "./about.js";
import { auditCalls } from "./audit.js";
import { connectionCalls } from "./connections.js";
import { errorCalls } from "./errors.js";
import { exportCalls } from "./exports.js";
import { headCalls } from "./heads.js";
import { housekeepingCalls } from "./housekeeping.js";
import { mailboxCalls } from "./mailboxes.js";
import { messageCalls } from "./messages.js";
import { previewCalls } from "./preview.js";
import { profileCalls } from "./profiles.js";
import { reachCalls } from "./reach.js";
import { runCalls } from "./runs.js";
import { scheduleCalls } from "./schedules.js";
import { searchCalls } from "./search.js";
import { verifyCalls } from "./verify.js";

export function allCalls(app: App): Calls<typeof routes> {
  return {
    ...aboutCalls(app, () => openApiDocument(version)),
    ...errorCalls(),
    ...connectionCalls(app),
    ...auditCalls(app),
    ...exportCalls(app),
    ...headCalls(app),
    ...housekeepingCalls(app),
    ...mailboxCalls(app),
    ...messageCalls(app),
    ...previewCalls(app),
    ...profileCalls(app),
    ...reachCalls(app),
    ...runCalls(app),
    ...scheduleCalls(app),
    ...searchCalls(app),
    ...verifyCalls(app),
  };
}
