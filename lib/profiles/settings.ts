// Pure: what holds for one mailbox of a profile. The profile's own values are sealed here: whoever works on a mailbox can only
// get at its effective ones.
import { MailkeepError } from "../core/errors.js";
import type { DeletionRule } from "./deletion.js";
import { wholeFilter } from "./filter.js";
import { type Override, type SettingName, settingNames } from "./overrides.js";
import type { ProfileInput } from "./profile.js";

export type SettingValues = Pick<ProfileInput, SettingName>;

declare const sealed: unique symbol;
declare const effective: unique symbol;

/** What the profile says of all its mailboxes. It is kept and handed on; without the overrides nothing opens it. */
export interface SealedValues {
  readonly [sealed]: "values";
}

/** The same with the overrides: {@link settingsFor} says what holds for one mailbox. */
export interface ProfileSettings {
  readonly [sealed]: "settings";
}

/** What holds for one mailbox. */
export interface MailboxSettings extends SettingValues {
  /** Which of them its override gives. */
  readonly overridden: SettingName[];
  readonly [effective]: true;
}

/** The override that holds for a mailbox, as it was found by the names in the profile. */
export interface AppliedOverride {
  /** Its place in the profile's list. */
  index: number;
  /** The name by which it means the mailbox. */
  name: string;
  replaces: SettingName[];
  /** Another override means the mailbox, too, under another name: this one comes first, and nothing is deleted. */
  conflictsWith?: number;
}

/** What is in the seals: for this page alone. */
type OpenedValues = SettingValues & SealedValues;
interface Opened extends ProfileSettings {
  values: OpenedValues;
  overrides: Override[];
}

const open = (settings: ProfileSettings) => settings as Opened;

/** Only these four, whatever else there is. */
export const valuesOf = ({ folders, filter, deletion, requestTimeoutSeconds }: SettingValues): SettingValues => ({
  folders,
  filter,
  deletion,
  requestTimeoutSeconds,
});

export const sealValues = (profile: SettingValues): SealedValues => valuesOf(profile) as OpenedValues;

export const withOverrides = (values: SealedValues, overrides: Override[]): ProfileSettings =>
  ({ values, overrides }) as Opened;

export const profileSettings = (profile: SettingValues & Pick<ProfileInput, "overrides">): ProfileSettings =>
  withOverrides(sealValues(profile), profile.overrides);

/** A profile whose settings can only be read for a mailbox. */
export type SealedProfile = Omit<ProfileInput, SettingName | "overrides"> & { settings: ProfileSettings };

export function sealProfile<P extends ProfileInput>(profile: P): Omit<P, SettingName | "overrides"> & SealedProfile {
  const { folders: _, filter: __, deletion: ___, requestTimeoutSeconds: ____, overrides: _____, ...rest } = profile;
  return { ...rest, settings: profileSettings(profile) };
}

const replacedBy = (override: Override): SettingName[] => settingNames.filter((name) => override[name] !== undefined);

/**
 * The one place where a profile's values and an override become what holds for a mailbox. What the override gives replaces the
 * profile's value as a whole.
 * @param applied undefined: the mailbox has none
 */
export function settingsFor(settings: ProfileSettings, applied: AppliedOverride | undefined): MailboxSettings {
  const { values, overrides } = open(settings);
  if (applied === undefined) return effectively(values, {}, []);
  const override = overrides[applied.index];
  if (override === undefined) throw missing(applied.index);
  const whole = applied.conflictsWith === undefined ? override : { ...override, deletion: { mode: "none" as const } };
  return effectively(values, whole, replacedBy(whole));
}

function effectively(
  values: SettingValues,
  { folders, filter, deletion, requestTimeoutSeconds }: Partial<Override>,
  overridden: SettingName[],
): MailboxSettings {
  return {
    folders: folders ?? values.folders,
    filter: wholeFilter(filter ?? values.filter),
    deletion: deletion ?? values.deletion,
    requestTimeoutSeconds: requestTimeoutSeconds ?? values.requestTimeoutSeconds,
    overridden,
  } as MailboxSettings;
}

/** Never archived by guess: an override that is lost is not the same as none. */
const missing = (index: number) =>
  new MailkeepError("corrupt", `the settings of the run have no overrides[${index}]`, {
    reason: "RUN_SETTINGS_MISSING",
  });

/** The rule of a profile as a whole: an override can only take mailboxes out of it. */
export function ruleIn(settings: ProfileSettings): DeletionRule | undefined {
  const { deletion } = open(settings).values;
  return deletion.mode === "none" ? undefined : deletion;
}

export interface SettingsView {
  /** What holds for every mailbox that no override means. */
  profile: SettingValues;
  overrides: {
    /** Its place in the profile's list. */
    index: number;
    mailboxes: string[];
    replaces: SettingName[];
    /** What holds for its mailboxes; null once those before it come to a megabyte. */
    settings: SettingValues | null;
  }[];
}

const mostShown = 1_000_000;

/** For people: the profile's values, and beside them what each override makes of them. */
export function viewSettings(settings: ProfileSettings): SettingsView {
  const { values, overrides } = open(settings);
  let left = mostShown;
  return {
    profile: valuesOf(effectively(values, {}, [])),
    overrides: overrides.map((override, index) => {
      const replaces = replacedBy(override);
      const whole = valuesOf(effectively(values, override, replaces));
      left -= JSON.stringify(whole).length;
      return { index, mailboxes: override.mailboxes, replaces, settings: left < 0 ? null : whole };
    }),
  };
}

export const namesInOverrides = (settings: ProfileSettings): string[] =>
  open(settings).overrides.flatMap(({ mailboxes }) => mailboxes);

/** Whom the overrides name, and what each replaces. */
export const overridesIn = (settings: ProfileSettings): { mailboxes: string[]; replaces: SettingName[] }[] =>
  open(settings).overrides.map((override) => ({ mailboxes: override.mailboxes, replaces: replacedBy(override) }));
