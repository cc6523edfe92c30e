// What users and administrators do to their mailboxes while the product is looking: the tests' hands.
import { createHash } from "node:crypto";
import type { TenantState } from "./call.js";
import type { SampleApplicationRight } from "./directory.js";
import { emlSource } from "./eml.js";
import { furnish } from "./furniture.js";
import type { AdministrativeUnit, DynamicGroup, Group } from "./groups.js";
import { changeKeyOf } from "./ids.js";
import { type FlagStatus, Mailbox, type MailFolder, type StoredMessage } from "./mailbox.js";
import type { Absence, MailboxHolds, Person } from "./people.js";
import type { AccessPolicy } from "./rights.js";

export interface MailboxSummary {
  id: string;
  address: string;
  userPrincipalName: string;
  displayName: string;
  kind: string;
  messages: number;
}

export interface FolderSummary {
  id: string;
  path: string;
  wellKnown?: string;
  hidden: boolean;
  search: boolean;
  messages: number;
}

/** The truth about one message, to compare an archive with. */
export interface MessageSummary {
  id: string;
  changeKey: string;
  folderId: string;
  folderPath: string;
  subject: string;
  receivedAt: string;
  isRead: boolean;
  isDraft: boolean;
  hasAttachments: boolean;
  categories: string[];
  flag: FlagStatus;
  /** The address it is from; empty when it names nobody. */
  from: string;
  size: number;
  /** Of the MIME as `$value` gives it when boundaries are not made anew. */
  sha256: string;
}

export interface Delivery {
  eml: string | Uint8Array;
  receivedAt?: Date;
  isRead?: boolean;
  isDraft?: boolean;
  categories?: string[];
}

/**
 * Mailboxes are named by object id, principal name or any address; folders by id, well-known name or path
 * (`/Inbox/Projects`); messages by either id. An unknown name throws.
 */
export class MailboxControl {
  constructor(private readonly state: TenantState) {}

  list(): MailboxSummary[] {
    return this.state.directory.withMailboxes().map(({ person, mailbox }) => ({
      id: person.id,
      address: person.mail ?? "",
      userPrincipalName: person.userPrincipalName,
      displayName: person.displayName,
      kind: "kind" in person.mailbox ? person.mailbox.kind : "none",
      messages: mailbox.messageCount,
    }));
  }

  folders(mailbox: string): FolderSummary[] {
    const box = this.box(mailbox);
    return [...box.folders.values()].map((f) => ({
      id: f.id,
      path: box.pathOf(f),
      ...(f.wellKnown === undefined ? {} : { wellKnown: f.wellKnown }),
      hidden: f.hidden,
      search: f.searches !== undefined,
      messages: f.messages.size,
    }));
  }

  /** Every message of the mailbox, Recoverable Items included. */
  inventory(mailbox: string): MessageSummary[] {
    const box = this.box(mailbox);
    return [...box.messages()].map((m) => summary(m, box));
  }

  /** The exact MIME of one message. */
  mime(mailbox: string, message: string): Buffer {
    return Buffer.concat(this.message(this.box(mailbox), message).source.parts());
  }

  /** A new message arrives; returns its immutable id. */
  deliver(mailbox: string, folder: string, mail: string | Uint8Array | Delivery): string {
    const { eml, receivedAt, ...rest } = typeof mail === "string" || mail instanceof Uint8Array ? { eml: mail } : mail;
    const box = this.box(mailbox);
    const arrival = { folder: this.folder(box, folder), source: emlSource(Buffer.from(eml)) };
    return box.add({ ...arrival, receivedAt: receivedAt ?? this.state.now(), ...rest }).immutableId;
  }

  move(mailbox: string, message: string, folder: string): void {
    const box = this.box(mailbox);
    box.move(this.message(box, message), this.folder(box, folder));
  }

  /** Emptied from Deleted Items: the message now lies in Recoverable Items\Deletions. */
  remove(mailbox: string, message: string): void {
    this.move(mailbox, message, "recoverableitemsdeletions");
  }

  /** Gone for good. */
  purge(mailbox: string, message: string): void {
    const box = this.box(mailbox);
    box.purge(this.message(box, message));
  }

  markRead(mailbox: string, message: string, isRead = true): void {
    const box = this.box(mailbox);
    box.markRead(this.message(box, message), isRead);
  }

  flag(mailbox: string, message: string, flag: FlagStatus = "flagged"): void {
    const box = this.box(mailbox);
    box.change(this.message(box, message), { flag });
  }

  categorise(mailbox: string, message: string, categories: string[]): void {
    const box = this.box(mailbox);
    box.change(this.message(box, message), { categories });
  }

  /** The content changes under the same id, as a draft's does whenever it is saved. */
  editDraft(mailbox: string, message: string, eml: string | Uint8Array): void {
    const box = this.box(mailbox);
    box.change(this.message(box, message), { source: emlSource(Buffer.from(eml)) });
  }

  /** Returns the folder's id. */
  createFolder(mailbox: string, displayName: string, parent = "msgfolderroot"): string {
    const box = this.box(mailbox);
    return box.addFolder({ displayName, parent: this.folder(box, parent) }).id;
  }

  renameFolder(mailbox: string, folder: string, displayName: string): void {
    const box = this.box(mailbox);
    box.renameFolder(this.folder(box, folder), displayName);
  }

  moveFolder(mailbox: string, folder: string, parent: string): void {
    const box = this.box(mailbox);
    box.moveFolder(this.folder(box, folder), this.folder(box, parent));
  }

  /** The folder and all in it are gone for good; a user's deletion is `moveFolder(…, "deleteditems")`. */
  deleteFolder(mailbox: string, folder: string): void {
    const box = this.box(mailbox);
    box.deleteFolder(this.folder(box, folder));
  }

  /** Kills all delta tokens: of one folder, of one mailbox, or of all. The shape of the refusal is a fault setting. */
  expireDeltaTokens(mailbox?: string, folder?: string): void {
    const boxes =
      mailbox === undefined ? this.state.directory.withMailboxes().map((m) => m.mailbox) : [this.box(mailbox)];
    for (const box of boxes) {
      const folders = folder === undefined ? [...box.folders.values()] : [this.folder(box, folder)];
      for (const one of folders) one.generation++;
      if (folder === undefined) box.generation++;
    }
  }

  /** A new person, with an empty furnished mailbox unless `mailbox` says that there is none. */
  addPerson(person: Person): void {
    const box = "kind" in person.mailbox ? new Mailbox(person.id, this.state.now) : undefined;
    if (box) furnish(box, person);
    this.state.directory.add(person, box);
  }

  removePerson(user: string): void {
    this.state.directory.remove(this.person(user).id, this.state.now());
  }

  changePerson(user: string, change: Partial<Omit<Person, "id">>): void {
    const person = this.person(user);
    Object.assign(person, change);
    this.state.directory.touch(person.id, Object.keys(change));
  }

  /** Makes or replaces a group. */
  putGroup(group: Group): void {
    this.state.directory.groups.set(group.id, group);
  }

  /** By id, name or address. */
  group(name: string): Group {
    const wanted = name.toLowerCase();
    const found = [...this.state.directory.groups.values()].find((group) =>
      [group.id, group.displayName, group.mail ?? ""].some((known) => known.toLowerCase() === wanted),
    );
    if (!found) throw new Error(`the sample tenant has no group ${name}`);
    return found;
  }

  removeGroup(name: string): void {
    this.state.directory.groups.delete(this.group(name).id);
  }

  /** Makes or replaces the dynamic distribution group of that address. */
  putDynamicGroup(group: DynamicGroup): void {
    const { directory } = this.state;
    directory.dynamicGroups = [...directory.dynamicGroups.filter(({ address }) => address !== group.address), group];
  }

  /** Makes or replaces the administrative unit of that id. */
  putUnit(unit: AdministrativeUnit): void {
    const { directory } = this.state;
    directory.units = [...directory.units.filter(({ id }) => id !== unit.id), unit];
  }

  /** Adds to what Exchange tells of the mailbox's holds, e.g. `{ litigationHold: true }`. */
  hold(user: string, holds: MailboxHolds): void {
    const person = this.person(user);
    person.holds = { ...person.holds, ...holds };
  }

  /** All retention policies for the whole organisation, replaced. */
  holdOrganization(policies: string[]): void {
    this.state.directory.organizationHolds = policies;
  }

  /** All Application Access Policies, replaced. */
  setAccessPolicies(policies: AccessPolicy[]): void {
    this.state.directory.accessPolicies = policies;
  }

  /** All that RBAC for Applications grants, replaced. */
  grantApplications(rights: SampleApplicationRight[]): void {
    this.state.directory.applicationRights = rights;
  }

  person(user: string): Person {
    const person = this.state.directory.mailboxOwner(user);
    if (!person) throw new Error(`the sample tenant has no user ${user}`);
    return person;
  }

  /** Kills every link of users/delta. */
  expireDirectoryTokens(): void {
    this.state.directory.generation++;
  }

  /** The mailbox is no longer reachable; its mail comes back with `changePerson(user, { mailbox: { kind: "user" } })`. */
  loseMailbox(user: string, absent: Absence = "MailboxNotEnabledForRESTAPI"): void {
    this.changePerson(user, { mailbox: { absent } });
  }

  private box(mailbox: string): Mailbox {
    const box = this.state.directory.mailbox(this.person(mailbox));
    if (!box) throw new Error(`${mailbox} has no mailbox in the sample tenant`);
    return box;
  }

  private folder(box: Mailbox, name: string): MailFolder {
    const folder = box.folder(name) ?? [...box.folders.values()].find((f) => box.pathOf(f) === name);
    if (!folder) throw new Error(`this mailbox has no folder ${name}`);
    return folder;
  }

  private message(box: Mailbox, id: string): StoredMessage {
    const message = box.message(id);
    if (!message) throw new Error(`this mailbox has no message ${id}`);
    return message;
  }
}

function summary(message: StoredMessage, box: Mailbox): MessageSummary {
  const hash = createHash("sha256");
  let size = 0;
  for (const part of message.source.parts()) {
    hash.update(part);
    size += part.length;
  }
  return {
    id: message.immutableId,
    changeKey: changeKeyOf(box.tag, message.changeNumber),
    folderId: message.folder.id,
    folderPath: box.pathOf(message.folder),
    subject: message.source.facts().subject,
    receivedAt: message.receivedAt.toISOString(),
    isRead: message.isRead,
    isDraft: message.isDraft,
    hasAttachments: message.source.facts().attachments.some(({ inline }) => !inline),
    categories: message.categories,
    flag: message.flag,
    from: message.source.facts().from?.address ?? "",
    size,
    sha256: hash.digest("hex"),
  };
}
