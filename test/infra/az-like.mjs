// Answers `az rest` from a file that stands for one tenant, as far as grant.sh asks: roles, assignments in pages of two.
// AZ_TENANT names the file. The scripts find this as `az` on their PATH.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.env.AZ_TENANT ?? "";
const tenant = JSON.parse(readFileSync(file, "utf8"));
const options = Object.fromEntries(
  process.argv.slice(2).flatMap((word, i, all) => (word.startsWith("--") ? [[word.slice(2), all[i + 1]]] : [])),
);
const { pathname, searchParams } = new URL(options.url);
const answer = (value) => process.stdout.write(JSON.stringify(value));
const refuse = (why) => {
  process.stderr.write(`${why}\n`);
  process.exit(1);
};

if (process.argv[2] !== "rest") refuse(`not foreseen: az ${process.argv[2]}`);
tenant.calls.push(`${options.method} ${pathname}`);
const api = /servicePrincipals\(appId='([^']+)'\)$/.exec(decodeURIComponent(pathname))?.[1];
if (api === "00000002-0000-0ff1-ce00-000000000000") answer(tenant.exchange);
else if (api !== undefined) answer(tenant.resource);
else if (options.method === "get") {
  const from = Number(searchParams.get("skip") ?? 0);
  const next = from + 2 < tenant.assignments.length ? `${options.url.split("?")[0]}?skip=${from + 2}` : undefined;
  answer({ value: tenant.assignments.slice(from, from + 2), ...(next && { "@odata.nextLink": next }) });
} else if (options.method === "post") {
  const wanted = JSON.parse(options.body);
  if (tenant.assignments.some(({ appRoleId }) => appRoleId === wanted.appRoleId))
    refuse("Permission being assigned already exists on the object");
  const made = { id: `made-${tenant.calls.length}`, resourceDisplayName: "Microsoft Graph", ...wanted };
  tenant.assignments.push(made);
  answer(made);
} else if (options.method === "delete") {
  const id = pathname.split("/").pop();
  tenant.assignments = tenant.assignments.filter((assignment) => assignment.id !== id);
} else refuse(`not foreseen: ${options.method}`);
writeFileSync(file, JSON.stringify(tenant));
