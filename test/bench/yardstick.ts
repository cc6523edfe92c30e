// The yardstick: the same messages fetched by the barest of programs, four requests at a time for each mailbox, nothing
// done with the bytes. What it reaches of the ceiling is what this machine, with all that runs beside, allows anybody.
import { Agent, request } from "undici";
import type { TenantProcess } from "./processes.js";

const lanes = 4;

/** Share of the ceiling (4 in flight / latency) over so many messages of each mailbox. */
export async function bareShare(tenant: TenantProcess, latencyMs: number, messages: number): Promise<number> {
  const { baseUrl, token } = tenant.graph;
  const mailboxes = await tenant.mailboxes();
  const agent = new Agent({ pipelining: 1, connections: lanes * mailboxes.length });
  const headers = { authorization: `Bearer ${token}`, prefer: 'IdType="ImmutableId"' };
  const get = async (path: string) => {
    const { body } = await request(`${baseUrl}${path}`, { dispatcher: agent, headers });
    return body;
  };
  const work: { user: string; ids: string[] }[] = [];
  for (const { id: user } of mailboxes) {
    const page = await get(`/v1.0/users/${user}/mailFolders/inbox/messages?$select=id&$top=${messages}`);
    const { value } = (await page.json()) as { value: { id: string }[] };
    work.push({ user, ids: value.map(({ id }) => id) });
  }
  const fetched = work.reduce((sum, { ids }) => sum + ids.length, 0);
  const began = performance.now();
  const lane = async (user: string, ids: string[]) => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop())
      await (await get(`/v1.0/users/${user}/messages/${encodeURIComponent(id)}/$value`)).arrayBuffer();
  };
  await Promise.all(work.flatMap(({ user, ids }) => Array.from({ length: lanes }, () => lane(user, ids))));
  const idealMs = (fetched / mailboxes.length / lanes) * latencyMs;
  const share = idealMs / (performance.now() - began);
  await agent.close();
  return share;
}
