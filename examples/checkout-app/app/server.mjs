// A shop with one page.
import { createServer } from 'node:http';

const page = `<!doctype html>
<title>Shop</title>
<h1>One thing</h1>
<button>Buy</button>
<p role="status">Nothing bought</p>
<script>
  document.querySelector('button').onclick = async () => {
    const response = await fetch('/orders', { method: 'POST' });
    document.querySelector('[role=status]').textContent = 'Order ' + (await response.json()).number;
  };
</script>`;

let orders = 0;

const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/orders') {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ number: ++orders }));
  } else {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page);
  }
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`The shop listens on port ${server.address().port}`));
