// Invents mails one by one: conversations, mail to everybody, newsletters, and one of every oddity.
import type { Attachment } from "./attachment.js";
import type { Charset } from "./charset.js";
import { type Dice, dice } from "./dice.js";
import type { Correspondent, Mail, MailKind } from "./mail.js";
import type { Person } from "./people.js";
import { type Language, topic } from "./prose.js";

export interface Said {
  mail: Mail;
  /** Index of the writer if a mailbox of the tenant is theirs. */
  writer?: number;
  readers: number[];
}

const day = 86_400_000;
/** Mail goes back so far. */
const spanDays = 1_100;

const partners: Correspondent[] = [
  { name: "Lena Partner", address: "lena.partner@fabrikam.example", title: "Account Manager", logo: 1 },
  { name: "Tom Lieferant", address: "tom.lieferant@litware.example", title: "Key Account", logo: 2 },
  { name: "Nadia Agent", address: "nadia@northwind.example", title: "Broker" },
  { name: "Pat Freelance", address: "pat@wingtip.example", title: "Photographer" },
];

const robots: Correspondent[] = [
  { name: "Build", address: "build@tracker.example", title: "" },
  { name: "Monitoring", address: "alerts@monitor.example", title: "" },
  { name: "Ticket System", address: "tickets@tracker.example", title: "" },
];

const foreignMail: { language: Language; charset: Charset }[] = [
  { language: "ja", charset: "iso-2022-jp" },
  { language: "ja", charset: "shift_jis" },
  { language: "ru", charset: "koi8-r" },
  { language: "de", charset: "windows-1252" },
  { language: "fr", charset: "windows-1252" },
  { language: "pl", charset: "iso-8859-2" },
  { language: "he", charset: "windows-1255" },
  { language: "ar", charset: "windows-1256" },
  { language: "he", charset: "utf-8" },
  { language: "ar", charset: "utf-8" },
  { language: "el", charset: "iso-8859-7" },
  { language: "zh", charset: "gb2312" },
];

export class Correspondence {
  private readonly source: Dice;
  private readonly staff: Correspondent[];
  private mails = 0;
  private attached = 0;
  /** What may be sent again by others. */
  private readonly known: Attachment[] = [];

  constructor(
    private readonly seed: string,
    people: Person[],
    private readonly newest: Date,
  ) {
    this.source = dice(seed, "correspondence");
    this.staff = people.map(({ displayName, mail, jobTitle }) => ({
      name: displayName,
      address: mail ?? "",
      title: jobTitle,
      logo: 0,
    }));
  }

  /** Up to eight mails between `me`, the others, and sometimes somebody outside. */
  conversation(me: number, others: number[]): Said[] {
    const { source } = this;
    const outside = others.length === 0 || source.chance(0.25) ? source.pick(partners) : undefined;
    const inside = [me, ...others];
    const language: Language = source.chance(0.25) ? "de" : "en";
    const subject = topic(source, language);
    const length = 1 + Math.min(source.int(4) + source.int(5), 7);
    let sentAt = this.someDay();
    const earlier: Mail[] = [];
    const said: Said[] = [];
    for (let n = 0; n < length && sentAt < this.newest.getTime(); n++) {
      const turn = outside && n % 3 === 1 ? undefined : inside[n % inside.length];
      const everyone = [...inside.map((index) => this.employee(index)), ...(outside ? [outside] : [])];
      const from = turn === undefined && outside ? outside : this.employee(turn ?? me);
      const answer = language === "de" ? "AW: " : "RE: ";
      const mail = this.mail("thread", {
        from,
        to: everyone.filter((one) => one !== from),
        subject: n === 0 ? subject : answer + subject,
        sentAt,
        language,
        attachments: source.chance(n === 0 ? 0.24 : 0.07) ? this.attachments() : [],
        earlier: [...earlier],
      });
      earlier.unshift(mail);
      said.push({
        mail,
        ...(turn === undefined ? {} : { writer: turn }),
        readers: inside.filter((index) => index !== turn),
      });
      sentAt += 900_000 + source.int(2 * day);
    }
    return said;
  }

  /** One big attachment to all. */
  allHands(): Mail {
    const attachment = this.attachment({
      name: "All hands 2026.pdf",
      contentType: "application/pdf",
      size: 1_048_576,
      texture: "noise",
    });
    return this.mail("thread", {
      from: this.employee(0),
      to: [{ name: "All Staff", address: "all@contoso.example", title: "" }],
      subject: "All hands: slides",
      attachments: [attachment],
    });
  }

  huge(bytes: number): Mail {
    const size = Math.max(Math.floor((bytes / 78) * 57) - 40_000, 1_000);
    const attachment = this.attachment({
      name: "Factory tour.zip",
      contentType: "application/zip",
      size,
      texture: "noise",
    });
    return this.mail("thread", {
      from: this.partner(),
      to: [this.employee(0)],
      subject: "Factory tour, full resolution",
      attachments: [attachment],
    });
  }

  notification(me: number): Mail {
    const { source } = this;
    const subject = `[${source.pick(["OPS", "WEB", "ERP"])}-${source.int(9_000)}] ${source.pick(["Build failed", "Disk almost full", "Ticket assigned to you", "Backup finished", "Comment added"])}`;
    return this.mail("notification", { from: source.pick(robots), to: [this.employee(me)], subject });
  }

  /** The nth issue of the newsletter: the same mail whenever asked for. */
  issue(n: number): Mail {
    const sentAt = this.newest.getTime() - (n + 1) * 40 * day;
    const from = { name: "Industry Weekly", address: "news@news.example", title: "" };
    return {
      ...this.blank("newsletter"),
      seed: `${this.seed} issue ${n}`,
      from,
      to: [{ name: "", address: "readers@news.example", title: "" }],
      subject: `Industry Weekly, issue ${100 - n}`,
      sentAt,
    };
  }

  draft(me: number): Mail {
    return this.mail("thread", {
      from: this.employee(me),
      to: [this.partner()],
      subject: topic(this.source, "en"),
      attachments: [],
    });
  }

  /** One maker for each oddity; all of them are in any tenant of some size. */
  oddities(): ((me: number) => Mail)[] {
    const plain: MailKind[] = ["flowed", "invitation", "encrypted", "signed"];
    return [
      ...foreignMail.map((script) => (me: number) => this.foreign(me, script)),
      ...plain.map(
        (kind) => (me: number) =>
          this.mail(kind, { from: this.partner(), to: [this.employee(me)], subject: topic(this.source, "en") }),
      ),
      (me) => this.carrying("bounce", me),
      (me) => this.carrying("nested", me),
    ];
  }

  private foreign(me: number, { language, charset }: { language: Language; charset: Charset }): Mail {
    const attachments = this.source.chance(0.2) ? this.attachments() : [];
    return this.mail("foreign", {
      from: this.partner(),
      to: [this.employee(me)],
      subject: topic(this.source, language),
      language,
      charset,
      attachments,
    });
  }

  private carrying(kind: "bounce" | "nested", me: number): Mail {
    const inner = this.mail("thread", {
      from: this.employee(me),
      to: [this.partner()],
      subject: topic(this.source, "en"),
      attachments: kind === "nested" ? this.attachments() : [],
    });
    const subject = kind === "bounce" ? `Undeliverable: ${inner.subject}` : `FW: ${inner.subject}`;
    const from =
      kind === "bounce" ? { name: "Mail Delivery", address: "postmaster@contoso.example", title: "" } : this.partner();
    return this.mail(kind, { from, to: [this.employee(me)], subject, earlier: [inner], sentAt: inner.sentAt + 60_000 });
  }

  /** One to three; three in ten have been seen before. */
  private attachments(): Attachment[] {
    return Array.from({ length: 1 + (this.source.chance(0.25) ? 1 : 0) }, () => {
      if (this.known.length > 0 && this.source.chance(0.3)) return this.source.pick(this.known);
      const [extension, contentType, texture] = this.source.pick([
        ["pdf", "application/pdf", "noise"],
        ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "noise"],
        ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "noise"],
        ["pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "noise"],
        ["jpg", "image/jpeg", "noise"],
        ["csv", "text/csv", "table"],
      ] as const);
      // Between 6 KB and 700 KB, small ones far more often.
      const size = Math.floor(6_000 * 117 ** this.source.fraction());
      return this.attachment({
        name: `${this.source.pick(["Offer", "Report", "Minutes", "Plan", "Photo", "List"])} ${this.source.int(9_000)}.${extension}`,
        contentType,
        size,
        texture,
      });
    });
  }

  private attachment(one: Omit<Attachment, "serial">): Attachment {
    this.attached += 1;
    const made = { ...one, serial: this.attached * 100_003 + dice(this.seed).int(100_000) };
    if (made.size < 1_000_000) this.known.push(made);
    return made;
  }

  private mail(kind: MailKind, known: Partial<Mail>): Mail {
    this.mails += 1;
    return { ...this.blank(kind), seed: `${this.seed} ${this.mails}`, sentAt: this.someDay(), ...known };
  }

  private blank(kind: MailKind): Mail {
    return {
      kind,
      seed: "",
      from: this.partner(),
      to: [],
      cc: [],
      subject: "",
      sentAt: 0,
      language: "en",
      charset: "utf-8",
      attachments: [],
      earlier: [],
    };
  }

  private someDay(): number {
    return this.newest.getTime() - 60_000 - Math.floor(this.source.fraction() * spanDays * day);
  }

  private partner(): Correspondent {
    return this.source.pick(partners);
  }

  private employee(index: number): Correspondent {
    return this.staff[index] ?? this.partner();
  }
}
