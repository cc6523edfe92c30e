import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { costOf } from "../../../lib/cost/estimate.js";
import { costPage } from "../../bench/cost-page.js";

const nothing = {
  seconds: 0,
  cpuSeconds: 0,
  graphRequests: 0,
  blobWrites: 0,
  blobReads: 0,
  tableOperations: 0,
  queueOperations: 0,
};

describe("what work costs", () => {
  it("charges an instance for waiting, shared by sixteen mailboxes, or for computing, whichever takes longer", () => {
    // 16 s of one mailbox are 1 s of an instance of 2 GB.
    expect(costOf({ ...nothing, seconds: 16 }, 1).compute).toBeCloseTo(2 * 0.000026, 12);
    expect(costOf({ ...nothing, seconds: 16, cpuSeconds: 3 }, 1).compute).toBeCloseTo(6 * 0.000026, 12);
  });

  it("charges a message of the queue for its request and the execution that it starts", () => {
    expect(costOf({ ...nothing, queueOperations: 1e6 }, 1).total).toBeCloseTo(0.8, 9);
  });

  it("is linear", () => {
    const one = { ...nothing, seconds: 1, blobWrites: 2, tableOperations: 3 };
    expect(costOf(one, 1000).total).toBeCloseTo(1000 * costOf(one, 1).total, 9);
  });
});

describe("infra/COST.md", () => {
  it("is what effort and prices give: npm run bench -- --cost-page infra/COST.md", () => {
    expect(readFileSync(new URL("../../../infra/COST.md", import.meta.url), "utf8")).toBe(costPage());
  });
});
