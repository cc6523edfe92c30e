// A process that holds an emulator until it is killed: prints its connection string, or why it did not start.
import { startAzurite } from "../../lib/local/azurite.ts";

try {
  const { connectionString } = await startAzurite({ directory: process.argv[2] });
  console.log(JSON.stringify({ connectionString }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
  process.exit(1);
}
