// The sample tenant: a real HTTP server that speaks Microsoft Graph over invented people and mail. Never deployed.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DeletionTarget, TenantState } from "./call.js";
import { MailboxControl } from "./control.js";
import { controlAnswer } from "./control-routes.js";
import { Counters, type CountersSnapshot, type LoggedRequest } from "./counters.js";
import { SampleDirectory, tenantId } from "./directory.js";
import { type EntraState, readerApp, SampleEntra, writerApp } from "./entra.js";
import { Faults } from "./faults.js";
import { GraphDoor } from "./graph-door.js";
import { populate } from "./populate.js";
import { makeToken, sampleAppId } from "./rights.js";
import { send } from "./wire.js";

export interface TenantOptions {
  /** 0: any free port. */
  port?: number;
  host?: string;
  seed?: string | number;
  /** How many people have a mailbox; those without come on top. */
  mailboxes?: number;
  messagesPerMailbox?: number;
  /** From a request's arrival to the start of its answer. */
  latencyMs?: number;
  /** Fill the mailboxes from the .eml and mbox files below this directory instead of generating mail. */
  mailDir?: string;
  /** For throttling windows, token ages and modification times; default: the system's time. */
  now?: () => Date;
  /** The bearer token that must be sent. */
  token?: string;
  /** The token of the identity that may also change mailboxes. */
  writerToken?: string;
  /** false: violations of Outlook's limits are counted but not refused. */
  strictLimits?: boolean;
  /** Size of the one huge message of the tenant; 0: none. Default 30 MiB. */
  hugeMessageBytes?: number;
  /** Where `DELETE /messages/{id}` puts a message. Default: Recoverable Items\Deletions. */
  deletionTarget?: DeletionTarget;
  /** The newest generated mail; default a fixed day, so that a seed always gives the same mail. */
  newestMail?: Date;
  /** Render so many bytes of mail before listening and keep them in memory. Default 0: render on demand. */
  keepRenderedBytes?: number;
}

export interface Tenant {
  /** `http://127.0.0.1:port`. */
  readonly baseUrl: string;
  readonly token: string;
  /** Its directory id. */
  readonly tenantId: string;
  /** Also for changing mailboxes. */
  readonly writerToken: string;
  /** A token that carries these application permissions and no more; by default it is of the sample application. */
  tokenWith(rights: { roles: string[]; appId?: string; expiresAt?: Date }): string;
  /** Drives the mailboxes and the directory as their users and administrators would. */
  readonly mailboxes: MailboxControl;
  readonly faults: Faults;
  /** Its token endpoint and a key vault beside it. */
  readonly entra: EntraState;
  /** The last requests, oldest first. */
  readonly requests: readonly LoggedRequest[];
  counters(): CountersSnapshot;
  resetCounters(): void;
  /** Ends the server and every open connection. */
  close(): Promise<void>;
}

const usualToken = "sample-token";
const usualWriterToken = "sample-writer-token";

export async function startTenant(options: TenantOptions = {}): Promise<Tenant> {
  const { port = 0, host = "127.0.0.1", seed = "mailkeep", latencyMs = 0, token = usualToken } = options;
  const { writerToken = usualWriterToken } = options;
  const now = options.now ?? (() => new Date());
  const state: TenantState = {
    directory: new SampleDirectory(),
    faults: new Faults(String(seed), latencyMs),
    counters: new Counters(),
    now,
    origin: "",
    deletionTarget: options.deletionTarget ?? "recoverableitemsdeletions",
  };
  await populate(state.directory, { ...options, seed: String(seed), now });
  const mailboxes = new MailboxControl(state);
  const door = new GraphDoor(state, { token, writerToken, strictLimits: options.strictLimits ?? true });
  const entra = new SampleEntra({
    tenantId,
    origin: () => state.origin,
    tokens: { [readerApp]: token, [writerApp]: writerToken },
    now,
  });
  const server = createServer({ keepAliveTimeout: 300_000, requestTimeout: 0 }, (request, response) => {
    if (request.url?.startsWith("/_tenant/")) answerControl(request, response, { state, mailboxes, token });
    else receive(request, response, { state, entra, door });
  });
  state.origin = await listen(server, port, host);
  return {
    baseUrl: state.origin,
    token,
    tenantId,
    writerToken,
    tokenWith: (rights) => makeToken({ appId: sampleAppId, ...rights }, token),
    mailboxes,
    faults: state.faults,
    entra: entra.state,
    get requests() {
      return state.counters.requests;
    },
    counters: () => state.counters.snapshot(),
    resetCounters: () => state.counters.reset(),
    close: () => close(server),
  };
}

/** Sign-in and vault first; what is none of theirs is Graph's or Exchange's. */
function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { state, entra, door }: { state: TenantState; entra: SampleEntra; door: GraphDoor },
): void {
  if (!SampleEntra.knows(request)) {
    door.receive(request, response);
    return;
  }
  entra.answer(request).then(
    (answer) => send(response, answer, { requestId: "entra", clientRequestId: "", now: state.now() }),
    () => response.destroy(),
  );
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(`http://${host}:${(server.address() as AddressInfo).port}`));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}

/** The control surface is for whoever knows the token, too: any page in a browser can reach a loopback port. */
function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  { state, mailboxes, token }: { state: TenantState; mailboxes: MailboxControl; token: string },
): void {
  const envelope = { requestId: "control", clientRequestId: "", now: state.now() };
  controlAnswer(request, { state, mailboxes, token }).then(
    (answer) => send(response, answer, envelope),
    () => response.destroy(),
  );
}
