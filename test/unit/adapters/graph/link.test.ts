import { describe, expect, it } from "vitest";
import { originOf, pathOfLink } from "../../../../lib/adapters/graph/link.js";

const origin = "https://graph.microsoft.com";

describe("links of Graph", () => {
  it.each([
    "/v1.0/users/a/messages/delta?$skiptoken=R0usmc%2bA'x==&%24top=3",
    "/v1.0/users('a')/mailFolders('AQ==')/messages/delta?$deltatoken=a b".replace(" ", "%20"),
    "/v1.0/users?$skiptoken=a../b/../c",
  ])("keeps every byte of %s", (path) => {
    expect(pathOfLink(origin, origin + path)).toBe(path);
  });

  it("knows its own host in other letters and with the port written out", () => {
    expect(pathOfLink(origin, "HTTPS://Graph.Microsoft.com:443/v1.0/users?a")).toBe("/v1.0/users?a");
  });

  it.each([
    "https://evil.example/v1.0/users",
    "https://graph.microsoft.com.evil.example/v1.0/users",
    "https://graph.microsoft.com@evil.example/v1.0/users",
    "https://graph.microsoft.com\\@evil.example/v1.0/users",
    "https://graph.microsoft.com:8443/v1.0/users",
    "http://graph.microsoft.com/v1.0/users",
    "//graph.microsoft.com/v1.0/users",
    "/v1.0/users",
    "https://graph.microsoft.com/beta/users",
    "https://graph.microsoft.com/v1.0",
    "https://graph.microsoft.com/v1.0/../beta/users",
    "https://graph.microsoft.com/v1.0/%2E./beta/users",
    "https://graph.microsoft.com/v1.0/a b",
    "https://graph.microsoft.com/v1.0/a\r\nHost: evil.example",
    "",
  ])("refuses %j", (link) => {
    expect(() => pathOfLink(origin, link)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});

describe("the base URL", () => {
  it("is an origin, with or without a slash", () => {
    expect(originOf("https://graph.microsoft.us/")).toBe("https://graph.microsoft.us");
    expect(originOf("http://127.0.0.1:7072")).toBe("http://127.0.0.1:7072");
    expect(originOf("http://[::1]:7072")).toBe("http://[::1]:7072");
  });

  it.each(["http://graph.example", "https://graph.microsoft.com/v1.0", "https://me:x@graph.microsoft.com", "graph"])(
    "is not %s",
    (url) => {
      expect(() => originOf(url)).toThrow(expect.objectContaining({ code: "invalid" }));
    },
  );
});
