// Pure: what a filter asks of how a message is marked: its follow-up flag, class, sensitivity and labels.
import type { SkipCause } from "../core/skip-cause.js";
import type { MessageFacts } from "../ports/mail-source.js";
import type { MessageFilter } from "./filter.js";

/** Undefined: the fact is not known. */
export type Test = (message: MessageFacts, whole: boolean) => SkipCause | "passes" | undefined;

/** The tests of fields that ask something, each under the name of its field. */
export function markTests(filter: MessageFilter): { field: string; test: Test }[] {
  const { flag, messageClasses, sensitivity, sensitivityLabels } = filter;
  return [
    ...(flag === "any" ? [] : [{ field: "flag", test: flagTest(flag) }]),
    ...(messageClasses.length === 0 ? [] : [{ field: "messageClasses", test: classTest(messageClasses) }]),
    ...(sensitivity.length === 0 ? [] : [{ field: "sensitivity", test: sensitivityTest(sensitivity) }]),
    ...(sensitivityLabels.length === 0 ? [] : [{ field: "sensitivityLabels", test: labelTest(sensitivityLabels) }]),
  ];
}

const flagTest =
  (wanted: string): Test =>
  ({ flag }) =>
    flag === undefined ? undefined : flag === wanted ? "passes" : "FLAG_NOT_CHOSEN";

function classTest(classes: string[]): Test {
  const patterns = classes.map((one) => one.toLowerCase());
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const beginnings = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return ({ messageClass }) => {
    if (messageClass === undefined) return undefined;
    const said = messageClass.toLowerCase();
    const isChosen = exact.has(said) || beginnings.some((beginning) => said.startsWith(beginning));
    return isChosen ? "passes" : "MESSAGE_CLASS_NOT_CHOSEN";
  };
}

const sensitivityTest =
  (wanted: MessageFilter["sensitivity"]): Test =>
  ({ sensitivity }) =>
    sensitivity === undefined ? undefined : wanted.includes(sensitivity) ? "passes" : "SENSITIVITY_NOT_CHOSEN";

function labelTest(wanted: string[]): Test {
  const chosen = new Set(wanted.map((label) => label.toLowerCase()));
  return ({ labels }) => {
    if (labels === undefined) return undefined;
    const isChosen = labels.length === 0 ? chosen.has("none") : labels.some((label) => chosen.has(label));
    return isChosen ? "passes" : "LABEL_NOT_CHOSEN";
  };
}
