// Who may do what: the app roles of the API and the things a caller can want.

/** App roles as the `roles` claim of an access token names them. */
export const roles = ["Archive.Admin", "Archive.Operator", "Archive.Reader", "Archive.Auditor"] as const;
export type Role = (typeof roles)[number];

/**
 * see        runs, profiles, mailboxes, what is missing: everything but mail itself
 * read       messages: subjects, senders, bytes, attachments
 * operate    start and cancel runs, sync the directory
 * configure  say what is archived
 * audit      who did what
 *
 * An administrator holds every right; an operator cannot read mail and an auditor sees everything but mail.
 */
export const allowed = {
  see: roles,
  read: ["Archive.Admin", "Archive.Reader"],
  operate: ["Archive.Admin", "Archive.Operator"],
  configure: ["Archive.Admin"],
  audit: ["Archive.Admin", "Archive.Auditor"],
} as const satisfies Record<string, readonly Role[]>;
export type Right = keyof typeof allowed;

export const mayUse = (held: readonly Role[], right: Right): boolean =>
  held.some((role) => (allowed[right] as readonly Role[]).includes(role));
