import { HttpRequest, InvocationContext } from "@azure/functions";
import { expect, it } from "vitest";
import { heardOut } from "../../../functions/http/heard-out.js";

const refuse = heardOut(async () => ({ status: 428 }));
const post = (body?: string) =>
  new HttpRequest({ method: "POST", url: "http://127.0.0.1/x", ...(body !== undefined && { body: { string: body } }) });

it("reads the body of a request that is refused without it, and gives the refusal", async () => {
  const request = post("x".repeat(300_000));
  expect(await refuse(request, new InvocationContext())).toEqual({ status: 428 });
  expect(request.bodyUsed).toBe(true);
  await expect(request.text()).rejects.toThrow();
});

it.each([undefined, "", "{}"])("leaves a request alone that has no body, or whose body was read (%s)", async (body) => {
  const request = post(body);
  const read = heardOut(async (asked) => ({ status: 200, body: await asked.text() }));
  expect(await read(request, new InvocationContext())).toEqual({ status: 200, body: body ?? "" });
});
