// Shows one session: polls its state once a second, draws the frames of the page in front on a canvas, and sends input on the canvas to the page.
const [canvas, message, take, browser, tabs, navigation, address] = ['view', 'message', 'take', 'browser', 'tabs', 'navigation', 'address'].map(id => document.getElementById(id));
const context = canvas.getContext('2d');
const sessionPath = location.pathname.replace(/\/$/, '');
let socket = null;
let viewport = null;
let ended = '';
let over = false;

const show = (id, text) => { document.getElementById(id).textContent = text; };
const setMessage = text => { if (message.textContent !== text) message.textContent = text; };
const bytes = n => n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(2)} MB`;

function end(text) {
  over = true;
  canvas.classList.add('over');
  take.hidden = browser.hidden = true;
  socket?.close();
  setMessage(text);
}

async function poll() {
  let response;
  try {
    response = await fetch(`${sessionPath}/state`);
  } catch {
    setMessage('The emulator does not respond. Retrying…');
    return;
  }

  if (response.status === 404) return end('Session not found.');
  if (!response.ok) return setMessage(`The emulator returned ${response.status}. Retrying…`);
  const session = await response.json();
  document.getElementById('status').dataset.is = session.status;
  show('status', session.status);
  show('device', session.device ?? '–');
  show('up', bytes(session.bytes_up));
  show('down', bytes(session.bytes_down));
  if (session.status === 'closed') end(`Session ended: ${session.ended_reason}`);
  else if (session.status === 'error') end('Session failed: no browser could be started. See the log of the emulator.');
  else if (session.status === 'creating') setMessage('The session is being created…');
  else if (session.stream === null) setMessage('This session has no browser: it was created with a cha_test_ key.');
  else if (socket === null && !ended) connect(session.stream);
}

function connect(stream) {
  setMessage('Connecting…');
  const opened = socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${stream}`);
  opened.onopen = () => opened.send('{"type":"tabs"}');
  opened.onmessage = ({ data }) => typeof data === 'string' ? onMessage(JSON.parse(data)) : draw(data);
  opened.onclose = ({ reason }) => {
    socket = null;
    canvas.classList.add('stale');
    // The close reason arrives a moment before the session's state contains it.
    ended = reason;
    if (!over) setMessage(ended ? `Session ended: ${ended}` : 'Connection lost. Reconnecting…');
  };
}

function onMessage(received) {
  if (received.type === 'viewport') viewport = received;
  else if (received.type === 'tabs') showTabs(received.tabs);
  else {
    // The last frame is old: the page has crashed, or no page is open. The next frame removes both.
    canvas.classList.add('stale');
    setMessage(received.message);
  }
}

function showTabs(list) {
  browser.hidden = over;
  const focused = document.activeElement?.dataset.tab;
  tabs.replaceChildren(...list.map(({ id, title, url, front }) => {
    const tab = document.createElement('button');
    Object.assign(tab, { type: 'button', title: url, textContent: title || url });
    tab.dataset.tab = id;
    if (front) tab.setAttribute('aria-current', 'page');
    tab.addEventListener('click', () => send({ type: 'activate', tab: id }));
    return tab;
  }));
  [...tabs.children].find(tab => tab.dataset.tab === focused)?.focus();

  // What a person types stays.
  if (document.activeElement !== address) address.value = list.find(tab => tab.front)?.url ?? '';
}

navigation.addEventListener('submit', e => {
  e.preventDefault();
  const text = address.value.trim();
  if (text === '') return;
  send({ type: 'navigate', url: /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) ? text : `http://${text}` });
  address.blur();
});

let drawing = Promise.resolve();
function draw(frame) {
  // Decodes one frame at a time: otherwise an older frame could finish last and replace a newer one.
  drawing = drawing.then(async () => {
    const image = await createImageBitmap(frame);
    if (canvas.width !== image.width || canvas.height !== image.height) [canvas.width, canvas.height] = [image.width, image.height];
    context.drawImage(image, 0, 0);
    image.close();
    canvas.hidden = false;
    take.hidden = over;
    canvas.classList.remove('stale');
    if (!over) setMessage('');
  }).catch(console.error);
}

const send = input => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(input)); };
const modifiers = e => e.getModifierState('AltGraph') ? 0 : (e.altKey ? 1 : 0) + (e.ctrlKey ? 2 : 0) + (e.metaKey ? 4 : 0) + (e.shiftKey ? 8 : 0);
const button = e => ['left', 'middle', 'right'][e.button] ?? 'left';
const held = e => e.buttons & 1 ? { button: 'left' } : e.buttons & 2 ? { button: 'right' } : e.buttons & 4 ? { button: 'middle' } : {};

/** Converts the position of an event to CSS pixels of the page. */
function at(e) {
  const box = canvas.getBoundingClientRect();
  return { x: (e.clientX - box.x) / box.width * viewport.width, y: (e.clientY - box.y) / box.height * viewport.height };
}

// Input goes to the page only in control mode, which Escape leaves: otherwise Tab could not leave the canvas (WCAG 2.1.2), nor the wheel scroll past it.
let controls = false;
function setControl(on) {
  controls = on;
  canvas.classList.toggle('controlled', on);
  show('control', on ? 'Esc leaves the page.' : 'Take control, or click the page, to use it.');
}

setControl(false);
take.hidden = true;
take.addEventListener('click', () => {
  canvas.focus();
  setControl(true);
});
canvas.addEventListener('blur', () => setControl(false));

let finger = null;
let lastMove = 0;
canvas.addEventListener('pointerdown', e => {
  canvas.focus();
  setControl(true);
  canvas.setPointerCapture(e.pointerId);
  if (e.pointerType === 'touch') finger = { start: at(e), last: at(e), moved: false };
  else send({ type: 'down', ...at(e), button: button(e), modifiers: modifiers(e) });
});
canvas.addEventListener('pointermove', e => {
  if (!controls || e.timeStamp - lastMove < 50) return;
  lastMove = e.timeStamp;
  const here = at(e);
  if (e.pointerType !== 'touch') return send({ type: 'move', ...here, ...held(e), modifiers: modifiers(e) });
  if (!finger) return;
  // A moving finger scrolls the page.
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
  if (!controls) return;
  e.preventDefault();
  const unit = [1, 16, viewport.height][e.deltaMode];
  send({ type: 'wheel', ...at(e), delta_x: e.deltaX * unit, delta_y: e.deltaY * unit, modifiers: modifiers(e) });
}, { passive: false });
canvas.addEventListener('keydown', e => {
  if (controls ? e.key === 'Escape' : e.key === 'Enter') {
    e.preventDefault();
    return setControl(!controls);
  }

  if (!controls) return;
  // Shortcuts of the viewer's own browser (reload, tabs, developer tools) are not sent.
  const shortcut = (e.ctrlKey || e.metaKey) && !e.getModifierState('AltGraph') && !'acxyz'.includes(e.key.toLowerCase());
  if (e.isComposing || shortcut || /^(Shift|Control|Alt|AltGraph|Meta|Dead|Process|Unidentified|F\d+)$/.test(e.key)) return;
  e.preventDefault();
  send({ type: 'key', key: e.key, code: e.code, modifiers: modifiers(e) });
});

show('id', sessionPath.split('/').pop());
while (!over) {
  await poll();
  await new Promise(done => setTimeout(done, 1000));
}
