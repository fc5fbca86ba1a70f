/**
 * What the page can do with a script, and is readable without: copy commands, enlarge pictures, fold and unfold. It
 * stands in the page as it is here, and its hash in the page's policy.
 */
export const PAGE_SCRIPT = `'use strict';
(function () {
  var heard = document.getElementById('heard');
  function button(text, name, act) {
    var made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    if (name) made.setAttribute('aria-label', name);
    made.addEventListener('click', act);
    return made;
  }
  function tell(words) {
    heard.textContent = '';
    setTimeout(function () { heard.textContent = words; }, 50);
  }
  function select(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    var selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  document.querySelectorAll('.command').forEach(function (box) {
    var code = box.querySelector('code');
    var copy = button('Copy', 'Copy: ' + code.textContent, function () {
      function done() {
        copy.textContent = 'Copied';
        tell('Copied');
        setTimeout(function () { copy.textContent = 'Copy'; }, 1500);
      }
      function byHand() {
        select(code);
        if (document.execCommand('copy')) done();
        else tell('Selected; copy it with the keyboard');
      }
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, byHand);
      else byHand();
    });
    box.appendChild(copy);
  });
  document.querySelectorAll('.drawing').forEach(function (drawing) {
    var picture = drawing.querySelector('svg');
    if (!picture) return;
    var own = Number(picture.getAttribute('width'));
    var factor = 1;
    function zoom(by) {
      factor = by === 0 ? 1 : Math.min(8, Math.max(1, factor * by));
      var base = drawing.clientWidth < own ? drawing.clientWidth : own;
      var middle = (drawing.scrollLeft + drawing.clientWidth / 2) / Math.max(1, picture.getBoundingClientRect().width);
      picture.style.maxWidth = factor === 1 ? '' : 'none';
      picture.style.width = factor === 1 ? '' : base * factor + 'px';
      drawing.scrollLeft = middle * picture.getBoundingClientRect().width - drawing.clientWidth / 2;
      tell('Picture at ' + Math.round(factor * 100) + ' percent');
    }
    var title = drawing.getAttribute('aria-label');
    var tools = document.createElement('div');
    tools.className = 'tools ' + (drawing.classList.contains('broad') ? 'broad' : drawing.classList.contains('tall') ? 'tall' : '');
    tools.appendChild(button('Larger', 'Larger: ' + title, function () { zoom(1.5); }));
    tools.appendChild(button('Smaller', 'Smaller: ' + title, function () { zoom(1 / 1.5); }));
    tools.appendChild(button('Whole', 'Whole: ' + title, function () { zoom(0); }));
    drawing.parentNode.insertBefore(tools, drawing.nextSibling);
  });
  var folds = document.querySelectorAll('details');
  var host = document.getElementById('folding');
  if (host && folds.length > 1) {
    host.appendChild(button('Unfold all', '', function () { folds.forEach(function (each) { each.open = true; }); }));
    host.appendChild(button('Fold all', '', function () { folds.forEach(function (each) { each.open = false; }); }));
  }
  var before = [];
  addEventListener('beforeprint', function () {
    before = Array.prototype.filter.call(folds, function (each) { return !each.open; });
    before.forEach(function (each) { each.open = true; });
  });
  addEventListener('afterprint', function () { before.forEach(function (each) { each.open = false; }); });
})();
`;
