import { describe, expect, it } from "vitest";
import { packMemory } from "../../../lib/archive/pack-memory.js";
import { packLimits } from "../../../lib/pack/writer.js";

const mib = 1024 * 1024;

describe("the memory that packs share", () => {
  it("gives a mailbox alone the whole target of the format", () => {
    const memory = packMemory();
    memory.enter();
    expect(memory.share()).toBe(packLimits.targetBytes);
  });

  it("is parted evenly, never below a megabyte and a half, and given back", () => {
    const memory = packMemory();
    const leave = Array.from({ length: 4 }, () => memory.enter());
    expect(memory.share()).toBe(6 * mib);
    const others = Array.from({ length: 60 }, () => memory.enter());
    expect(memory.share()).toBe(1.5 * mib);
    for (const end of [...leave, ...others]) end();
    expect(memory.share()).toBe(packLimits.targetBytes);
  });
});
