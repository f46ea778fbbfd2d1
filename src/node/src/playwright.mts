// For import: the same objects as for require.
export * from "./playwright.js";
