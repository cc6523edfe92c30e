// The tenants, with every change that a rule makes in a mailbox written into the audit: before, and what came of it. It stands
// at the port, so nothing can be deleted past it.
import { shortHash } from "../core/ids.js";
import { scopeFields } from "../core/scope.js";
import type { AuditEvent } from "../ports/audit-trail.js";
import type { DeletionOutcome, MailWriter } from "../ports/mail-writer.js";
import type { TenantEdge, Tenants } from "../ports/tenants.js";

type Record = (event: AuditEvent) => Promise<void>;

export function witnessedTenants<T extends Tenants>(tenants: T, record: Record): T {
  const known = new WeakMap<TenantEdge, TenantEdge>();
  const of: Tenants["of"] = async (connection) => {
    const tenant = await tenants.of(connection);
    if (tenant.writer === undefined) return tenant;
    const same = known.get(tenant) ?? { ...tenant, writer: witnessedWriter(tenant.writer, record) };
    known.set(tenant, same);
    return same;
  };
  return Object.assign(Object.create(tenants) as T, { of });
}

/**
 * What cannot be written down before is not done.
 * @throws unavailable (AUDIT_UNAVAILABLE)
 */
function witnessedWriter(writer: MailWriter, record: Record): MailWriter {
  return {
    open(mailbox, options) {
      const opened = writer.open(mailbox, options);
      return {
        history: () => opened.history(),
        async remove(id, action, unless) {
          const { run } = scopeFields();
          const asked: AuditEvent = {
            kind: "change",
            subject: "rule",
            action,
            // The message's key in the archive (lib/core/ids.ts); its later versions have the same beginning.
            object: `mailboxes/${mailbox}/messages/${shortHash(id)}`,
            outcome: "asked",
            request: String(run ?? "rule"),
          };
          await record(asked);
          const outcome = await opened.remove(id, action, unless);
          // It has been done, or not, whatever the audit says now; the ledger has the receipt, `asked` stands here.
          await record({ ...asked, ...ended(outcome) }).catch(() => {});
          return outcome;
        },
      };
    },
  };
}

function ended(outcome: DeletionOutcome): Pick<AuditEvent, "outcome" | "code"> {
  if (outcome.kind === "deleted") return { outcome: "done" };
  return { outcome: "failed", code: (outcome.kind === "refused" ? outcome.reason : outcome.kind).slice(0, 100) };
}
