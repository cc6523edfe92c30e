// The folders a mailbox comes with, named in its owner's language, and a few its owner has made.
import type { Mailbox, MailFolder } from "./mailbox.js";
import type { Person } from "./people.js";

type Names = Record<
  "inbox" | "sentitems" | "drafts" | "junkemail" | "deleteditems" | "archive" | "outbox" | "root" | "projects",
  string
>;

const names: Record<Person["language"], Names> = {
  en: {
    root: "Top of Information Store",
    inbox: "Inbox",
    sentitems: "Sent Items",
    drafts: "Drafts",
    junkemail: "Junk Email",
    deleteditems: "Deleted Items",
    archive: "Archive",
    outbox: "Outbox",
    projects: "Projects",
  },
  de: {
    root: "Oberste Ebene des Informationsspeichers",
    inbox: "Posteingang",
    sentitems: "Gesendete Elemente",
    drafts: "Entwürfe",
    junkemail: "Junk-E-Mail",
    deleteditems: "Gelöschte Elemente",
    archive: "Archiv",
    outbox: "Postausgang",
    projects: "Projekte",
  },
  ja: {
    root: "インフォメーション ストアの先頭",
    inbox: "受信トレイ",
    sentitems: "送信済みアイテム",
    drafts: "下書き",
    junkemail: "迷惑メール",
    deleteditems: "削除済みアイテム",
    archive: "アーカイブ",
    outbox: "送信トレイ",
    projects: "プロジェクト",
  },
  fr: {
    root: "Racine de la banque d'informations",
    inbox: "Boîte de réception",
    sentitems: "Éléments envoyés",
    drafts: "Brouillons",
    junkemail: "Courrier indésirable",
    deleteditems: "Éléments supprimés",
    archive: "Archives",
    outbox: "Boîte d'envoi",
    projects: "Projets",
  },
};

/** The folders a user made, where mail is filed by hand or by rule. */
export interface Furnished {
  filed: MailFolder[];
  hidden: MailFolder;
}

export function furnish(box: Mailbox, person: Person): Furnished {
  const named = names[person.language];
  const root = box.addFolder({ displayName: named.root, wellKnown: "msgfolderroot" });
  const standard = (wellKnown: keyof Names) =>
    box.addFolder({ displayName: named[wellKnown], parent: root, wellKnown });
  const inbox = standard("inbox");
  standard("drafts");
  standard("sentitems");
  standard("deleteditems");
  standard("junkemail");
  standard("archive");
  standard("outbox");
  box.addFolder({ displayName: "Conversation History", parent: root, wellKnown: "conversationhistory" });
  const hidden = box.addFolder({ displayName: "Social Activity Notifications", parent: root, hidden: true });
  recoverableItems(box);
  searchFolders(box, inbox);
  const own = ["Contracts", "Invoices", "Newsletters"].map((displayName) =>
    box.addFolder({ displayName, parent: root }),
  );
  return { filed: [...own, ...filedFolders(box, { inbox, projects: named.projects })], hidden };
}

/** Four levels deep; a slash in a name, the same name twice, and more children than one default page shows. */
function filedFolders(box: Mailbox, { inbox, projects }: { inbox: MailFolder; projects: string }): MailFolder[] {
  const below = (parent: MailFolder, displayName: string) => box.addFolder({ displayName, parent });
  const project = below(inbox, projects);
  const apollo = below(project, "Apollo");
  const years = ["2024", "2025", "2026"].map((year) => below(apollo, year));
  const borealis = below(project, "Borealis / Phase 2");
  const last = below(borealis, "2026");
  const customers = below(inbox, "Customers");
  const companies = [
    "Fabrikam",
    "Litware",
    "Northwind",
    "Tailspin",
    "Wingtip",
    "Proseware",
    "Adatum",
    "Trey",
    "Lucerne",
    "Margie",
    "Coho",
    "Woodgrove",
  ];
  return [project, apollo, ...years, borealis, last, customers, ...companies.map((name) => below(customers, name))];
}

/** Hangs beside the tree; never listed under mailFolders (facts/graph.md C.3). */
function recoverableItems(box: Mailbox): void {
  const root = box.addFolder({ displayName: "Recoverable Items", wellKnown: "recoverableitemsroot" });
  for (const name of ["Deletions", "Purges", "Versions", "DiscoveryHolds"]) {
    box.addFolder({ displayName: name, parent: root, wellKnown: `recoverableitems${name.toLowerCase()}` });
  }
}

/** They only alias messages of other folders; one shows up in the ordinary tree (facts/graph.md C.1). */
function searchFolders(box: Mailbox, inbox: MailFolder): void {
  const root = box.addFolder({ displayName: "Finder", wellKnown: "searchfolders" });
  box.addFolder({ displayName: "Unread Mail", parent: root, searches: [inbox.id] });
  box.addFolder({ displayName: "Unread in Inbox", parent: inbox, searches: [inbox.id] });
}
