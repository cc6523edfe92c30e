import { describe, expect, it } from "vitest";
import { folderTickets } from "../../../lib/archive/tickets.js";

function aFolder() {
  const told: string[] = [];
  const tickets = folderTickets((mark, known) => void told.push(`${mark.link} ${known}`));
  const page = (link: string) => tickets.open({ profile: "p", folderId: "inbox", link, kind: "next" });
  return { told, tickets, page };
}

it("settles a page when it is closed and all of it is accounted for, in whatever order", () => {
  const { told, page } = aFolder();
  const one = page("one");
  const [first, second] = [one.expect(), one.expect()];
  second(true);
  one.countKnown();
  first(true);
  expect(told).toEqual([]);
  one.close();
  expect(told).toEqual(["one 1"]);
});

it("settles no page before the one ahead of it", () => {
  const { told, page } = aFolder();
  const [one, two, three] = [page("one"), page("two"), page("three")];
  const open = one.expect();
  for (const ticket of [three, two, one]) ticket.close();
  expect(told).toEqual([]);
  open(true);
  expect(told).toEqual(["one 0", "two 0", "three 0"]);
});

it("settles nothing from a page on that gave something back", async () => {
  const { told, page } = aFolder();
  const [one, two] = [page("one"), page("two")];
  one.expect()(true);
  one.expect()(false);
  one.close();
  two.close();
  expect(told).toEqual([]);
  expect(await one.settled()).toBe(false);
});

describe("whoever waits for a page", () => {
  it("hears true when it settles", async () => {
    const { page } = aFolder();
    const one = page("one");
    const settle = one.expect();
    const settled = one.settled();
    settle(true);
    expect(await settled).toBe(true);
  });

  it("hears false as soon as something is given back", async () => {
    const { page } = aFolder();
    const one = page("one");
    one.expect();
    const given = one.expect();
    const settled = one.settled();
    given(false);
    expect(await settled).toBe(false);
  });
});

it("says nothing of a round that was begun anew", () => {
  const { told, tickets, page } = aFolder();
  const one = page("one");
  const late = one.expect();
  one.close();
  tickets.abandon();
  late(true);
  expect(told).toEqual([]);
});
