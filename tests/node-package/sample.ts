// Checked by the compiler: what the types accept.
import { ChaserEmulator, ChaserEmulatorError, type FaultRequest, JournalVerificationError, type SessionInspection } from "chaseremu";

export async function sample(): Promise<void> {
  await using emulator = await ChaserEmulator.start({ settings: { "Sessions:IdleSeconds": 5, "Clock:Frozen": true } });
  const key: string = emulator.newKey({ testMode: false });
  const fault: FaultRequest = { match: { key }, effect: { type: "cdp_close", code: 1011, after_frames: 10 }, count: 1 };
  await using rule = await emulator.faults.add(fault);
  if (rule.effect.type === "cdp_close") console.log(rule.effect.code);
  const inspection: SessionInspection | undefined = (await emulator.sessions.list({ status: "ended" })).at(-1);
  if (inspection) await emulator.sessions.list({ keyId: inspection.key_id });
  if (inspection?.ended_reason === "ttl_expired") await emulator.sessions.end(inspection.session_id, "client_delete");
  await emulator.workspaces.update("ws_default", { balance_micro_usd: 0, limits: { concurrent: 2 } });
  await emulator.journal.cdp.record("bodies", { key });
  await emulator.journal.cdp.verify({ key, method: "Page.navigate", kind: "command" }, { atMost: 0 });
  try {
    await emulator.journal.verify({ key, operation: "createSession", body: { ttl_seconds: 60 } }, { atLeast: 1, since: 3 });
  } catch (error) {
    if (error instanceof JournalVerificationError) console.log(error.count, error.expected, error.closest[0]?.differences[0]?.field);
    else if (error instanceof ChaserEmulatorError) console.log(error.status, error.detail);
  }
}
