// Plain mail for the scenarios that measure speed and requests: short HTML messages without attachments, in a mailbox
// with only the folders every mailbox has. Small, so that the two other processes leave the product its share of the CPU.
import type { TenantProcess } from "./processes.js";

/** Half to one and a half times as long. */
const meanBytes = 10_000;

const words =
  "the contract invoice meeting project customer delivery please find attached regards thank you for your message we will send review tomorrow budget plan order number report team question answer again before after with without".split(
    " ",
  );

/** The same numbers on each machine and day (mulberry32). */
function repeatable(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function plainMessage(serial: number): string {
  const next = repeatable(serial);
  const length = meanBytes * (0.5 + next());
  const lines: string[] = [];
  for (let size = 0; size < length; ) {
    const line = `<p>${Array.from({ length: 12 }, () => words[Math.floor(next() * words.length)]).join(" ")} ${Math.floor(next() * 1e9)}</p>`;
    lines.push(line);
    size += line.length + 2;
  }
  const headers = [
    `From: Writer ${serial % 97} <writer${serial % 97}@fabrikam.example>`,
    "To: Reader <reader@contoso.example>",
    `Subject: Plain message ${serial}`,
    `Message-ID: <plain-${serial}@fabrikam.example>`,
    "Date: Fri, 30 Oct 2026 17:00:00 +0000",
    "MIME-Version: 1.0",
    'Content-Type: text/html; charset="utf-8"',
    "Content-Transfer-Encoding: 7bit",
  ];
  return `${headers.join("\r\n")}\r\n\r\n<html><body>\r\n${lines.join("\r\n")}\r\n</body></html>\r\n`;
}

/** Deliveries under way at once. */
const width = 8;

/**
 * Graph knows what it lists; the tenant reads a message's headers when somebody asks for the first time. So all are asked
 * for before the clock runs.
 */
async function readHeaders({ graph }: TenantProcess, mailbox: string): Promise<void> {
  for (const folder of folders) {
    const list = `${graph.baseUrl}/v1.0/users/${mailbox}/mailFolders/${folder}/messages?$select=subject,bodyPreview&$top=1000`;
    let link: string | undefined = list;
    while (link !== undefined) {
      const answer = await fetch(link, { headers: { authorization: `Bearer ${graph.token}` } });
      link = ((await answer.json()) as { "@odata.nextLink"?: string })["@odata.nextLink"];
    }
  }
}

/** Leaves each mailbox its standard folders and gives it so many messages: most in the inbox, the rest sent and filed. */
export async function fillWithPlainMail(tenant: TenantProcess, messages: number): Promise<void> {
  let serial = 0;
  for (const { id } of await tenant.mailboxes()) {
    await keepStandardFolders(tenant, id);
    const left = Array.from({ length: messages }, (_, n) => n);
    const lane = async () => {
      for (let n = left.pop(); n !== undefined; n = left.pop())
        await tenant.deliver(id, folderFor(n), plainMessage(serial++));
    };
    await Promise.all(Array.from({ length: width }, lane));
    await readHeaders(tenant, id);
  }
}

const folders = ["inbox", "sentitems", "archive"];
const folderFor = (n: number): string => (n % 10 < 6 ? "inbox" : n % 10 < 9 ? "sentitems" : "archive");

async function keepStandardFolders(tenant: TenantProcess, mailbox: string): Promise<void> {
  const own = (await tenant.folders(mailbox)).filter(
    ({ wellKnown, hidden, search }) => wellKnown === undefined && !hidden && !search,
  );
  const inside = (path: string) => own.some((other) => path.startsWith(`${other.path}/`));
  // A folder takes what is below it along.
  for (const { id, path } of own) if (!inside(path)) await tenant.deleteFolder(mailbox, id);
}
