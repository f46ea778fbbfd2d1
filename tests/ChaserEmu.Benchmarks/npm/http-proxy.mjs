// Runs http-proxy in front of a browser, as browserless and Steel do: node http-proxy.mjs <port> <port of the target>
import http from "node:http";
import httpProxy from "http-proxy";

const [port, target] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${target}`, ws: true });
proxy.on("error", () => {});
http.createServer((request, response) => proxy.web(request, response))
  .on("upgrade", (request, socket, head) => proxy.ws(request, socket, head))
  .listen(Number(port), "127.0.0.1");
