/**
 * What runs in the review page, in a browser; texts get into the page as text only. What was looked at is kept in the
 * browser's own storage until it is saved, so that a closed window loses nothing.
 */
export const script = `'use strict';
const review = JSON.parse(document.getElementById('review').textContent);
const keys = '123456789abcdefghijklmnopqrstuvwxyz';
const storageName = 'voxpop:' + review.task + ':' + review.source + ':' + review.rows.length + ':' + review.texts;
const labels = [...review.labels];
const chosen = review.rows.map((row) => [...row.labels]);
const done = review.rows.map(() => false);
let current = 0;
try {
  const kept = JSON.parse(localStorage.getItem(storageName) ?? 'null');
  if (kept !== null && kept.texts.join() === review.rows.map((row) => row.line).join()) {
    kept.labels.forEach((label) => { if (!labels.includes(label)) labels.push(label); });
    kept.chosen.forEach((those, row) => { chosen[row] = those; });
    kept.done.forEach((is, row) => { done[row] = is; });
  }
} catch { /* A browser that keeps nothing for files can still save. */ }

const list = document.getElementById('rows');
const items = review.rows.map((row, index) => {
  const item = document.createElement('li');
  const text = document.createElement('div');
  text.className = 'text';
  text.dir = 'auto';
  text.textContent = row.text;
  const meta = document.createElement('div');
  meta.className = 'meta';
  const scores = row.labels.map((label, at) => label + (row.scores[at] === undefined ? '' : ' ' + row.scores[at].toFixed(2)));
  meta.textContent = 'line ' + row.line + ' · ' + (scores.join(', ') || 'no label');
  const choices = document.createElement('div');
  choices.className = 'labels';
  item.append(text, meta, choices);
  item.addEventListener('click', () => { if (current !== index) { current = index; show(); } });
  list.append(item);
  return { item, choices };
});

function keep() {
  try {
    localStorage.setItem(storageName, JSON.stringify({ texts: review.rows.map((row) => row.line), labels, chosen, done }));
  } catch { /* as above */ }
}

function drawRow(index) {
  const { item, choices } = items[index];
  item.className = (index === current ? 'current ' : '') + (done[index] ? 'done' : '');
  choices.replaceChildren(...labels.map((label, place) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = (keys[place] === undefined ? '' : keys[place] + ' ') + label;
    button.setAttribute('aria-pressed', String(chosen[index].includes(label)));
    button.addEventListener('click', (event) => { event.stopPropagation(); current = index; choose(label); });
    return button;
  }));
}

function show() {
  review.rows.forEach((_, index) => drawRow(index));
  const count = done.filter(Boolean).length;
  document.getElementById('state').textContent = count + ' of ' + done.length + ' looked at';
  items[current]?.item.scrollIntoView?.({ block: 'nearest' });
}

function next() {
  current = Math.min(current + 1, review.rows.length - 1);
}

function choose(label) {
  if (review.isMulti) {
    chosen[current] = chosen[current].includes(label)
      ? chosen[current].filter((each) => each !== label)
      : labels.filter((each) => each === label || chosen[current].includes(each));
    done[current] = true;
  } else {
    chosen[current] = [label];
    done[current] = true;
    next();
  }
  keep();
  show();
}

function addLabel() {
  const label = (prompt('New label') ?? '').trim().replaceAll(';', ',');
  if (label === '') return;
  if (!labels.includes(label)) labels.push(label);
  choose(label);
}

function csv() {
  const quote = (cell) => '"' + cell.replaceAll('"', '""') + '"';
  const lines = [[review.textColumn, review.task].map(quote).join(',')];
  review.rows.forEach((row, index) => {
    if (!done[index] || (chosen[index].length === 0 && !review.isMulti)) return;
    lines.push([row.text, chosen[index].join(';') || '[]'].map(quote).join(','));
  });
  return lines.join('\\n') + '\\n';
}

function save() {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([csv()], { type: 'text/csv' }));
  link.download = review.task + '.corrected.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

document.getElementById('save').addEventListener('click', save);
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') { event.preventDefault(); return save(); }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const label = labels[keys.indexOf(event.key)];
  if (event.key === 'Enter') {
    done[current] = true;
    next();
  } else if (event.key === 'ArrowDown') next();
  else if (event.key === 'ArrowUp') current = Math.max(current - 1, 0);
  else if (event.key === 'Backspace') {
    done[current] = false;
    chosen[current] = [...review.rows[current].labels];
  } else if (event.key === '+') return addLabel();
  else if (label !== undefined) return choose(label);
  else return;
  event.preventDefault();
  keep();
  show();
});
show();
`;
