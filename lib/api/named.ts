// The names under which schemas stand in the document.
import type { z } from "zod";
import { ExportInput } from "../export/selection.js";
import { ProfileInput } from "../profiles/profile.js";
import { SharedScheduleInput } from "../profiles/schedule.js";
import { DocumentAnswer, HealthAnswer } from "./about.js";
import {
  AuditCheckAnswer,
  AuditEntryAnswer,
  AuditFindingAnswer,
  AuditList,
  AuditPlace,
  AuditVersionAnswer,
} from "./audit.js";
import {
  ConnectionAnswer,
  ConnectionList,
  ConnectionProbe,
  ConnectionReplacement,
  ConnectionTestAnswer,
  ConnectionTestInput,
  ConnectionWarning,
  RefreshAnswer,
} from "./connections.js";
import { ErrorAnswer, ErrorList } from "./errors.js";
import { ExportAnswer, ExportGap, ExportList } from "./exports.js";
import { HeadAnswer, HeadList } from "./heads.js";
import {
  HousekeepingAnswer,
  HousekeepingInput,
  HousekeepingItem,
  HousekeepingItems,
  HousekeepingList,
} from "./housekeeping.js";
import {
  AccessAnswer,
  FolderAnswer,
  FolderList,
  MailboxAnswer,
  MailboxDetailAnswer,
  MailboxList,
  QuarantinedAnswer,
  QuarantineList,
  SyncAnswer,
} from "./mailboxes.js";
import { AttachmentAnswer, AttachmentList, MessageAnswer, MessageDetailAnswer, MessageList } from "./messages.js";
import { SettingsAnswer } from "./overrides.js";
import { PreviewAnswer } from "./preview.js";
import { Problem } from "./problem.js";
import { ProfileAnswer, ProfileList, ProfileReplacement } from "./profiles.js";
import {
  AccessTestAnswer,
  AccessTestInput,
  BlastRadiusAnswer,
  MailboxAccessAnswer,
  MailboxTestAnswer,
  ProbeAnswer,
  ProfileDraft,
} from "./reach.js";
import {
  DeletionAnswer,
  DeletionEntryAnswer,
  DeletionEntryList,
  MailboxRunAnswer,
  MailboxRunList,
  RunAnswer,
  RunList,
  RunProblem,
  TallyAnswer,
} from "./runs.js";
import { ScheduleAnswer, ScheduleList, ScheduleReplacement } from "./schedules.js";
import { SearchAnswer, SearchedAnswer, SearchHit } from "./search.js";
import {
  FindingAnswer,
  FindingsAnswer,
  MailboxVerificationAnswer,
  MailboxVerificationList,
  OrphansAnswer,
  ProofAnswer,
  ReadAnswer,
  VerificationAnswer,
  VerifyInput,
  VerifyProblem,
} from "./verify.js";

export const requests = {
  AccessTestInput,
  ProfileDraft,
  ConnectionInput: ConnectionReplacement,
  ConnectionTestInput,
  ExportInput,
  HousekeepingInput,
  ProfileInput,
  ProfileReplacement,
  ScheduleInput: SharedScheduleInput,
  ScheduleReplacement,
  VerifyInput,
} satisfies Record<string, z.ZodType>;

export const answers = {
  Access: AccessAnswer,
  AccessTest: AccessTestAnswer,
  BlastRadius: BlastRadiusAnswer,
  MailboxAccess: MailboxAccessAnswer,
  MailboxTest: MailboxTestAnswer,
  Probe: ProbeAnswer,
  Attachment: AttachmentAnswer,
  AttachmentList,
  AuditCheck: AuditCheckAnswer,
  AuditEntry: AuditEntryAnswer,
  AuditFinding: AuditFindingAnswer,
  AuditList,
  AuditPlace,
  AuditVersion: AuditVersionAnswer,
  Connection: ConnectionAnswer,
  ConnectionList,
  Deletion: DeletionAnswer,
  DeletionEntry: DeletionEntryAnswer,
  DeletionEntryList,
  ConnectionRefresh: RefreshAnswer,
  ConnectionTest: ConnectionTestAnswer,
  ConnectionWarning,
  Document: DocumentAnswer,
  Error: ErrorAnswer,
  ErrorList,
  Export: ExportAnswer,
  ExportGap,
  ExportList,
  Folder: FolderAnswer,
  FolderList,
  Head: HeadAnswer,
  HeadList,
  Housekeeping: HousekeepingAnswer,
  HousekeepingList,
  HousekeepingItem,
  HousekeepingItems,
  Health: HealthAnswer,
  Mailbox: MailboxAnswer,
  MailboxDetail: MailboxDetailAnswer,
  MailboxList,
  MailboxRun: MailboxRunAnswer,
  MailboxRunList,
  Message: MessageAnswer,
  MessageDetail: MessageDetailAnswer,
  MessageList,
  ConnectionProbe,
  Preview: PreviewAnswer,
  Problem,
  Profile: ProfileAnswer,
  ProfileList,
  QuarantineList,
  Quarantined: QuarantinedAnswer,
  Run: RunAnswer,
  RunList,
  RunSettings: SettingsAnswer,
  RunProblem,
  Schedule: ScheduleAnswer,
  ScheduleList,
  Search: SearchAnswer,
  SearchHit,
  Searched: SearchedAnswer,
  Sync: SyncAnswer,
  Tally: TallyAnswer,
  Finding: FindingAnswer,
  Findings: FindingsAnswer,
  MailboxVerification: MailboxVerificationAnswer,
  MailboxVerificationList,
  Orphans: OrphansAnswer,
  Proof: ProofAnswer,
  Read: ReadAnswer,
  Verification: VerificationAnswer,
  VerifyProblem,
} satisfies Record<string, z.ZodType>;

/** @throws Error for a schema without a name: the document would not be whole */
export function nameOf(schema: z.ZodType): string {
  const found = Object.entries({ ...requests, ...answers }).find(([, named]) => named === schema);
  if (found === undefined) throw new Error("a schema of the API has no name in lib/api/named.ts");
  return found[0];
}
