// The page infra/COST.md: what mailkeep costs, from what was measured and the list prices. Pure but for the writing.
import { writeFileSync } from "node:fs";
import { instance, measured } from "../../lib/cost/effort.js";
import { type Cost, costOf, sumOf } from "../../lib/cost/estimate.js";
import { prices } from "../../lib/cost/prices.js";

/** A tenant as the page imagines it. */
interface Tenant {
  name: string;
  mailboxes: number;
}

const tenants: Tenant[] = [
  { name: "small", mailboxes: 50 },
  { name: "medium", mailboxes: 1_000 },
  { name: "large", mailboxes: 10_000 },
];

/** A mailbox of some years: 20,000 messages of 50 kB are a gigabyte; 30 new ones a day. */
const messagesPerMailbox = 20_000;
const bytesPerMessage = 50_000;
const newPerDay = 30;

const firstRun = ({ mailboxes }: Tenant): Cost => costOf(measured.perMessage, mailboxes * messagesPerMailbox);

const aNight = ({ mailboxes }: Tenant): Cost =>
  sumOf(costOf(measured.perQuietMailbox, mailboxes), costOf(measured.perMessage, mailboxes * newPerDay));

const rawGb = ({ mailboxes }: Tenant): number => (mailboxes * messagesPerMailbox * bytesPerMessage) / 1e9;

/** A year's storage of what the first run left. Packs and ledger may be tiered; attachments are counted hot, large or small. */
function aYear(tenant: Tenant, tier: "blobGbMonth" | "coolGbMonth" | "coldGbMonth"): number {
  const { share, attachments } = measured.stored;
  const gb = rawGb(tenant) * share;
  return 12 * gb * (attachments * prices.blobGbMonth.usd + (1 - attachments) * prices[tier].usd);
}

/** A timer rings every minute; the least that an execution is charged for is a second of an instance. */
const timersAMonth = 60 * 24 * 30 * (instance.gb * prices.flexGbSecond.usd + prices.flexExecution.usd);

/** Moving the packs once. */
const moving = ({ mailboxes }: Tenant, tier: "coolWrite" | "coldWrite"): number =>
  mailboxes * messagesPerMailbox * measured.packsPerMessage * prices[tier].usd;

/** One hot blob for each message, each compressed by itself to 63 % (facts measured on the same model company). */
const blobForEach = (tenant: Tenant) => ({
  first: firstRun(tenant).compute + tenant.mailboxes * messagesPerMailbox * prices.blobWrite.usd,
  year: 12 * rawGb(tenant) * 0.63 * prices.blobGbMonth.usd,
});

const usd = (amount: number): string =>
  amount >= 100 ? Math.round(amount).toLocaleString("en-US") : amount.toFixed(2);

function table(heading: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map((_, n) => (n === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

const perTenant = (show: (tenant: Tenant) => string): string[] => tenants.map(show);

export function costPage(): string {
  const million = costOf(measured.perMessage, 1e6);
  const rows: [string, (tenant: Tenant) => string][] = [
    ["mail, GB", (t) => rawGb(t).toLocaleString("en-US")],
    ["stored, GB", (t) => usd(rawGb(t) * measured.stored.share)],
    ["**first run**", (t) => usd(firstRun(t).total)],
    ["of it compute", (t) => usd(firstRun(t).compute)],
    ["of it operations", (t) => usd(firstRun(t).operations)],
    ["**nightly runs, a month**", (t) => usd(30 * aNight(t).total)],
    ["the timer that looks each minute, a month", () => usd(timersAMonth)],
    ["**storage, a year**, all hot", (t) => usd(aYear(t, "blobGbMonth"))],
    ["packs cool, the move included", (t) => usd(aYear(t, "coolGbMonth") + moving(t, "coolWrite"))],
    ["packs cold, the move included", (t) => usd(aYear(t, "coldGbMonth") + moving(t, "coldWrite"))],
    ["**first year in all**, packs cold", (t) => usd(inAll(t))],
    ["for comparison: one blob a message, first run", (t) => usd(blobForEach(t).first)],
    ["one blob a message, a year's storage, hot", (t) => usd(blobForEach(t).year)],
    ["Microsoft 365 Backup, list price, a year", (t) => usd(12 * rawGb(t) * prices.microsoft365BackupGbMonth.usd)],
  ];
  const meters = Object.entries(prices).map(([name, { usd: price, per, source, date }]) => [
    name,
    String(Number(price.toPrecision(3))),
    `${per}; ${source}`,
    date,
  ]);
  return `# What mailkeep costs

Made from measured work (\`lib/cost/effort.ts\`, ${measured.date}) and list prices (\`lib/cost/prices.ts\`) by
\`npm run bench -- --cost-page infra/COST.md\`. US dollars, East US, locally redundant storage, without the monthly free grants.

**A million messages: ${usd(million.total)} USD** (compute ${usd(million.compute)}, operations ${usd(million.operations)}), storage not included.

Assumed: mailboxes of ${messagesPerMailbox.toLocaleString("en-US")} messages of ${bytesPerMessage / 1_000} kB, ${newPerDay} new messages a day each, one run each night.

${table(
  ["", ...tenants.map(({ name, mailboxes }) => `${name}: ${mailboxes.toLocaleString("en-US")} mailboxes`)],
  rows.map(([name, show]) => [name, ...perTenant(show)]),
)}

## How to read it

- Compute is the time that instances of 2 GB are busy, sixteen mailboxes to an instance. Most of it is waiting for Graph: at twice
  the latency a first run costs twice the compute.
- The timer costs the same for everybody. The monthly free grant of 100,000 GB-seconds (2.60 USD) covers it, and is not taken off.
- Microsoft 365 Backup charges for the live size of a mailbox and its deleted items as long as they are protected; it restores into
  mailboxes, which mailkeep does not. mailkeep keeps mail outside Microsoft 365, readable without it. The figures compare bills, not
  products.
- Cool, cold and archive bill at least 128 KiB a blob; packs are larger, small attachments stay hot. Reading back from cold costs 0.03
  USD a GB and the nightly verification reads a share each night: choose cold for packs only with a long verification cycle.
- Not in the figures: Application Insights (its sampled logs: a few cents for each thousand mailboxes and night), private endpoints
  (about 7 USD a month each), egress of exports, Key Vault operations.

## Prices

${table(["meter", "USD", "per; source", "date"], meters)}
`;
}

function inAll(tenant: Tenant): number {
  return (
    firstRun(tenant).total +
    365 * aNight(tenant).total +
    12 * timersAMonth +
    aYear(tenant, "coldGbMonth") +
    moving(tenant, "coldWrite")
  );
}

export function writeCostPage(file: string): void {
  writeFileSync(file, costPage());
  process.stderr.write(`${file} written\n`);
}
