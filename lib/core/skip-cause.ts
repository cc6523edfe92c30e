// Why a message that was seen is not stored, when it is the profile that does not want it: a closed list.

/**
 * FOLDER_NOT_CHOSEN                    it lies where the profile does not look
 * ALREADY_ARCHIVED                     its content is the one that is archived
 * NOT_OLD_ENOUGH                       the filter's age is not reached yet: it is remembered, and taken when it is
 * RECEIVED_TOO_EARLY                   received before the filter's `receivedFrom`
 * RECEIVED_TOO_LATE                    received at the filter's `receivedTo` or after it
 * IS_READ, IS_UNREAD                   the filter takes only the others
 * HAS_ATTACHMENTS, HAS_NO_ATTACHMENTS  the filter takes only the others
 * UNDER_MIN_SIZE, OVER_MAX_SIZE        beyond the filter's sizes
 * SENDER_NOT_CHOSEN                    the filter names other senders
 * CATEGORY_NOT_CHOSEN                  it has none of the filter's categories
 * FLAG_NOT_CHOSEN                      its follow-up flag is not what the filter wants
 * MESSAGE_CLASS_NOT_CHOSEN             the filter names other message classes
 * SENSITIVITY_NOT_CHOSEN               its sender marked it otherwise than the filter wants
 * LABEL_NOT_CHOSEN                     it has none of the filter's sensitivity labels
 */
export const skipCauses = [
  "FOLDER_NOT_CHOSEN",
  "ALREADY_ARCHIVED",
  "NOT_OLD_ENOUGH",
  "RECEIVED_TOO_EARLY",
  "RECEIVED_TOO_LATE",
  "IS_READ",
  "IS_UNREAD",
  "HAS_ATTACHMENTS",
  "HAS_NO_ATTACHMENTS",
  "UNDER_MIN_SIZE",
  "OVER_MAX_SIZE",
  "SENDER_NOT_CHOSEN",
  "CATEGORY_NOT_CHOSEN",
  "FLAG_NOT_CHOSEN",
  "MESSAGE_CLASS_NOT_CHOSEN",
  "SENSITIVITY_NOT_CHOSEN",
  "LABEL_NOT_CHOSEN",
] as const;

export type SkipCause = (typeof skipCauses)[number];

/** How many messages were skipped, for each cause that occurred. */
export type SkipCounts = Partial<Record<SkipCause, number>>;

export function addSkipped(a: SkipCounts, b: SkipCounts): SkipCounts {
  const sum = { ...a };
  for (const cause of skipCauses) if (b[cause] !== undefined) sum[cause] = (a[cause] ?? 0) + b[cause];
  return sum;
}
