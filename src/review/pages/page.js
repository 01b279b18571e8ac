// What the pages do beyond links and forms. Every page works without it, only less at once.
'use strict';
(() => {
  const put = async (place, address) => {
    const answer = await fetch(address, {headers: {accept: 'text/html'}});
    if (answer.redirected) { location.reload(); return false; }
    if (!answer.ok) return false;
    place.innerHTML = await answer.text();
    place.dispatchEvent(new Event('drawn', {bubbles: true}));
    return true;
  };

  // Live: what changes is drawn anew whenever something is stored; a lost connection is said.
  const now = document.querySelector('[data-live]');
  if (now) {
    const lost = document.getElementById('lost');
    let drawing = false, again = false;
    // Whoever goes by keyboard stays where they were: on the same link, else on what stands in its place.
    const redraw = async (place) => {
      const reachable = () => [...place.querySelectorAll('a[href], button, input, [tabindex]')];
      const at = reachable().indexOf(document.activeElement);
      const address = at < 0 ? null : document.activeElement.getAttribute('href');
      await put(place, place.dataset.part);
      if (at < 0) return;
      const all = reachable();
      (all.find(e => address && e.getAttribute('href') === address) ?? all[at])?.focus({preventScroll: true});
    };
    const draw = async () => {
      if (drawing) { again = true; return; }
      drawing = true;
      try { for (const place of document.querySelectorAll('[data-part]')) await redraw(place); } catch { lost.hidden = false; }
      drawing = false;
      if (again) { again = false; draw(); }
    };
    const news = new EventSource(now.dataset.live);
    news.onopen = () => { lost.hidden = true; draw(); };
    news.onerror = () => { lost.hidden = false; };
    news.addEventListener('news', draw);
  }

  // A tapped cell is looked at closely beside the picture, which stays as it was moved and enlarged.
  const closely = async (address) => {
    const card = document.getElementById('cell');
    const asked = new URL(address, location.href);
    if (!card || asked.pathname !== location.pathname || !asked.searchParams.has('row')) return false;
    if (!await put(card, '/tray/cell' + asked.search)) return false;
    history.replaceState(null, '', asked);
    document.querySelectorAll('.cell.chosen').forEach(cell => cell.classList.remove('chosen'));
    document.querySelectorAll('a.cell').forEach(cell => {
      if (cell.getAttribute('href') !== asked.pathname + asked.search + asked.hash) return;
      cell.classList.add('chosen');
      cell.dispatchEvent(new Event('chosen', {bubbles: true}));
    });
    return true;
  };
  document.addEventListener('click', event => {
    const link = event.target.closest('a.cell, a.step');
    if (!link || !document.getElementById('cell')) return;
    event.preventDefault();
    const address = link.getAttribute('href');
    closely(address).then(done => { if (!done) location.assign(address); });
  });

  document.querySelector('[data-print]')?.addEventListener('click', () => print());

  // Keys for everything that says which. A scanner is a keyboard too, and quicker than any hand: what it types outside
  // of a field goes to the page's field for codes. Where there is none nothing comes of it: no verdict is said by a
  // card that was scanned a moment too early, and no badge comes into an address.
  const QUICKER_THAN_HANDS = 50;
  let typed = '', typing;
  const keyed = key => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const scanned = code => {
    const field = document.querySelector('input[data-scanned]');
    if (!field) return;
    field.value = code;
    field.form.requestSubmit();
  };
  document.addEventListener('keydown', event => {
    if (event.target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const letter = event.key.length === 1;
    // Enter and space would press the button that was tapped last
    if (keyed(event.key) || typed && [' ', 'Enter'].includes(event.key)) event.preventDefault();
    if (!typed && !letter) keyed(event.key)?.click();
    if (event.key === 'Enter') {
      const code = typed;
      typed = '';
      if (code.length > 1) scanned(code);
    }
    if (!letter || event.repeat) return;
    typed += event.key;
    clearTimeout(typing);
    typing = setTimeout(() => {
      if (typed.length === 1) keyed(typed)?.click();
      typed = '';
    }, QUICKER_THAN_HANDS);
  });

  // What-if: the outcome follows the limits at once.
  const limits = document.querySelector('form[data-outcome]');
  if (limits) {
    let waiting;
    limits.addEventListener('input', event => {
      const twin = event.target.dataset.twin && document.getElementById(event.target.dataset.twin);
      if (twin) twin.value = event.target.value;
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const asked = new URLSearchParams(new FormData(limits));
        put(document.getElementById('outcome'), limits.dataset.outcome + '?' + asked);
      }, 150);
    });
    // What is saved is what is seen.
    const save = document.querySelector(`form[data-copies="${limits.id}"]`);
    if (save) save.addEventListener('submit', () => {
      for (const [name, value] of new FormData(limits)) {
        const field = save.elements.namedItem(name);
        if (field) field.value = value;
      }
    });
  }
})();
