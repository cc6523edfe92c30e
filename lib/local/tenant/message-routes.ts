// Messages: lists, delta, single messages, their MIME, and the three ways out of a folder (facts/graph.md D).
import { type Answer, graphError, itemNotFound, json, malformedId, noContent, refuse } from "./answer.js";
import type { MailboxCall, Route } from "./call.js";
import { deltaCall } from "./delta-call.js";
import { namedFolder } from "./folder-routes.js";
import { isWellFormedId } from "./ids.js";
import type { MailFolder, StoredMessage } from "./mailbox.js";
import { type MessageView, messageJson, messageProperties, partialJson } from "./message-json.js";
import {
  type Comparison,
  compares,
  comparisons,
  expanded,
  type Literal,
  linkQuery,
  listOptions,
  selected,
} from "./query.js";
import { rerendered } from "./rerender.js";

const messageType = "microsoft.graph.message";

function namedMessage({ mailbox, places }: MailboxCall): StoredMessage {
  const id = places.message ?? "";
  return mailbox.message(id) ?? (isWellFormedId(id) ? itemNotFound() : malformedId());
}

function view(call: MailboxCall): MessageView {
  const extended = expanded(call.query, messageType);
  return {
    select: selected(call.query, messageProperties, messageType),
    immutableIds: call.immutableIds,
    ...(extended ? { extended } : {}),
  };
}

function list(call: MailboxCall, messages: StoredMessage[]): Answer {
  const { query, state, path, mailbox } = call;
  const { top, skip } = listOptions(query);
  const how = view(call);
  const found = ordered(filtered(messages, query.get("$filter"), call), query.get("$orderby"));
  return json({
    "@odata.context": `${state.origin}/v1.0/$metadata#users/messages`,
    ...(query.get("$count") === "true" ? { "@odata.count": found.length } : {}),
    value: found.slice(skip, skip + top).map((message) => messageJson(message, mailbox, how)),
    ...(skip + top < found.length
      ? { "@odata.nextLink": `${state.origin}${path}?${linkQuery(query, "$skip", String(skip + top))}` }
      : {}),
  });
}

function filtered(messages: StoredMessage[], filter: string | null, call: MailboxCall): StoredMessage[] {
  if (filter === null) return messages;
  const all = comparisons(filter);
  return messages.filter((message) => all.every((one) => matches(message, one, call)));
}

function matches(message: StoredMessage, one: Comparison, { mailbox }: MailboxCall): boolean {
  if (!messageProperties.has(one.property))
    refuse(400, "BadRequest", `Could not find a property named '${one.property}' on type '${messageType}'.`);
  const value = messageJson(message, mailbox, { select: [one.property], immutableIds: true })[one.property];
  return compares(value as Literal | undefined, one);
}

function ordered(messages: StoredMessage[], orderBy: string | null): StoredMessage[] {
  const order = orderBy ?? "receivedDateTime desc";
  if (!/^receivedDateTime( asc| desc)?$/.test(order)) {
    return refuse(400, "InefficientFilter", "The restriction or sort order is too complex for this operation.");
  }
  const sign = order.endsWith("desc") ? -1 : 1;
  return [...messages].sort((a, b) => sign * (a.receivedAt.getTime() - b.receivedAt.getTime() || a.serial - b.serial));
}

function messageDelta(call: MailboxCall): Answer {
  const { mailbox, immutableIds, query } = call;
  const hasToken = query.has("$skiptoken") || query.has("$deltatoken");
  const gone = hasToken && isWellFormedId(call.places.folder ?? "") && !mailbox.folder(call.places.folder ?? "");
  if (gone) return graphError(404, "ErrorSyncFolderNotFound", "The sync folder could not be found.");
  const folder = namedFolder(call);
  if (folder.searches)
    return graphError(400, "ErrorInvalidRequest", "Change tracking is not supported on search folders.");
  const found = (id: string) => folder.messages.get(id);
  return deltaCall(call, {
    of: `${mailbox.userId} ${folder.id}`,
    generation: folder.generation,
    log: folder.log,
    collection: "message",
    known: messageProperties,
    type: messageType,
    expandable: true,
    present: ({ id }, select, extended) => {
      const message = found(id);
      return message && messageJson(message, mailbox, { select, immutableIds, ...(extended && { extended }) });
    },
    partial: ({ id }, select) => {
      const message = found(id);
      const { partialChangeKey: changeKey } = call.state.faults.settings.delta;
      return message && partialJson(message, mailbox, { select, immutableIds, changeKey });
    },
    wanted: ({ id }, filter) => passes(found(id), filter),
  });
}

/** Delta filters by receivedDateTime alone (D.1). */
function passes(message: StoredMessage | undefined, filter: string | undefined): boolean {
  if (filter === undefined || message === undefined) return message !== undefined;
  const all = comparisons(filter);
  if (all.some((one) => one.property !== "receivedDateTime" || !["ge", "gt"].includes(one.operator))) {
    refuse(400, "ErrorInvalidUrlQueryFilter", "The filter is not supported with change tracking.");
  }
  return all.every((one) => compares(`${message.receivedAt.toISOString().slice(0, 19)}Z`, one));
}

function mime(call: MailboxCall): Answer {
  const message = namedMessage(call);
  const parts = call.state.faults.settings.rerenderMime ? rerendered(message.source.parts()) : message.source.parts();
  return { status: 200, headers: {}, body: { kind: "parts", parts, contentType: "text/plain" } };
}

function attachments(call: MailboxCall): Answer {
  const message = namedMessage(call);
  const lastModifiedDateTime = message.modifiedAt.toISOString();
  return json({
    value: message.source.facts().attachments.map(({ name, contentType, size, inline }, n) => ({
      "@odata.type":
        contentType === "message/rfc822" ? "#microsoft.graph.itemAttachment" : "#microsoft.graph.fileAttachment",
      id: `${message.immutableId.slice(0, -1)}ATT${n}=`,
      name,
      contentType,
      size,
      isInline: inline,
      lastModifiedDateTime,
    })),
  });
}

function remove(call: MailboxCall): Answer {
  const message = namedMessage(call);
  call.mailbox.move(message, call.mailbox.standard(call.state.deletionTarget));
  return noContent();
}

function move(call: MailboxCall): Answer {
  const message = namedMessage(call);
  const body = call.body;
  const named = typeof body === "object" && body !== null && "destinationId" in body ? body.destinationId : undefined;
  if (typeof named !== "string") return refuse(400, "ErrorInvalidRequest", "The destinationId is missing.");
  const target: MailFolder = namedFolder({ ...call, places: { ...call.places, folder: named } });
  call.mailbox.move(message, target);
  return json(messageJson(message, call.mailbox, { immutableIds: call.immutableIds }), 201);
}

function single(call: MailboxCall): Answer {
  return json(messageJson(namedMessage(call), call.mailbox, view(call)));
}

const inFolder = "/users/{user}/mailFolders/{folder}/messages";
const oneMessage = "/users/{user}/messages/{message}";

export const messageRoutes: Route[] = [
  {
    method: "GET",
    template: inFolder,
    scope: "mailbox",
    answer: (call) => list(call, call.mailbox.contents(namedFolder(call))),
  },
  { method: "GET", template: `${inFolder}/delta`, scope: "mailbox", answer: messageDelta },
  { method: "GET", template: `${inFolder}/{message}`, scope: "mailbox", answer: single },
  {
    method: "GET",
    template: `${inFolder}/{message}/$value`,
    scope: "mailbox",
    answer: () => graphError(405, "ErrorInvalidRequest", "The OData request is not supported."),
  },
  {
    method: "GET",
    template: "/users/{user}/messages",
    scope: "mailbox",
    answer: (call) => list(call, [...call.mailbox.messages()]),
  },
  { method: "GET", template: oneMessage, scope: "mailbox", answer: single },
  { method: "GET", template: `${oneMessage}/$value`, scope: "mailbox", answer: mime },
  { method: "GET", template: `${oneMessage}/attachments`, scope: "mailbox", answer: attachments },
  { method: "DELETE", template: oneMessage, scope: "mailbox", answer: remove },
  { method: "POST", template: `${oneMessage}/move`, scope: "mailbox", answer: move },
  {
    method: "POST",
    template: `${oneMessage}/permanentDelete`,
    scope: "mailbox",
    answer: (call) => {
      // To Purges, where only a hold keeps it (https://learn.microsoft.com/graph/api/message-permanentdelete).
      call.mailbox.move(namedMessage(call), call.mailbox.standard("recoverableitemspurges"));
      return noContent();
    },
  },
];
