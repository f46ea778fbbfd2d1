/// <reference lib="esnext.disposable" preserve="true" />
export { ChaserEmulator, type ConnectOptions, type StartOptions } from "./emulator.js";
export { EmulatorSession } from "./session.js";
export {
  type Duration, type EmulatorCdpJournal, type EmulatorClock, type EmulatorFaults, type EmulatorJournal, type EmulatorSessions, type EmulatorState,
  type EmulatorWorkspaces, type Expected, FaultRule, type QueryOptions, type SharedOption,
} from "./client.js";
export { ChaserEmulatorError, JournalVerificationError, type NearMiss } from "./errors.js";
export type * from "./types.js";
