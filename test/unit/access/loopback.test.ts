import { expect, it } from "vitest";
import { assertLoopback } from "../../../lib/access/loopback.js";

const call = (url: string, headers: Record<string, string>) => ({ url, headers: new Headers(headers) });

it.each([
  ["http://127.0.0.1:7071/api/v1/runs", {}],
  ["http://localhost/api/v1/runs", { host: "localhost" }],
  ["http://[::1]:1/api/v1/runs", { host: "[::1]:1" }],
  ["http://127.0.0.1/", { "x-forwarded-for": "127.0.0.1" }],
  ["http://127.0.0.1/", { "x-forwarded-for": "::1, ::ffff:127.0.0.1, [::1]:55, 127.0.0.1:80" }],
  ["http://127.0.0.1/", { "x-forwarded-host": "localhost:7071", origin: "http://127.0.0.1:3000" }],
])("lets in %s %j", (url, headers) => {
  expect(() => assertLoopback(call(url, headers))).not.toThrow();
});

it.each([
  ["http://192.168.0.5/", {}],
  ["http://localhost.evil.example/", {}],
  ["http://127.0.0.1/", { host: "evil.example" }],
  ["http://127.0.0.1/", { host: "" }],
  ["http://127.0.0.1/", { host: "127.0.0.1 evil" }],
  ["http://127.0.0.1/", { "x-forwarded-host": "evil.example" }],
  ["http://127.0.0.1/", { origin: "https://evil.example" }],
  ["http://127.0.0.1/", { origin: "null" }],
  ["http://127.0.0.1/", { "x-forwarded-for": "10.0.0.7, 127.0.0.1" }],
  ["http://127.0.0.1/", { "x-forwarded-for": "127.0.0.1, 10.0.0.7" }],
  ["http://127.0.0.1/", { "x-forwarded-for": "localhost" }],
  ["http://127.0.0.1/", { "x-real-ip": "10.0.0.7" }],
  ["http://127.0.0.1/", { "client-ip": "10.0.0.7:4711" }],
  ["http://127.0.0.1/", { forwarded: "for=127.0.0.1" }],
  ["http://127.0.0.1/", { "disguised-host": "mailkeep.azurewebsites.net" }],
  ["http://127.0.0.1/", { "x-arr-log-id": "0b5a" }],
])("refuses %s %j", (url, headers) => {
  expect(() => assertLoopback(call(url, headers))).toThrow("only requests made on this machine");
});
