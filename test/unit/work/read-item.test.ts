import { expect, it } from "vitest";
import { readItem } from "../../../lib/work/read-item.js";

it.each(["", "{half", "secret of a stranger", "null", "42", '"text"', "[]", "{}", '{"v":2,"kind":"probe"}'])(
  "%j is no work item, and is not quoted",
  (text) => {
    const refusal = expect.objectContaining({ code: "invalid", reason: "WORK_ITEM_UNKNOWN" });
    expect(() => readItem(text)).toThrow(refusal);
    expect(() => readItem(text)).not.toThrow(/stranger/);
  },
);

it("a work item is read whatever its spacing", () => {
  expect(readItem(' {"kind" : "probe", "v":1}\n')).toEqual({ v: 1, kind: "probe" });
});
