// Goes before a page's own scripts: each segment that a source buffer is given costs the page `window.__cost` ms, as it
// does on a weak machine. Nought is as fast as it is.
{
  window.__cost = 0;
  const own = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (data) {
    const done = performance.now() + window.__cost;
    while (performance.now() < done);
    return own.call(this, data);
  };
}
