// A deliberate difference that no answer shows: Better Auth starts with any text as a trusted origin,
// though some can never match and some match every site. Ours refuses to start and names the entry.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startServer, stopServers } from "./lib/servers.mjs";

after(stopServers);
const refused = ["https://slash.example/", "https://path.example/x", "https://port.example:443", "scheme:", "wild-*://", "pinned://*/p/**", "plain.example", "https://**.deep.example", "null"];

for (const origin of refused) {
  test(`the real server starts with the trusted origin ${origin}, ours does not`, async () => {
    const real = await startServer("reference", { trustedOrigins: [origin] });
    await real.stop();
    const starts = startServer("gatewright", { trustedOrigins: [origin] }).then((server) => server.stop());
    await assert.rejects(starts, (error) => error.message.includes(`the trusted origin "${origin}"`));
  });
}
