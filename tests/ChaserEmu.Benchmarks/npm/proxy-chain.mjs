// Runs proxy-chain as a forward proxy, as Steel does to meter egress: node proxy-chain.mjs <port>
import { Server } from "proxy-chain";

await new Server({ host: "127.0.0.1", port: Number(process.argv[2]) }).listen();
