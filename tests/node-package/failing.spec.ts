// Fails on purpose: the report must show the closest calls and have the attachments.
import { expect, test } from "chaseremu/playwright";

test.use({ sessionRequest: { ttl_seconds: 60 } });

test("a wrong ttl", async ({ emulator, page }) => {
  await page.goto("data:text/html,<h1>Shown in the report</h1>");
  await expect(emulator).toHaveReceived({ operation: "createSession", body: { ttl_seconds: 1800 } }, 1);
});

test("a wrong reason", async ({ emulator, session }) => {
  await emulator.clock.freeze();
  await session.end("substrate_down");
  await expect(session).toHaveEnded("idle_expired");
});

test("the clock runs again after a test that froze it", async ({ emulator }) => {
  expect((await emulator.clock.get()).frozen).toBe(false);
});
