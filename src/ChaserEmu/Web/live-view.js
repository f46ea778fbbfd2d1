// Shows one session: its facts once a second, its page as frames on a canvas, and hands the page what is done on the canvas.
const [canvas, message] = ['view', 'message'].map(id => document.getElementById(id));
const context = canvas.getContext('2d');
const facts = location.pathname.replace(/\/$/, '');
let socket = null;
let viewport = null;
let ended = '';
let over = false;

const show = (id, text) => { document.getElementById(id).textContent = text; };
const say = text => { if (message.textContent !== text) message.textContent = text; };
const bytes = n => n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(2)} MB`;

function end(text) {
  over = true;
  canvas.classList.add('over');
  socket?.close();
  say(text);
}

async function look() {
  let answer;
  try {
    answer = await fetch(`${facts}/state`);
  } catch {
    say('The emulator does not answer. Trying again…');
    return;
  }

  if (answer.status === 404) return end('There is no such session.');
  if (!answer.ok) return say(`The emulator answered ${answer.status}. Trying again…`);
  const session = await answer.json();
  document.getElementById('status').dataset.is = session.status;
  show('status', session.status);
  show('device', session.device ?? '–');
  show('up', bytes(session.bytes_up));
  show('down', bytes(session.bytes_down));
  if (session.status === 'closed') end(`Session ended: ${session.ended_reason}`);
  else if (session.status === 'error') end('Session ended: no browser could be started.');
  else if (session.status === 'creating') say('The session is being created…');
  else if (session.stream === null) say('A session of a test-mode key has no browser to show.');
  else if (socket === null && !ended) connect(session.stream);
}

function connect(stream) {
  say('Connecting…');
  const opened = socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${stream}`);
  opened.onmessage = ({ data }) => typeof data === 'string' ? hear(JSON.parse(data)) : draw(data);
  opened.onclose = ({ reason }) => {
    socket = null;
    // The stream knows why a moment before the session's facts do.
    ended = reason;
    if (!over) say(ended ? `Session ended: ${ended}` : 'The connection was lost. Trying again…');
  };
}

function hear(said) {
  if (said.type === 'viewport') viewport = said;
  else console.warn(said.message);
}

let drawing = Promise.resolve();
function draw(frame) {
  // One after another, or an older frame could be decoded last.
  drawing = drawing.then(async () => {
    const image = await createImageBitmap(frame);
    if (canvas.width !== image.width || canvas.height !== image.height) [canvas.width, canvas.height] = [image.width, image.height];
    context.drawImage(image, 0, 0);
    image.close();
    canvas.hidden = false;
    if (!over) say('');
  }).catch(console.error);
}

const send = input => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(input)); };
const modifiers = e => e.getModifierState('AltGraph') ? 0 : (e.altKey ? 1 : 0) + (e.ctrlKey ? 2 : 0) + (e.metaKey ? 4 : 0) + (e.shiftKey ? 8 : 0);
const button = e => ['left', 'middle', 'right'][e.button] ?? 'left';
const held = e => e.buttons & 1 ? { button: 'left' } : e.buttons & 2 ? { button: 'right' } : e.buttons & 4 ? { button: 'middle' } : {};

/** Where on the page, in its CSS pixels. */
function at(e) {
  const box = canvas.getBoundingClientRect();
  return { x: (e.clientX - box.x) / box.width * viewport.width, y: (e.clientY - box.y) / box.height * viewport.height };
}

let finger = null;
let lastMove = 0;
canvas.addEventListener('pointerdown', e => {
  canvas.focus();
  canvas.setPointerCapture(e.pointerId);
  if (e.pointerType === 'touch') finger = { start: at(e), last: at(e), moved: false };
  else send({ type: 'down', ...at(e), button: button(e), modifiers: modifiers(e) });
});
canvas.addEventListener('pointermove', e => {
  if (e.timeStamp - lastMove < 50) return;
  lastMove = e.timeStamp;
  const here = at(e);
  if (e.pointerType !== 'touch') return send({ type: 'move', ...here, ...held(e), modifiers: modifiers(e) });
  if (!finger) return;
  // A finger that moves pulls the page along.
  if (!finger.moved && Math.hypot(here.x - finger.start.x, here.y - finger.start.y) < 10) return;
  send({ type: 'wheel', ...finger.start, delta_x: finger.last.x - here.x, delta_y: finger.last.y - here.y });
  Object.assign(finger, { last: here, moved: true });
});
canvas.addEventListener('pointerup', e => {
  if (e.pointerType !== 'touch') send({ type: 'up', ...at(e), button: button(e), modifiers: modifiers(e) });
  else if (finger && !finger.moved) send({ type: 'tap', ...at(e) });
  finger = null;
});
canvas.addEventListener('pointercancel', () => { finger = null; });
canvas.addEventListener('contextmenu', e => e.preventDefault());
canvas.addEventListener('wheel', e => {
  e.preventDefault();
  const unit = [1, 16, viewport.height][e.deltaMode];
  send({ type: 'wheel', ...at(e), delta_x: e.deltaX * unit, delta_y: e.deltaY * unit, modifiers: modifiers(e) });
}, { passive: false });
canvas.addEventListener('keydown', e => {
  // What drives the viewer's own browser stays there: reload, tabs, tools.
  const shortcut = (e.ctrlKey || e.metaKey) && !e.getModifierState('AltGraph') && !'acxyz'.includes(e.key.toLowerCase());
  if (e.isComposing || shortcut || /^(Shift|Control|Alt|AltGraph|Meta|Dead|Process|Unidentified|F\d+)$/.test(e.key)) return;
  e.preventDefault();
  send({ type: 'key', key: e.key, code: e.code, modifiers: modifiers(e) });
});

show('id', facts.split('/').pop());
while (!over) {
  await look();
  await new Promise(done => setTimeout(done, 1000));
}
