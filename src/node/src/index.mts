// For import: the same classes as for require, so that instanceof works across both.
export * from "./index.js";
