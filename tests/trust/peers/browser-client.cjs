// Used in the processes of a peer's test suite: asks the runner for a browser.
const { CHASER_EMU_PEERS_BROWSERS: browsers } = process.env;

/** Creates a browser. Returns its CDP URL and a function that ends it. */
exports.createBrowser = async () => {
  const created = await fetch(browsers, { method: 'POST' });
  if (!created.ok) throw new Error(await created.text());
  const { id, url } = await created.json();
  return { url, end: () => fetch(`${browsers}/${id}`, { method: 'DELETE' }) };
};
