// A tray's picture is enlarged by two fingers, a double tap, the wheel or keys as well as by the buttons beside it, and moved by
// a finger, a held mouse or the arrows. Marks and cells are part of it. Nothing glides: what is asked for is there at once.
'use strict';
(() => {
  const MOST = 8, A_STEP = 1.25, AN_ARROW = 80, TWICE_MS = 300, SAME_PLACE_PX = 24, AFTER_SCROLLING_MS = 400;
  const buttons = [...document.querySelectorAll('input[name="zoom"]')];
  if (!buttons.length) return;
  document.body.classList.add('by-gesture');
  let times = Number(buttons.find(button => button.checked)?.value ?? 1);
  let place = {left: 0, top: 0};

  const picture = () => document.querySelector('.pic:not(.closeup)');
  const drawing = pic => pic.firstElementChild;
  // Where in the picture a point of the screen lies, and back.
  const inside = (pic, x, y) => new DOMPoint(x, y).matrixTransform(drawing(pic).getScreenCTM().inverse());
  const middle = pic => { const box = pic.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };

  const resize = pic => {
    const style = drawing(pic).style;
    style.width = style.maxHeight = style.margin = '';
    if (times === 1) return;
    const whole = drawing(pic).getScreenCTM().a * drawing(pic).viewBox.baseVal.width;
    [style.width, style.maxHeight, style.margin] = [`${whole * times}px`, 'none', '0 auto'];
  };
  // So many times the whole, with a point of the picture under a point of the screen.
  const enlarge = (pic, asked, point, x, y) => {
    times = asked < 1.03 ? 1 : Math.min(asked, MOST);
    resize(pic);
    const now = point.matrixTransform(drawing(pic).getScreenCTM());
    pic.scrollLeft += now.x - x;
    pic.scrollTop += now.y - y;
    buttons.forEach(button => { button.checked = Number(button.value) === times; });
  };
  const enlargeAt = (pic, asked, x, y) => enlarge(pic, asked, inside(pic, x, y), x, y);

  const byFingers = pic => {
    let begun = null;
    const two = touches => {
      const [a, b] = touches;
      return {apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
        x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2};
    };
    const begin = event => {
      begun = null;
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const {apart, x, y} = two(event.touches);
      begun = {apart, times, point: inside(pic, x, y)};
    };
    pic.addEventListener('touchstart', begin, {passive: false});
    pic.addEventListener('touchmove', event => {
      if (!begun || event.touches.length !== 2) return;
      event.preventDefault();
      const {apart, x, y} = two(event.touches);
      enlarge(pic, begun.times * apart / begun.apart, begun.point, x, y);
    }, {passive: false});
    pic.addEventListener('touchend', () => { begun = null; });
    pic.addEventListener('touchcancel', () => { begun = null; });
  };

  // A second tap at the same place enlarges, and after the largest button shows the whole again. A cell's link that leaves
  // the page waits for it.
  const byTaps = pic => {
    let last = null;
    pic.addEventListener('click', event => {
      if (event.detail === 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const {timeStamp: at, clientX: x, clientY: y} = event;
      const soon = last && at - last.at < TWICE_MS && Math.hypot(x - last.x, y - last.y) < SAME_PLACE_PX;
      // some browsers count taps themselves
      if (soon || event.detail === 2) {
        clearTimeout(last?.leaving);
        last = null;
        event.preventDefault();
        event.stopPropagation();
        enlargeAt(pic, buttons.map(button => Number(button.value)).find(value => value > times) ?? 1, x, y);
        return;
      }
      last = {at, x, y};
      const link = event.target.closest('a.cell');
      if (!link || document.getElementById('cell')) return;
      event.preventDefault();
      last.leaving = setTimeout(() => location.assign(link.getAttribute('href')), TWICE_MS);
    }, true);
  };

  // A wheel that moves the page moves it on, whatever comes under it.
  let scrolled = 0;
  document.addEventListener('scroll', event => { scrolled = event.timeStamp; });

  const byMouse = pic => {
    let held = null;
    pic.addEventListener('dragstart', event => event.preventDefault());
    pic.addEventListener('pointerdown', event => {
      held = event.pointerType === 'mouse' && event.button === 0 && times > 1
        ? {x: event.clientX, y: event.clientY, left: pic.scrollLeft, top: pic.scrollTop, moved: false} : null;
    });
    pic.addEventListener('pointermove', event => {
      if (!held || !event.buttons) return;
      const [right, down] = [event.clientX - held.x, event.clientY - held.y];
      if (!held.moved && Math.hypot(right, down) < 6) return;
      if (!held.moved) pic.setPointerCapture(event.pointerId);
      held.moved = true;
      pic.scrollLeft = held.left - right;
      pic.scrollTop = held.top - down;
    });
    // What was moved was not tapped.
    pic.addEventListener('click', event => {
      if (held?.moved) { event.preventDefault(); event.stopImmediatePropagation(); }
      held = null;
    }, true);
    pic.addEventListener('wheel', event => {
      if (scrolled && event.timeStamp - scrolled < AFTER_SCROLLING_MS) return;
      if (event.deltaY === 0 || (event.deltaY > 0 && times === 1)) return;
      event.preventDefault();
      // two fingers on a pad are told as a wheel with the control key, by smaller numbers
      const turned = event.deltaY * (event.deltaMode ? 30 : 1) * (event.ctrlKey ? 5 : 1);
      enlargeAt(pic, times * Math.exp(-turned / 500), event.clientX, event.clientY);
    }, {passive: false});
  };

  const byKey = event => {
    const pic = picture();
    const typing = event.target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select');
    if (!pic || typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const asked = {'+': times * A_STEP, '=': times * A_STEP, '-': times / A_STEP, '0': 1}[event.key];
    const moved = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (asked) {
      event.preventDefault();
      enlargeAt(pic, asked, ...middle(pic));
    } else if (moved && times > 1 && !event.target.matches('input')) {
      event.preventDefault();
      pic.scrollBy(moved[0] * AN_ARROW, moved[1] * AN_ARROW);
    }
  };
  document.addEventListener('keydown', byKey);
  buttons.forEach(button => button.addEventListener('change', () => {
    const pic = picture();
    if (pic) enlargeAt(pic, Number(button.value), ...middle(pic));
    else times = Number(button.value);
  }));

  // Every picture that is drawn, the live one again and again, is as large and where the one before it was.
  let known = null;
  const taken = () => {
    const pic = picture();
    if (!pic || pic === known) return;
    known = pic;
    [byFingers, byMouse, byTaps].forEach(by => by(pic));
    resize(pic);
    [pic.scrollLeft, pic.scrollTop] = [place.left, place.top];
    pic.addEventListener('scroll', () => { place = {left: pic.scrollLeft, top: pic.scrollTop}; });
  };
  document.addEventListener('drawn', taken);
  // The cell that one steps to is within what is seen of an enlarged picture.
  document.addEventListener('chosen', event => {
    const pic = picture();
    const [seen, cell] = [pic, event.target].map(element => element.getBoundingClientRect());
    pic.scrollLeft += Math.min(cell.left - seen.left, 0) + Math.max(cell.right - seen.right, 0);
    pic.scrollTop += Math.min(cell.top - seen.top, 0) + Math.max(cell.bottom - seen.bottom, 0);
  });
  addEventListener('resize', () => { const pic = picture(); if (pic) resize(pic); });
  taken();
})();
