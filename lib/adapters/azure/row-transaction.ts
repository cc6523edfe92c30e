// Transactions of many rows, put on the wire without the client library's cost for each row.
import type { TableClient } from "@azure/data-tables";
import { MailkeepError } from "../../core/errors.js";
import type { Row, RowWrite } from "../../ports/row-store.js";
import { isInt32 } from "./entity.js";
import { inTime } from "./errors.js";

/**
 * To write a transaction down, the library sends each row through a request pipeline of its own: 0.13 ms of CPU a row, a
 * fifth of all that archiving a message takes. So it is given one row that says nothing, and with it the work of headers,
 * signature, retries and reading the answer; our rows take that row's place in the body before it is signed.
 */
export async function sendTransaction(table: TableClient, partition: string, writes: RowWrite[]): Promise<void> {
  const options = inTime();
  bodiesOf(table).set(options.abortSignal, (body) => withWrites(body, partition, writes));
  const placeholder = { partitionKey: partition, rowKey: "placeholder" };
  const { subResponses } = await table.submitTransaction([["upsert", placeholder, "Replace"]], options);
  if (subResponses.length !== writes.length)
    throw new MailkeepError("unavailable", `storage answered for ${subResponses.length} of ${writes.length} rows`);
}

/** What goes into which request: the signal of a call is its own, and the library hands it through to the request. */
type Bodies = WeakMap<object, (body: string) => string>;
type Policy = Parameters<TableClient["pipeline"]["addPolicy"]>[0];

const bodies = new WeakMap<TableClient, Bodies>();

function bodiesOf(table: TableClient): Bodies {
  const known = bodies.get(table);
  if (known !== undefined) return known;
  const own: Bodies = new WeakMap();
  bodies.set(table, own);
  const policy: Policy = {
    name: "mailkeepRowTransaction",
    async sendRequest(request, next) {
      const fill = request.abortSignal && own.get(request.abortSignal);
      if (fill) request.body = fill(String(request.body));
      return next(request);
    },
  };
  // The one that signs with an account key also measures the body.
  table.pipeline.addPolicy(policy, { beforePolicies: ["tablesNamedKeyCredentialPolicy"] });
  return own;
}

const crlf = "\r\n";

/** The library's body for the placeholder, with our writes in its place. */
function withWrites(body: string, partition: string, writes: RowWrite[]): string {
  const boundary = /boundary=(changeset_[\w-]+)/.exec(body)?.[1];
  const url = /^PUT (\S+)\(PartitionKey=.*RowKey='placeholder'\) HTTP/m.exec(body)?.[1];
  const begin = body.indexOf(`--${boundary}${crlf}`);
  const end = body.lastIndexOf(`--${boundary}--`);
  if (boundary === undefined || url === undefined || begin < 0 || end < begin)
    throw new MailkeepError("unavailable", "the client library writes transactions in a form not known here");
  const head = `--${boundary}${crlf}content-type: application/http${crlf}content-transfer-encoding: binary${crlf}${crlf}`;
  const parts = writes.map((write) => `${head}${toRequest(url, partition, write)}${crlf}`);
  return body.slice(0, begin) + parts.join("") + body.slice(end);
}

/** Header lines by kind of write; what each means: https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api */
const common = [
  "Content-Type: application/json",
  "DataServiceVersion: 3.0",
  "Accept: application/json;odata=nometadata",
];
const anyVersion = "If-Match: *";
const forms: Record<RowWrite["kind"], { method: string; headers: string[] }> = {
  insert: { method: "POST", headers: [...common, "Prefer: return-no-content"] },
  // Without If-Match a row that is not there is made; with it, that is an error.
  upsert: { method: "PUT", headers: common },
  merge: { method: "PATCH", headers: [...common, anyVersion] },
  delete: { method: "DELETE", headers: [...common, anyVersion] },
};

function toRequest(url: string, partition: string, write: RowWrite): string {
  const { method, headers } = forms[write.kind];
  const keys = `(PartitionKey='${keyInUrl(partition)}',RowKey='${keyInUrl(write.row)}')`;
  const line = `${method} ${url}${write.kind === "insert" ? "" : keys} HTTP/1.1`;
  const content = write.kind === "delete" ? "" : toJson({ partition, row: write.row }, write.values);
  return [line, ...headers, "", content].join(crlf);
}

const keyInUrl = (key: string): string => encodeURIComponent(key.replaceAll("'", "''"));

/** Written by hand: an object made for JSON.stringify, property by property, costs three times as much. */
function toJson({ partition, row }: { partition: string; row: string }, values: Row): string {
  let json = `{"PartitionKey":${JSON.stringify(partition)},"RowKey":${JSON.stringify(row)}`;
  // Names are letters and digits (lib/core/row-limits.ts), so they stand as they are.
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value === undefined) continue;
    json += `,"${name}":${JSON.stringify(value)}`;
    if (typeof value === "number" && !isInt32(value)) json += `,"${name}@odata.type":"Edm.Double"`;
  }
  // The emulator takes these two for ends of lines, and one subject that holds one would keep a whole commit out of the tables.
  return `${json}}`.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
