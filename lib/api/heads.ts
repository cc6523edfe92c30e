// Heads of all mailboxes over HTTP: have one made, see how it stands, take it away to keep it elsewhere.
import { z } from "zod";
import { HeadId } from "../core/ids.js";
import { listOf, pageQuery } from "./list.js";
import { route } from "./route.js";

const count = z.number().int().min(0);
const time = z.iso.datetime();
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const HeadAnswer = z.strictObject({
  id: z.string(),
  status: z
    .enum(["pending", "made", "damaged"])
    .describe("damaged: it, its list, its signature or its key is other than it was written"),
  createdAt: time.nullable(),
  sha256: Hash.nullable().describe("Of the head's bytes. Keep it somewhere else"),
  previous: z.strictObject({ id: z.string(), sha256: Hash }).nullable(),
  mailboxes: z
    .strictObject({
      count,
      merkleRoot: Hash.describe("RFC 6962 over {mailbox}:{seq}:{sha256} of each line of the list"),
      disputed: count.describe("Mailboxes whose ledger contradicts an earlier head"),
    })
    .nullable(),
  signature: z
    .strictObject({
      kid: z.string().describe("RFC 7638 thumbprint of the public key, in heads/keys/{kid}.json"),
      alg: z.string(),
      development: z.boolean().describe("Made with a development key: it proves nothing to anybody else"),
      signedAt: time,
      publicKey: z
        .looseObject({ kty: z.string(), kid: z.string() })
        .describe("JWK, as published beside the head: take it once, and believe it by its kid"),
    })
    .nullable(),
  timestamped: z.boolean(),
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
export const HeadList = listOf(HeadAnswer);

const tag = "verify";
const params = z.strictObject({ id: HeadId });

export const headRoutes = {
  createHead: route({
    method: "POST",
    path: "/heads",
    tag,
    summary: "Vouch for the ledgers of all mailboxes now, with one signed statement; each night makes one by itself",
    right: "operate",
    answer: { status: 202, schema: HeadAnswer, location: true },
    problems: [409],
  }),
  listHeads: route({
    method: "GET",
    path: "/heads",
    tag,
    summary: "Heads, newest first",
    right: "see",
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: HeadList },
  }),
  getHead: route({
    method: "GET",
    path: "/heads/{id}",
    tag,
    summary: "One head: its hash, its signature, whether it is stamped, and what it lacks",
    right: "see",
    params,
    answer: { status: 200, schema: HeadAnswer },
    problems: [404],
  }),
  getHeadContent: route({
    method: "GET",
    path: "/heads/{id}/content",
    tag,
    summary: "The signed bytes of a head",
    right: "see",
    params,
    answer: { status: 200, bytes: "application/json", etag: true },
    problems: [404],
  }),
  getHeadMailboxes: route({
    method: "GET",
    path: "/heads/{id}/mailboxes",
    tag,
    summary: "The list a head speaks of, one line for each mailbox: its newest ledger record",
    right: "see",
    params,
    answer: { status: 200, bytes: "application/jsonl", etag: true },
    problems: [404],
  }),
};
