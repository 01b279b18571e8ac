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

  // Keys for everything that says which.
  document.addEventListener('keydown', event => {
    if (event.target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (named) { event.preventDefault(); named.click(); }
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
