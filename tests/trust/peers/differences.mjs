// Cases that fail only through the emulator, and the sentence of docs/fidelity.md (section Limitations) that says why.
export const differences = [
  { test: 'tests/page/page-goto.spec.ts › should fail when main resources failed to load', reason: 'a page that cannot be reached fails with an ERR_SOCKS_… code' },
];
