// Twenty tests that run at the same time on one emulator, each in its own worker. The emulator's address is in CHASER_EMU_URL.
import type { ChaserEmulator } from "chaseremu";
import { expect, test } from "chaseremu/playwright";
import { setTimeout as sleep } from "node:timers/promises";

const workers = 20;

test.describe.configure({ mode: "parallel" });
test.use({ testMode: true });

/** Waits until all tests have come here. They count the calls of a key that no test resets. */
async function meet(emulator: ChaserEmulator, place: string): Promise<void> {
  const key = `cha_test_${place}`;
  await fetch(`${emulator.address}/v1/sessions`, { headers: { Authorization: `Bearer ${key}` } });
  while ((await emulator.journal.query({ key })).entries.length < workers) await sleep(100);
}

for (let number = 1; number <= workers; number++) {
  test(`worker ${number}`, async ({ emulator, key, session }) => {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const create = () => fetch(`${emulator.address}/v1/sessions`, { method: "POST", headers, body: JSON.stringify({ ttl_seconds: 600 + number }) });
    await meet(emulator, "start");

    const rule = await emulator.faults.add({ match: { key, method: "POST", route: "/v1/sessions" }, effect: { type: "status", code: "unavailable" }, count: 1 });
    expect((await create()).status).toBe(503);
    for (let i = 0; i < 3; i++) expect((await create()).status).toBe(201);

    expect((await rule.refresh()).fired).toBe(1);
    await expect(emulator).toHaveReceived({ operation: "createSession" }, 5);
    await expect(emulator).toHaveReceived({ operation: "createSession", body: { ttl_seconds: 600 + number } }, 4);
    const { workspace_id: workspace } = await session.inspect();
    expect(await emulator.sessions.list({ workspace })).toHaveLength(4);
    await expect(session).not.toHaveEnded();
    await expect(emulator.clock.advance({ minutes: 30 })).rejects.toThrow("{ shared: true }");
    await expect(emulator.reset()).rejects.toThrow("{ shared: true }");
    await expect(emulator.faults.add({ effect: { type: "unavailable" } })).rejects.toThrow("{ shared: true }");

    // The workspaces of all tests exist until now.
    await meet(emulator, "end");
  });
}
